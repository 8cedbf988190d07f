/** Lists of blocks and of what they have in common: `spaces/entries`, `groups`, `callTree`, `lines`. */
import type { Cancellable } from './asking';
import type { Address, Entry, Frame } from './values';

/** Which blocks; every field that is there must hold. */
export interface EntryFilter {
  minSize?: number;
  maxSize?: number;
  /** Blocks that hold this address, redzones included. */
  address?: Address;
  /** In a function, file or module of the allocation stack, in any case. */
  text?: string;
  /** Blocks of one group, as `spaces/groups` names it. */
  group?: { by: GroupBy; key: string };
  /** Only damaged blocks: those that a check has found, and those of broken free lists. */
  damaged?: boolean;
}
export interface EntriesArguments extends Cancellable {
  chunk?: Address;
  state?: 'live' | 'free' | 'all';
  /** `age`, ascending: the youngest first. */
  sort?: { by: 'address' | 'size' | 'age' | 'site'; descending?: boolean };
  filter?: EntryFilter;
  start?: number;
  /** At most MAX_PAGE; 100 where absent. */
  count?: number;
}
export interface EntriesResponse {
  /** Blocks that match. */
  total: number;
  /** Their bytes. */
  bytes: number;
  /** Blocks of the chunk and state, whatever the filter. */
  all: number;
  entries: Entry[];
  generation: number;
}

export const GROUP_BYS = [
  'site',
  'function',
  'file',
  'line',
  'module',
  'stack',
  'object',
  'size',
  'type',
  'thread',
  'chunk',
] as const;
/**
 * `site`: function and line of the innermost user frame; `line`: "path:line" of
 * it; `stack`: the whole stack; `object`: the type that the statement there allocates.
 */
export type GroupBy = (typeof GROUP_BYS)[number];

export interface GroupsArguments extends Cancellable {
  chunk?: Address;
  by: GroupBy;
  sort?: { by: 'bytes' | 'count' | 'key'; descending?: boolean };
  /** Only groups whose key or frames hold this text. */
  text?: string;
  start?: number;
  count?: number;
}
export interface Group {
  /** Unique among the groups of one `by`; `EntryFilter.group` takes it. */
  key: string;
  count: number;
  bytes: number;
  /** One of the group's stacks; empty for size, type, thread and chunk. */
  frames: Frame[];
}
export interface GroupsResponse {
  /** Groups that match. */
  total: number;
  all: number;
  /** Live blocks of all groups that match, and their bytes. */
  count: number;
  bytes: number;
  groups: Group[];
  generation: number;
}

// ---- spaces/callTree: live bytes by call path, for flame graph and tree map

export interface CallTreeArguments extends Cancellable {
  chunk?: Address;
  /** `callers`: from main to the allocation (default); `callees`: from the allocating function outwards. */
  order?: 'callers' | 'callees';
  /** At most 20000; 2000 where absent. The largest are kept. */
  nodes?: number;
}
export interface CallTreeNode {
  /** Index of its parent in `nodes`, which comes before it; -1 for the root. */
  parent: number;
  /** Absent for the root. */
  frame?: Frame;
  /** Live blocks and bytes of the node with all below it. */
  count: number;
  bytes: number;
}
export interface CallTreeResponse {
  nodes: CallTreeNode[];
  /** Nodes that were left out as too small; their bytes are in their ancestors. */
  omitted: number;
  generation: number;
}

// ---- spaces/lines: live bytes of allocating lines

export interface LinesArguments extends Cancellable {
  /** Path of a source file. */
  path: string;
}
export interface LinesResponse {
  /** By line. The line is that of the innermost user frame of the allocation. */
  lines: { line: number; count: number; bytes: number }[];
  generation: number;
}
