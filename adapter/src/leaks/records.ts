/** From what the reader found to records with frames, and from those to reports. */
import { hex } from '../gdb/mi';
import { LEAK_CLASSES, type Frame, type LeakClass, type LeakRecord, type LeaksResponse } from '../protocol';
import type { RawLeaks } from '../reader/native';
import type { NewReport } from '../reports/store';
import type { Suppressions } from './suppressions';

/** Rows of the reader's answer that a client asked for. */
export function rowsOf(raw: RawLeaks, kinds: readonly LeakClass[] | undefined, since: boolean): number[] {
  const wanted = new Set<LeakClass>(
    kinds ?? ['definite', 'indirect', 'possible', ...(since ? (['reachable'] as const) : [])],
  );
  return Array.from(raw.reach.keys()).filter((row) => {
    const kind = LEAK_CLASSES[raw.reach[row] ?? 0] ?? 'definite';
    if (!wanted.has(kind)) {
      return false;
    }
    return kind !== 'reachable' || !since || ((raw.youngCount[row] ?? 0) > 0 && (raw.grown[row] ?? 0) > 0);
  });
}

/** One row as a record; its frames are known. */
export function recordOf(raw: RawLeaks, row: number, frames: Frame[], since: boolean): LeakRecord {
  const size = raw.size[row] ?? 0;
  return {
    class: LEAK_CLASSES[raw.reach[row] ?? 0] ?? 'definite',
    count: raw.count[row] ?? 0,
    bytes: raw.bytes[row] ?? 0,
    indirectCount: raw.indirectCount[row] ?? 0,
    indirectBytes: raw.indirectBytes[row] ?? 0,
    ...(size > 0 ? { size } : {}),
    frames,
    examples: [...(raw.examples[row] ?? [])].map(hex),
    chunk: hex(raw.chunk[row] ?? 0n),
    ...(since
      ? {
          youngCount: raw.youngCount[row] ?? 0,
          youngBytes: raw.youngBytes[row] ?? 0,
          grown: raw.grown[row] ?? 0,
        }
      : {}),
  };
}

/** All live blocks by class. */
export function classesOf(raw: RawLeaks): LeaksResponse['classes'] {
  const amount = (index: number) => ({
    count: raw.classCount[index] ?? 0,
    bytes: raw.classBytes[index] ?? 0,
  });
  return { definite: amount(0), indirect: amount(1), possible: amount(2), reachable: amount(3) };
}

/** Blocks that no code of the user's allocated: the C and C++ libraries keep some until the process is gone. */
export function isOfRuntime(frames: readonly Frame[]): boolean {
  return frames.length > 0 && frames.every((frame) => !frame.user);
}

/** Mark the records that the suppression file covers. */
export function suppress(records: readonly LeakRecord[], suppressions: Suppressions): void {
  suppressions.begin();
  for (const record of records) {
    const reason =
      record.class === 'reachable'
        ? undefined
        : suppressions.intends(
            record.frames,
            record.count + record.indirectCount,
            record.bytes + record.indirectBytes,
          );
    if (reason !== undefined) {
      record.suppressed = reason;
    }
  }
}

const CLASS_TEXT: Record<LeakClass, string> = {
  definite: 'definitely lost',
  indirect: 'indirectly lost',
  possible: 'possibly lost',
  reachable: 'still reachable',
};

function blocks(count: number, bytes: number): string {
  const size = `${bytes} byte${bytes === 1 ? '' : 's'}`;
  return count === 1 ? `a block of ${size}` : `${count} blocks of ${size} in all`;
}

/** The sentence that tells of a record. */
export function messageOf(record: LeakRecord): string {
  const { count, bytes, indirectCount, indirectBytes } = record;
  const verb = count === 1 ? 'is' : 'are';
  const more =
    indirectCount === 0
      ? ''
      : `, and with ${count === 1 ? 'it' : 'them'} ${blocks(indirectCount, indirectBytes)}`;
  return `Leak: ${blocks(count, bytes)} ${verb} ${CLASS_TEXT[record.class]}${more}`;
}

/** A record as a report, of a process and a moment. */
export function reportOf(
  record: LeakRecord,
  about: { pid: number; thread: number; time: number },
): NewReport {
  const { class: kind, count, bytes, indirectCount, indirectBytes } = record;
  return {
    kind: 'leak',
    code: 0,
    message: messageOf(record),
    address: record.examples[0] ?? '0x0',
    size: bytes + indirectBytes,
    offset: 0,
    chunk: record.chunk,
    sequence: 0,
    ...about,
    detected: [],
    allocated: record.frames,
    freed: [],
    bytes: '',
    byCheck: true,
    leak: { class: kind, count, bytes, indirectCount, indirectBytes },
  };
}
