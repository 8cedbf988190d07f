/** Snapshots: kept packed by the reader, listed here, compared with each other or with the present. */
import * as errors from '../errors';
import type {
  Amount,
  DiffArguments,
  DiffGroup,
  DiffResponse,
  Snapshot,
  SnapshotsResponse,
} from '../protocol';
import type { HeapAccess } from './access';
import * as parse from './arguments';
import { compareKeys, groupMatches, isStackGroupBy, merge } from './groups';
import { DEFAULT_COUNT, type Lists } from './lists';
import type { Task } from './task';

const zero = (): Amount => ({ count: 0, bytes: 0 });
const PARTS = ['before', 'after', 'allocated', 'freed'] as const;

function add(to: Amount, count: number | undefined, bytes: number | undefined): void {
  to.count += count ?? 0;
  to.bytes += bytes ?? 0;
}

/** How much of what is wanted to sort by a group has. */
function rank(group: DiffGroup, by: 'bytes' | 'count' | 'allocated' | 'freed'): number {
  switch (by) {
    case 'bytes':
      return group.after.bytes - group.before.bytes;
    case 'count':
      return group.after.count - group.before.count;
    default:
      return group[by].bytes;
  }
}

export class Snapshots {
  private kept: Snapshot[] = [];
  private memory = 0;
  private numbered = 0;

  constructor(
    private readonly access: HeapAccess,
    private readonly lists: Lists,
  ) {}

  /** Keep the heap as it is now; `place` says where the program is, if that is why. */
  async take(value: unknown, task: Task, place?: string): Promise<Snapshot> {
    const { name } = parse.snapshotArguments(value);
    const { generation } = this.access;
    const raw = await this.access.ask('A snapshot', (native) => native.snapshot(), task);
    const snapshot: Snapshot = {
      id: raw.id,
      name: name ?? `Snapshot ${++this.numbered}`,
      time: Date.now(),
      generation,
      count: raw.count,
      bytes: raw.bytes,
      ...(place === undefined ? {} : { place }),
    };
    this.kept.push(snapshot);
    this.memory = raw.memory;
    return snapshot;
  }

  list(): SnapshotsResponse {
    return { snapshots: this.kept, memory: this.memory };
  }

  async drop(value: unknown): Promise<SnapshotsResponse> {
    const id = parse.snapshotId('spaces/dropSnapshot', value);
    if (!this.kept.some((one) => one.id === id)) {
      throw errors.noSnapshot(id);
    }
    this.kept = this.kept.filter((one) => one.id !== id);
    const reader = this.access.reader;
    if (reader) {
      await reader.run((native) => native.drop(id));
      this.memory = this.kept.length === 0 ? 0 : this.memory;
    }
    return this.list();
  }

  async diff(value: unknown, task: Task): Promise<DiffResponse> {
    const args = parse.diffArguments(value);
    const groups = await this.allGroups(args, task);
    const { text } = args;
    const found = text === undefined ? groups : groups.filter((group) => groupMatches(group, text));
    const start = args.start ?? 0;
    const sums = { before: zero(), after: zero(), allocated: zero(), freed: zero() };
    for (const group of found) {
      PARTS.forEach((part) => add(sums[part], group[part].count, group[part].bytes));
    }
    return {
      total: found.length,
      all: groups.length,
      ...sums,
      groups: found.slice(start, start + (args.count ?? DEFAULT_COUNT)),
    };
  }

  /** All groups, in the order asked for. */
  async allGroups(args: DiffArguments, task: Task): Promise<DiffGroup[]> {
    const { from, to = 0, by } = args;
    for (const id of [from, ...(to === 0 ? [] : [to])]) {
      if (!this.kept.some((one) => one.id === id)) {
        throw errors.noSnapshot(id);
      }
    }
    const chunk = args.chunk === undefined ? undefined : BigInt(args.chunk);
    const raw = await this.access.ask(
      'The comparison',
      (native) => native.diff(from, to, isStackGroupBy(by) ? 'stack' : by, chunk),
      task,
    );
    const groups = merge<DiffGroup>(
      await this.lists.keysOf(by, raw.key, task),
      () => ({ before: zero(), after: zero(), allocated: zero(), freed: zero() }),
      (group, row) =>
        PARTS.forEach((part) => add(group[part], raw[`${part}Count`][row], raw[`${part}Bytes`][row])),
    );
    const sort = args.sort ?? { by: 'bytes', descending: true };
    const sign = sort.descending ? -1 : 1;
    const field = sort.by;
    return groups.sort((a, b) =>
      field === 'key'
        ? sign * compareKeys(a.key, b.key)
        : sign * (rank(a, field) - rank(b, field)) || compareKeys(a.key, b.key),
    );
  }
}
