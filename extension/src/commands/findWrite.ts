/** "Find the Write": the program of a report is run again, to stop at the instruction that damaged the block. */
import * as vscode from 'vscode';
import { unfindable, type Report } from '../../../adapter/src/protocol';
import type { Sessions } from '../session/sessions';

/** How a report is chosen among several; undefined where the user gives up. */
type Pick = (reports: readonly Report[]) => Promise<Report | undefined>;

/** Ends the run that made the report, if it still is there, and starts the one that looks for its write. */
export async function findWrite(sessions: Sessions, given: Report | undefined, pick: Pick): Promise<void> {
  const report = given ?? (await choose(sessions.reports, pick));
  if (!report) {
    return;
  }
  const problem = whyNot(report);
  const run = sessions.runOf(report);
  if (problem !== undefined || !run) {
    void vscode.window.showErrorMessage(
      problem ?? vscode.l10n.t('The run of this report is gone. Run the program again.'),
    );
    return;
  }
  const { configuration, workspaceFolder } = run.session;
  if (configuration.request !== 'launch' || configuration['core'] !== undefined) {
    void vscode.window.showErrorMessage(
      vscode.l10n.t(
        'Only a program that Spaces has started can be started again. Launch it with a configuration of request "launch".',
      ),
    );
    return;
  }
  if (!run.ended) {
    // Two of it might want the same port, or file.
    await vscode.debug.stopDebugging(run.session);
  }
  await vscode.debug.startDebugging(workspaceFolder, {
    ...configuration,
    request: 'launch',
    noDebug: false,
    findWrite: report,
  });
}

function choose(reports: readonly Report[], pick: Pick): Promise<Report | undefined> {
  const findable = reports.filter((report) => unfindable(report) === undefined);
  return pick(findable.length > 0 ? findable : reports);
}

function whyNot(report: Report): string | undefined {
  switch (unfindable(report)) {
    case 'kind':
      return vscode.l10n.t(
        'A report of this kind tells of no write: choose an overflow, an underflow or a write after free.',
      );
    case 'allocation':
      return vscode.l10n.t(
        'This report does not say which allocation its block came from. Run the program with "allocator": "debug" and "track": "all".',
      );
    default:
      return undefined;
  }
}
