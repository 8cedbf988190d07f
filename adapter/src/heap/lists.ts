/** Blocks in lists: single ones, groups of them, and the tree of the calls that made them. */
import { requestFailed } from '../errors';
import { hex } from '../gdb/mi';
import type {
  CallTreeResponse,
  EntriesResponse,
  EntryFilter,
  Frame,
  Group,
  GroupBy,
  GroupsArguments,
  GroupsResponse,
  LinesResponse,
} from '../protocol';
import { ENTRY_TYPE, type RawFilter, type RawGroups } from '../reader/native';
import type { HeapAccess } from './access';
import * as parse from './arguments';
import { callTree, prune } from './callTree';
import { toEntries } from './convert';
import {
  compareKeys,
  groupKey,
  groupMatches,
  isStackGroupBy,
  merge,
  siteOf,
  stackMatches,
  type StackGroupBy,
} from './groups';
import type { ObjectTypes } from './objects';
import type { Task } from './task';

export const DEFAULT_COUNT = 100;

/** A key of the reader as the contract writes it. */
export function keyText(by: GroupBy, key: number): string {
  switch (by) {
    case 'type':
      return ENTRY_TYPE[key] ?? String(key);
    case 'chunk':
      return hex(BigInt(key));
    default:
      return String(key);
  }
}

export class Lists {
  constructor(
    private readonly access: HeapAccess,
    private readonly objects: ObjectTypes,
  ) {}

  async entries(value: unknown, task: Task): Promise<EntriesResponse> {
    const args = parse.entriesArguments(value);
    const { generation } = this.access;
    const query = {
      ...(await this.filter(args.filter, args, task)),
      start: args.start ?? 0,
      count: args.count ?? DEFAULT_COUNT,
    };
    const raw = await this.access.ask('The list of blocks', (native) => native.entries(query), task);
    const entries = toEntries(raw, await this.access.framesOf([...raw.stack], task));
    await this.objects.enter(entries, task);
    return {
      total: raw.total,
      bytes: raw.bytes,
      all: raw.all,
      entries,
      generation,
    };
  }

  async groups(value: unknown, task: Task): Promise<GroupsResponse> {
    const args = parse.groupsArguments(value);
    const { generation } = this.access;
    const groups = await this.allGroups(args, task);
    const { text } = args;
    const found = text === undefined ? groups : groups.filter((group) => groupMatches(group, text));
    const start = args.start ?? 0;
    return {
      total: found.length,
      all: groups.length,
      count: found.reduce((sum, group) => sum + group.count, 0),
      bytes: found.reduce((sum, group) => sum + group.bytes, 0),
      groups: found.slice(start, start + (args.count ?? DEFAULT_COUNT)),
      generation,
    };
  }

  /** All groups, in the order asked for. */
  async allGroups(args: Pick<GroupsArguments, 'by' | 'chunk' | 'sort'>, task: Task): Promise<Group[]> {
    const { by } = args;
    const raw = await this.rawGroups(by, args.chunk, task);
    const keys = await this.keysOf(by, raw.key, task);
    const groups = merge<Group>(
      keys,
      () => ({ count: 0, bytes: 0 }),
      (group, row) => {
        group.count += raw.count[row] ?? 0;
        group.bytes += raw.bytes[row] ?? 0;
      },
    );
    const sort = args.sort ?? { by: 'bytes', descending: true };
    const sign = sort.descending ? -1 : 1;
    const field = sort.by;
    return groups.sort((a, b) =>
      field === 'key' ? sign * compareKeys(a.key, b.key) : sign * (a[field] - b[field]) || b.count - a.count,
    );
  }

  /** The key and frames of each of the reader's groups. */
  async keysOf(
    by: GroupBy,
    keys: Float64Array,
    task: Task,
  ): Promise<{ key: string; frames: Group['frames'] }[]> {
    if (!isStackGroupBy(by)) {
      return Array.from(keys, (key) => ({ key: keyText(by, key), frames: [] }));
    }
    const stacks = await this.access.framesOf([...keys], task);
    return Promise.all(
      stacks.map(async (frames, row) => ({ key: await this.stackKey(by, frames, keys[row]), frames })),
    );
  }

  private async stackKey(by: StackGroupBy, frames: readonly Frame[], id?: number): Promise<string> {
    return by === 'object'
      ? ((await this.objects.allocatedBy(frames)) ?? 'unknown')
      : groupKey(by, frames, id);
  }

