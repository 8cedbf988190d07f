/** "Find Leaks": what the stopped program cannot reach any more, as a list to go to the allocations from. */
import * as vscode from 'vscode';
import type { LeakClass, LeakRecord } from '../../../adapter/src/protocol';
import { firstUserFrame, sourcePlace } from '../../../adapter/src/protocol/frames';
import { formatSize } from '../../../adapter/src/protocol/sizes';
import { leakClassName } from '../../../adapter/src/protocol/words';
import { messageOf, type HeapSession } from '../session/heapSession';
import { openSource } from '../source';
import { blocks } from '../tree/present';

const SHOWN = 200;

interface Row extends vscode.QuickPickItem {
  record?: LeakRecord;
}

function rowOf(record: LeakRecord): Row {
  const frame = firstUserFrame(record.frames);
  const more =
    record.indirectCount > 0
      ? ` · ${vscode.l10n.t('with them {0} in {1}', formatSize(record.indirectBytes), blocks(record.indirectCount))}`
      : '';
  const intended =
    record.suppressed === undefined ? '' : ` · ${vscode.l10n.t('intended')} ${record.suppressed}`.trimEnd();
  return {
    label: `${formatSize(record.bytes)} · ${blocks(record.count)}`,
    description: frame ? `${frame.function} (${sourcePlace(frame)})` : (record.examples[0] ?? ''),
    detail: `${leakClassName(record.class, vscode.l10n.t)}${more}${intended}`,
    record,
  };
}

/** The records in their order, under a heading for each class. */
export function rowsOf(records: readonly LeakRecord[]): Row[] {
  const classes: LeakClass[] = ['definite', 'indirect', 'possible', 'reachable'];
  return classes.flatMap((kind) => {
    const rows = records.filter((record) => record.class === kind).map(rowOf);
    const heading = { label: leakClassName(kind, vscode.l10n.t), kind: vscode.QuickPickItemKind.Separator };
    return rows.length === 0 ? [] : [heading, ...rows];
  });
}

export async function findLeaks(session: HeapSession | undefined): Promise<void> {
  if (session?.state !== 'stopped') {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('Leaks can be looked for while a program is stopped under Spaces.'),
    );
    return;
  }
  try {
    const token = `leaks-${Date.now()}`;
    const { records, classes } = await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t('Looking for leaks'),
        cancellable: true,
      },
      (_progress, cancellation) => {
        cancellation.onCancellationRequested(() => void session.request('spaces/cancel', { token }));
        return session.request('spaces/leaks', { count: SHOWN, token });
      },
    );
    if (records.length === 0) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t('No block is lost: {0} can be reached.', blocks(classes.reachable.count)),
      );
      return;
    }
    const picked = await vscode.window.showQuickPick(rowsOf(records), {
      title: vscode.l10n.t(
        'Leaks: {0} definitely lost in {1}',
        formatSize(classes.definite.bytes),
        blocks(classes.definite.count),
      ),
      placeHolder: vscode.l10n.t('Go to the allocation'),
      matchOnDescription: true,
      matchOnDetail: true,
    });
    const frame = picked?.record && firstUserFrame(picked.record.frames);
    if (frame) {
      await openSource(frame.source.path, frame.line);
    }
  } catch (error) {
    void vscode.window.showErrorMessage(vscode.l10n.t('Leaks were not looked for: {0}', messageOf(error)));
  }
}
