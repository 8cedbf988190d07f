/**
 * Leaks of a program that stands still in gdb: `spaces/leaks`, and those that
 * are told at its end.
 */
import type { HeapAccess } from '../heap/access';
import * as parse from '../heap/arguments';
import { DEFAULT_COUNT } from '../heap/lists';
import { throwIfCancelled, type Task } from '../heap/task';
import type { LeakRecord, LeaksArguments, LeaksResponse } from '../protocol';
import type { RawLeaks, RawRoots } from '../reader/native';
import { classesOf, isOfRuntime, recordOf, rowsOf, suppress } from './records';
import type { Suppressions } from './suppressions';

/** Records whose stacks are looked up for one answer; those beyond have few bytes. */
const MOST_RECORDS = 2000;

export interface LeakHost {
  /** Memory and threads of the program as it stands. */
  roots(): Promise<RawRoots>;
  /** The leaks that are intended. Throws where the file cannot be read. */
  suppressions(): Promise<Suppressions>;
}

export class LeakFinder {
  constructor(
    private readonly access: HeapAccess,
    private readonly host: LeakHost,
  ) {}

  async leaks(value: unknown, task: Task): Promise<LeaksResponse> {
    const args = parse.leaksArguments(value);
    const { generation } = this.access;
    const { raw, records } = await this.chosen(args, task);
    const start = args.start ?? 0;
    return {
      total: records.length,
      records: records.slice(start, start + (args.count ?? DEFAULT_COUNT)),
      classes: classesOf(raw),
      generation,
    };
  }

  /** All records that a query of `spaces/leaks` finds. */
  async allRecords(value: unknown, task: Task): Promise<LeakRecord[]> {
    return (await this.chosen(parse.leaksArguments(value, 'spaces/export'), task)).records;
  }

  /** What is lost for sure, the most bytes first; what is intended is marked. */
  async lost(suppressions: Suppressions, task: Task): Promise<LeakRecord[]> {
    const raw = await this.raw({}, task);
    const rows = rowsOf(raw, ['definite'], false);
    const records = await this.records(raw, rows.slice(0, MOST_RECORDS), false, task);
    suppress(records, suppressions);
    return records;
  }

  private async chosen(args: LeaksArguments, task: Task): Promise<{ raw: RawLeaks; records: LeakRecord[] }> {
    const since = args.since !== undefined;
    const raw = await this.raw(args, task);
    const rows = rowsOf(raw, args.kinds, since);
    const records = await this.records(raw, rows.slice(0, MOST_RECORDS), since, task);
    suppress(records, await this.host.suppressions());
    return { raw, records };
  }

  private async raw(args: { chunk?: string; since?: number }, task: Task): Promise<RawLeaks> {
    await this.access.open('Looking for leaks');
    const roots = await this.host.roots();
    throwIfCancelled(task);
    const chunk = args.chunk === undefined ? undefined : BigInt(args.chunk);
    return this.access.ask('Looking for leaks', (native) => native.leaks(roots, chunk, args.since), task);
  }

  private async records(raw: RawLeaks, rows: number[], since: boolean, task: Task): Promise<LeakRecord[]> {
    const frames = await this.access.framesOf(
      rows.map((row) => raw.stack[row] ?? 0),
      task,
    );
    return rows
      .map((row, index) => recordOf(raw, row, frames[index] ?? [], since))
      .filter((record) => !isOfRuntime(record.frames));
  }
}