  async callTree(value: unknown, task: Task): Promise<CallTreeResponse> {
    const args = parse.callTreeArguments(value);
    const { generation } = this.access;
    const raw = await this.rawGroups('stack', args.chunk, task);
    const stacks = await this.access.addressesOf([...raw.key], task);
    const tree = callTree(
      stacks.map((addresses, row) => ({
        addresses,
        count: raw.count[row] ?? 0,
        bytes: raw.bytes[row] ?? 0,
      })),
      args.order,
    );
    const { kept, omitted } = prune(tree, args.nodes);
    const frames = await this.access.framesAt(kept.slice(1).map(({ address }) => address));
    return {
      nodes: kept.map(({ parent, count, bytes }, index) => {
        const frame = frames[index - 1];
        return { parent, ...(frame ? { frame } : {}), count, bytes };
      }),
      omitted,
      generation,
    };
  }

  async lines(value: unknown, task: Task): Promise<LinesResponse> {
    const { path } = parse.linesArguments(value);
    const { generation } = this.access;
    const raw = await this.rawGroups('stack', undefined, task);
    const stacks = await this.access.framesOf([...raw.key], task);
    const lines = new Map<number, { line: number; count: number; bytes: number }>();
    stacks.forEach((frames, row) => {
      const site = siteOf(frames);
      if (site?.source?.path === path && site.line !== undefined) {
        const line = lines.get(site.line) ?? { line: site.line, count: 0, bytes: 0 };
        line.count += raw.count[row] ?? 0;
        line.bytes += raw.bytes[row] ?? 0;
        lines.set(site.line, line);
      }
    });
    return { lines: [...lines.values()].sort((a, b) => a.line - b.line), generation };
  }

  rawGroups(by: GroupBy, chunk: string | undefined, task: Task): Promise<RawGroups> {
    const query = {
      ...(chunk === undefined ? {} : { chunk: BigInt(chunk) }),
      by: isStackGroupBy(by) ? ('stack' as const) : by,
    };
    return this.access.ask('The groups of blocks', (native) => native.groups(query), task);
  }

  /** A filter of the contract in the words of the reader. */
  async filter(
    filter: EntryFilter,
    args: Pick<ReturnType<typeof parse.entriesArguments>, 'chunk' | 'state' | 'sort'>,
    task: Task,
  ): Promise<RawFilter> {
    const { minSize, maxSize, address, text, group, damaged } = filter;
    const raw: RawFilter = {
      ...(args.chunk === undefined ? {} : { chunk: BigInt(args.chunk) }),
      state: args.state ?? 'live',
      sort: args.sort?.by ?? 'address',
      descending: args.sort?.descending ?? false,
      ...(minSize === undefined ? {} : { minSize }),
      ...(maxSize === undefined ? {} : { maxSize }),
      ...(address === undefined ? {} : { address: BigInt(address) }),
      ...(damaged === undefined ? {} : { damaged }),
    };
    if (group) {
      await this.narrow(raw, group, task);
    }
    if (text !== undefined) {
      const wanted = await this.stacksWhere((frames) => stackMatches(frames, text), task);
      const both = new Set(wanted);
      raw.stacks = raw.stacks ? raw.stacks.filter((id) => both.has(id)) : wanted;
    }
    return raw;
  }

  /** Let only the blocks of one group through. */
  private async narrow(raw: RawFilter, group: { by: GroupBy; key: string }, task: Task): Promise<void> {
    const { by, key } = group;
    if (isStackGroupBy(by)) {
      raw.stacks = await this.stacksWhere(
        async (frames, id) => (await this.stackKey(by, frames, id)) === key,
        task,
      );
    } else if (by === 'type') {
      const type = ENTRY_TYPE.findIndex((one) => one === key);
      raw.type = type < 0 ? ENTRY_TYPE.length : type;
    } else {
      const number = Number(key);
      if (!Number.isSafeInteger(number) || number < 0) {
        throw requestFailed(`"${key}" names no group of blocks by ${by}.`);
      }
      switch (by) {
        case 'size':
          raw.minSize = Math.max(raw.minSize ?? 0, number);
          raw.maxSize = Math.min(raw.maxSize ?? number, number);
          break;
        case 'thread':
          raw.thread = number;
          break;
        default:
          raw.chunk = BigInt(number);
      }
    }
  }

  private async stacksWhere(
    wanted: (frames: Group['frames'], id: number) => boolean | Promise<boolean>,
    task: Task,
  ): Promise<Uint32Array> {
    const raw = await this.rawGroups('stack', undefined, task);
    const ids = [...raw.key];
    const frames = await this.access.framesOf(ids, task);
    const found = await Promise.all(ids.map(async (id, row) => wanted(frames[row] ?? [], id)));
    return Uint32Array.from(ids.filter((_, row) => found[row]));
  }
}
