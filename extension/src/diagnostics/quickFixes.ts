/** What can be done about a problem: go to the allocation, to the first free, open the report. */
import * as vscode from 'vscode';
import { unfindable, type Report } from '../../../adapter/src/protocol';
import { firstUserFrame, sourcePlace } from '../../../adapter/src/protocol/frames';
import { COMMANDS } from '../ids';
import { DIAGNOSTIC_SOURCE, type Diagnostics } from './diagnostics';

export class QuickFixes implements vscode.CodeActionProvider {
  static readonly kinds = [vscode.CodeActionKind.QuickFix];

  constructor(private readonly diagnostics: Diagnostics) {}

  provideCodeActions(
    document: vscode.TextDocument,
    _range: vscode.Range,
    context: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    return context.diagnostics
      .filter((diagnostic) => diagnostic.source === DIAGNOSTIC_SOURCE)
      .flatMap((diagnostic) => {
        const report = this.diagnostics.reportOf(document.uri, diagnostic);
        return report ? actionsFor(report, diagnostic) : [];
      });
  }
}

function actionsFor(report: Report, diagnostic: vscode.Diagnostic): vscode.CodeAction[] {
  const allocated = firstUserFrame(report.allocated);
  const freed = firstUserFrame(report.freed);
  const freeTitle =
    report.kind === 'double-free'
      ? vscode.l10n.t('Go to first free ({0})', (freed && sourcePlace(freed)) ?? '')
      : vscode.l10n.t('Go to free ({0})', (freed && sourcePlace(freed)) ?? '');
  return [
    ...(allocated
      ? [
          action(
            vscode.l10n.t('Go to allocation ({0})', sourcePlace(allocated) ?? ''),
            COMMANDS.goToAllocation,
            report,
            diagnostic,
          ),
        ]
      : []),
    ...(freed ? [action(freeTitle, COMMANDS.goToFree, report, diagnostic)] : []),
    ...(unfindable(report) === undefined
      ? [action(vscode.l10n.t('Find the write'), COMMANDS.findWrite, report, diagnostic)]
      : []),
    ...(report.kind === 'leak'
      ? [action(vscode.l10n.t('Mark as intended'), COMMANDS.markIntended, report, diagnostic)]
      : []),
    action(vscode.l10n.t('Open report in heap inspector'), COMMANDS.showReport, report, diagnostic),
  ];
}

function action(
  title: string,
  command: string,
  report: Report,
  diagnostic: vscode.Diagnostic,
): vscode.CodeAction {
  const codeAction = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  codeAction.command = { command, title, arguments: [report] };
  codeAction.diagnostics = [diagnostic];
  return codeAction;
}
