/** Commands that look closer: a snapshot, one block, and a stop when a chunk grows. */
import * as vscode from 'vscode';
import type { Chunk } from '../../../adapter/src/protocol';
import { formatSize } from '../../../adapter/src/protocol/sizes';
import type { InspectorPanel } from '../panel/inspectorPanel';
import { messageOf, type HeapSession } from '../session/heapSession';
import { blocks } from '../tree/present';

/** What VS Code hands to a command of the Variables view. */
export interface VariableContext {
  variable?: { evaluateName?: string; memoryReference?: string; value?: string };
}

const ADDRESS = /\b0x[0-9a-f]+\b/i;

/** What a variable points at: its address, else the expression that names it. */
export function targetOf(given: VariableContext | undefined): string | undefined {
  const { memoryReference, evaluateName, value = '' } = given?.variable ?? {};
  return ADDRESS.exec(value)?.[0] ?? memoryReference ?? evaluateName;
}

/** Takes a snapshot under a name that the user may give. */
export async function takeSnapshot(session: HeapSession | undefined, panel: InspectorPanel): Promise<void> {
  if (session?.state !== 'stopped') {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('A snapshot can be taken while a program is stopped under Spaces.'),
    );
    return;
  }
  const name = await vscode.window.showInputBox({
    title: vscode.l10n.t('Take Heap Snapshot'),
    prompt: vscode.l10n.t('A name for this moment; empty for a number.'),
  });
  if (name === undefined) {
    return;
  }
  try {
    const taken = await session.takeSnapshot(name.trim() || undefined);
    const compare = vscode.l10n.t('Show Snapshots');
    const answer = await vscode.window.showInformationMessage(
      vscode.l10n.t('{0}: {1} live in {2}.', taken.name, formatSize(taken.bytes), blocks(taken.count)),
      compare,
    );
    if (answer === compare) {
      panel.show({ view: 'snapshots' });
    }
  } catch (error) {
    void vscode.window.showErrorMessage(vscode.l10n.t('No snapshot was taken: {0}', messageOf(error)));
  }
}

/** Shows a block in the inspector; without one, that of the selection or of what the user types. */
export async function showBlock(panel: InspectorPanel, target?: string): Promise<void> {
  const wanted = target ?? selectedExpression() ?? (await askForBlock());
  if (!wanted) {
    return;
  }
  panel.show(
    ADDRESS.test(wanted) && /^0x/i.test(wanted)
      ? { view: 'block', address: wanted.toLowerCase() }
      : { view: 'block', expression: wanted },
  );
}

/** Stops the program when a chunk grows, or no longer. */
export async function breakOnGrowth(session: HeapSession, chunk: Chunk, enabled: boolean): Promise<void> {
  try {
    await session.breakOnGrowth(chunk.id, enabled);
    const above = session.watched.get(chunk.id);
    vscode.window.setStatusBarMessage(
      above === undefined
        ? vscode.l10n.t('{0} is not watched any more', chunk.label)
        : vscode.l10n.t('Stops when {0} grows above {1}', chunk.label, formatSize(above)),
      5000,
    );
  } catch (error) {
    void vscode.window.showErrorMessage(
      vscode.l10n.t('{0} is not watched: {1}', chunk.label, messageOf(error)),
    );
  }
}

/** The selected text of the editor, or the name under the cursor. */
function selectedExpression(): string | undefined {
  const editor = vscode.window.activeTextEditor;
  if (!editor) {
    return undefined;
  }
  const { document, selection } = editor;
  const range = selection.isEmpty ? document.getWordRangeAtPosition(selection.active) : selection;
  const text = range && document.getText(range).trim();
  return text && !text.includes('\n') ? text : undefined;
}

async function askForBlock(): Promise<string | undefined> {
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('Show Block'),
    prompt: vscode.l10n.t('An address such as 0x7ffff5001240, or an expression such as list->next.'),
  });
  return text?.trim() || undefined;
}
