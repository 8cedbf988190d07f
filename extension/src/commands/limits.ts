/** Commands that change a limit of the stopped program: ceiling and floor of a chunk, limit of the heap. */
import * as vscode from 'vscode';
import type { Chunk, SetArguments } from '../../../adapter/src/protocol';
import { messageOf, type HeapSession } from '../session/heapSession';
import { formatSize, parseSize, sizeForEditing } from '../sizes';

/** A limit as the user edits it. */
interface Limit {
  title: string;
  prompt: string;
  /** null: no limit. */
  now: number | null;
  /** May be lifted by an empty text. */
  optional: boolean;
  check(bytes: number): string | undefined;
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
    optional: true,
    check: (bytes) => checkCeiling(bytes, chunk),
    toArguments: (ceiling) => ({ chunk: chunk.id, ceiling }),
  });
}

export async function setFloor(session: HeapSession, chunk: Chunk): Promise<void> {
  await edit(session, {
    title: vscode.l10n.t('Floor of {0}', chunk.label),
    prompt: vscode.l10n.t('The memory this chunk keeps when it is empty. A size such as 1MB.'),
    now: chunk.floor,
    optional: false,
    check: (bytes) => checkFloor(bytes, chunk),
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
    optional: true,
    check: (bytes) =>
      bytes < heap.process.heapTotal
        ? vscode.l10n.t('Below the present heap of {0}.', formatSize(heap.process.heapTotal))
        : undefined,
    toArguments: (heapLimit) => ({ heapLimit }),
  });
}

function checkCeiling(bytes: number, chunk: Chunk): string | undefined {
  if (bytes < chunk.footprint) {
    return vscode.l10n.t(
      'Below the present footprint of {0}: it would be ignored.',
      formatSize(chunk.footprint),
    );
  }
  return bytes < chunk.floor ? vscode.l10n.t('Below the floor of {0}.', formatSize(chunk.floor)) : undefined;
}

function checkFloor(bytes: number, chunk: Chunk): string | undefined {
  return chunk.ceiling !== null && bytes > chunk.ceiling
    ? vscode.l10n.t('Above the ceiling of {0}.', formatSize(chunk.ceiling))
    : undefined;
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
  const bytes = text.trim() === '' ? null : (parseSize(text) ?? null);
  if (bytes === limit.now) {
    return;
  }
  try {
    await session.request('spaces/set', limit.toArguments(bytes));
    session.invalidate();
  } catch (error) {
    void vscode.window.showErrorMessage(
      vscode.l10n.t('{0} was not changed: {1}', limit.title, messageOf(error)),
    );
  }
}

function problemOf(text: string, limit: Limit): string | undefined {
  if (text.trim() === '') {
    return limit.optional ? undefined : vscode.l10n.t('A size is needed; 0 for none.');
  }
  const bytes = parseSize(text);
  if (bytes === undefined) {
    return vscode.l10n.t('No size: a number of bytes, or a number with KB, MB or GB.');
  }
  return limit.check(bytes);
}
