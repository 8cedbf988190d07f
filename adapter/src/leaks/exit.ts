/**
 * Leaks of a program that nobody debugs, at its end. Its agent says that it is
 * about to end (AgentExit) and waits until the connection is closed:
 *
 *   const found = await readAtExit(exit);      // the program waits
 *   …close the connection…                     // the program ends
 *   const records = await lostAtExit(found, symbols, suppressions);
 *
 * The system does not tell what a thread that runs has in its registers. So
 * where there are other threads, what is lost must be found lost twice, some
 * time apart.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { heapUnreadable } from '../errors';
import { HeapReader, loadReader } from '../heap/reader';
import { UNWATCHED, type Task } from '../heap/task';
import type { AgentExit, LeakRecord } from '../protocol';
import type { RawLeaks } from '../reader/native';
import { mapsOf } from '../symbols/modules';
import type { Symbolizer } from '../symbols/symbolizer';
import { isOfRuntime, recordOf, rowsOf, suppress } from './records';
import { rootsOf, waitingThreads } from './roots';
import type { Suppressions } from './suppressions';

/** Between two looks at a program whose other threads run on. */
const APART_MS = 30;
/** Stacks that are looked up. */
const MOST_STACKS = 2000;

/** What was read while the program waited. */
export interface ExitLeaks {
  raw: RawLeaks;
  /** Rows of `raw`: blocks that are definitely lost. */
  rows: number[];
  /** The allocation stack of each. */
  stacks: bigint[][];
}

const lostRows = (raw: RawLeaks) => rowsOf(raw, ['definite'], false);
const keyOf = (raw: RawLeaks, row: number) => [raw.stack[row], raw.chunk[row], raw.size[row]].join();

/** Look at the heap of a program that waits in its agent. Afterwards it may end. */
export async function readAtExit(exit: AgentExit, task: Task = UNWATCHED): Promise<ExitLeaks> {
  const reader = new HeapReader(loadReader(), { pid: exit.pid }, BigInt(exit.root), () =>
    Promise.reject(heapUnreadable('the system forbids reading the memory of this process')),
  );
  const ending = {
    stackPointer: BigInt(exit.stack),
    registers: exit.registers.map((word) => BigInt(word)),
  };
  const look = async () => {
    const threads = await waitingThreads(exit.pid, new Map([[exit.thread, ending]]));
    const roots = rootsOf(await mapsOf(exit.pid).read(), threads);
    const raw = await reader.run((native) => native.leaks(roots), task);
    return { raw, alone: threads.every && threads.threads.length === 1 };
  };
  try {
    const first = await look();
    let { raw } = first;
    let rows = lostRows(raw);
    if (!first.alone && rows.length > 0) {
      const before = new Map(rows.map((row) => [keyOf(first.raw, row), first.raw.count[row] ?? 0]));
      await sleep(APART_MS);
      reader.invalidate();
      ({ raw } = await look());
      const again = raw;
      rows = lostRows(again).filter((row) => (before.get(keyOf(again, row)) ?? 0) >= (again.count[row] ?? 0));
    }
    rows = rows.slice(0, MOST_STACKS);
    const ids = Uint32Array.from(rows, (row) => raw.stack[row] ?? 0);
    const { frames } = await reader.run((native) => native.stacks(ids), task);
    return { raw, rows, stacks: frames.map((stack) => [...stack]) };
  } finally {
    reader.close();
  }
}

/** What is lost and not intended, with its frames; the program may be gone. */
export async function lostAtExit(
  { raw, rows, stacks }: ExitLeaks,
  symbols: Symbolizer,
  suppressions: Suppressions,
): Promise<LeakRecord[]> {
  const frames = await symbols.stacks(stacks);
  const records = rows
    .map((row, index) => recordOf(raw, row, frames[index] ?? [], false))
    .filter((record) => !isOfRuntime(record.frames));
  suppress(records, suppressions);
  return records;
}
