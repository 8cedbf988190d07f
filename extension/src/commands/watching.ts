/** Stops that belong to blocks: when one is freed, resized or written, or at the n-th allocation of a place. */
import * as vscode from 'vscode';
import type { BlockStop, WatchesResponse } from '../../../adapter/src/protocol';
import { messageOf, type HeapSession } from '../session/heapSession';
import type { Sessions } from '../session/sessions';
import type { GroupNode } from '../tree/chunkTree';

/** Asks for the block, where none is given, and for what is to stop the program. */
export async function breakOnBlock(sessions: Sessions, given: string | undefined): Promise<void> {
  const session = stopped(sessions);
  const target = session && (given ?? (await askForBlock()));
  if (!session || target === undefined) {
    return;
  }
  const picked = await vscode.window.showQuickPick(choices(), {
    placeHolder: vscode.l10n.t('Stop the program when the block of {0} is …', target),
  });
  if (picked) {
    await tell(async () => {
      const address = await addressOf(session, target, sessions.frameId);
      return session.request('spaces/watchBlock', { address, on: picked.on });
    });
  }
}

/** Asks which allocation of a group's stack is to stop the program. */
export async function breakAtAllocation(node: GroupNode | undefined): Promise<void> {
  const frames = node?.group.frames.map(({ address }) => address) ?? [];
  if (!node || frames.length === 0) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('This group names no call stack to stop at. Group by function, site, line or stack.'),
    );
    return;
  }
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('Break at Allocation'),
    prompt: vscode.l10n.t(
      'Which allocation of this stack, counted from the start of the program; empty: each.',
    ),
    validateInput: (value) =>
      /^\s*([1-9]\d*)?\s*$/.test(value) ? undefined : vscode.l10n.t('A whole number from 1, or nothing.'),
  });
  if (text !== undefined) {
    const pass = text.trim() === '' ? {} : { pass: Number(text) };
    await tell(() => node.session.request('spaces/watchSite', { frames, ...pass }));
  }
}

/** Lists what stops the program for a block, and removes what is chosen. */
export async function removeBlockWatches(sessions: Sessions): Promise<void> {
  const session = stopped(sessions);
  if (!session) {
    return;
  }
  const { watches } = await session.request('spaces/watches', {});
  if (watches.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('No block stops the program.'));
    return;
  }
  const picked = await vscode.window.showQuickPick(
    watches.map(({ id, description, hits }) => ({
      label: description,
      description: hits > 0 ? vscode.l10n.t('stopped {0} times', hits) : '',
      id,
    })),
    { canPickMany: true, placeHolder: vscode.l10n.t('Which are to be removed?') },
  );
  for (const { id } of picked ?? []) {
    await tell(() => session.request('spaces/unwatch', { id }), false);
  }
}

function choices(): { label: string; on: Exclude<BlockStop, 'allocate'> }[] {
  return [
    { label: vscode.l10n.t('Freed'), on: 'free' },
    { label: vscode.l10n.t('Resized'), on: 'resize' },
    { label: vscode.l10n.t('Written'), on: 'write' },
  ];
}

function stopped(sessions: Sessions): HeapSession | undefined {
  const { current } = sessions;
  if (current?.state === 'stopped') {
    return current;
  }
  void vscode.window.showInformationMessage(
    vscode.l10n.t('Blocks can be watched from a stop of the program on: pause it first.'),
  );
  return undefined;
}

async function addressOf(session: HeapSession, target: string, frameId: number | undefined): Promise<string> {
  if (/^0x[0-9a-f]+$/i.test(target)) {
    return target;
  }
  if (frameId === undefined) {
    throw new Error(vscode.l10n.t('choose a stack frame to look {0} up in', target));
  }
  return (await session.request('spaces/locate', { expression: target, frameId })).address;
}

async function askForBlock(): Promise<string | undefined> {
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('Break on Block'),
    prompt: vscode.l10n.t('An address such as 0x7ffff5001240, or an expression such as list->next.'),
  });
  return text?.trim() || undefined;
}

async function tell(watch: () => Promise<WatchesResponse>, says = true): Promise<void> {
  try {
    const newest = (await watch()).watches.at(-1);
    if (says && newest) {
      vscode.window.setStatusBarMessage(vscode.l10n.t('Stops at: {0}', newest.description), 5000);
    }
  } catch (error) {
    void vscode.window.showErrorMessage(vscode.l10n.t('The block is not watched: {0}', messageOf(error)));
  }
}
