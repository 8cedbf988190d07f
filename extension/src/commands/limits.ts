/** Commands that change a limit of the stopped program: ceiling and floor of a chunk, limit of the heap. */
import * as vscode from 'vscode';
import type { Chunk, SetArguments } from '../../../adapter/src/protocol';
import { readCeiling, readFloor, readHeapLimit, type LimitInput } from '../../../adapter/src/protocol/limits';
import { formatSize, sizeForEditing } from '../../../adapter/src/protocol/sizes';
import { messageOf, type HeapSession } from '../session/heapSession';

/** A limit as the user edits it. */
interface Limit {
  title: string;
  prompt: string;
  /** null: no limit. */
  now: number | null;
  read(text: string): LimitInput;
  /** The present size that a limit may not go below. */
  used: number;
  /** The other limit of the same chunk. */
  other: number;
  toArguments(bytes: number | null): SetArguments;
}

export async function setCeiling(session: HeapSession, chunk: Chunk): Promise<void> {
  await edit(session, {
    title: vscode.l10n.t('Ceiling of {0}', chunk.label),
    prompt: vscode.l10n.t(
      'Footprint now {0}. A size such as 64MB; empty for no ceiling.',
      formatSize(chunk.footprint),
    ),
    now: chunk.ceiling,
    used: chunk.footprint,
    other: chunk.floor,
    read: (text) => readCeiling(text, chunk),
    toArguments: (ceiling) => ({ chunk: chunk.id, ceiling }),
  });
}

export async function setFloor(session: HeapSession, chunk: Chunk): Promise<void> {
  await edit(session, {
    title: vscode.l10n.t('Floor of {0}', chunk.label),
    prompt: vscode.l10n.t('The memory this chunk keeps when it is empty. A size such as 1MB.'),
    now: chunk.floor,
    used: chunk.footprint,
    other: chunk.ceiling ?? 0,
    read: (text) => readFloor(text, chunk),
    toArguments: (floor) => ({ chunk: chunk.id, floor: floor ?? 0 }),
  });
}

export async function setHeapLimit(session: HeapSession): Promise<void> {
  const heap = await session.heap();
  if (!heap) {
    return;
  }
  await edit(session, {
    title: vscode.l10n.t('Limit of the whole heap'),
    prompt: vscode.l10n.t(
      'Heap now {0}. A size such as 2GB; empty for no limit.',
      formatSize(heap.process.heapTotal),
    ),
    now: heap.process.heapLimit,
    used: heap.process.heapTotal,
    other: 0,
    read: (text) => readHeapLimit(text, heap.process),
    toArguments: (heapLimit) => ({ heapLimit }),
  });
}

async function edit(session: HeapSession, limit: Limit): Promise<void> {
  const text = await vscode.window.showInputBox({
    title: limit.title,
    prompt: limit.prompt,
    value: limit.now === null ? '' : sizeForEditing(limit.now),
    validateInput: (value) => problemOf(value, limit),
  });
  if (text === undefined) {
    return;
  }
  const input = limit.read(text);
  if ('problem' in input || input.bytes === limit.now) {
    return;
  }
  try {
    await session.request('spaces/set', limit.toArguments(input.bytes));
    session.invalidate();
  } catch (error) {
    void vscode.window.showErrorMessage(
      vscode.l10n.t('{0} was not changed: {1}', limit.title, messageOf(error)),
    );
  }
}

function problemOf(text: string, limit: Limit): string | undefined {
  const input = limit.read(text);
  if (!('problem' in input)) {
    return undefined;
  }
  switch (input.problem) {
    case 'syntax':
      return vscode.l10n.t('No size: a number of bytes, or a number with KB, MB or GB.');
    case 'needed':
      return vscode.l10n.t('A size is needed; 0 for none.');
    case 'belowFootprint':
      return vscode.l10n.t('Below the {0} in use: it would be ignored.', formatSize(limit.used));
    case 'belowFloor':
      return vscode.l10n.t('Below the floor of {0}.', formatSize(limit.other));
    case 'aboveCeiling':
      return vscode.l10n.t('Above the ceiling of {0}.', formatSize(limit.other));
  }
}
