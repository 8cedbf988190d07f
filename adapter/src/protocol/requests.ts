/**
 * The `spaces/*` requests and events: for each request its arguments and its
 * answer. Lists come in pages; `total` says how many there are, `all` how many
 * there would be without the filter.
 *
 * A request that may take long accepts a `token`: `spaces/cancel` with the same
 * token ends it with an error, as DAP's `cancel` does by request or progress
 * id. After half a second such a request reports progress by DAP's progress
 * events. Where the program runs on meanwhile, the answer is an error that says
 * so.
 */
import type { FindWriteArguments, FindWriteResponse, WriteSearch } from './findWrite';
import type { LeaksArguments, LeaksResponse } from './leaks';
import type { UnwatchArguments, WatchBlockArguments, WatchesResponse, WatchSiteArguments } from './watches';
import type {
  Address,
  Build,
  Chunk,
  ChunkSettings,
  Entry,
  EntryState,
  Frame,
  ProcessInfo,
  Report,
} from './values';

/** Arguments of every request that may take long. */
export interface Cancellable {
  /** The client's name for this request; `spaces/cancel` refers to it. */
  token?: string;
}

/** Most rows of one page. */
export const MAX_PAGE = 1000;
/** Most cells of one heap map. */
export const MAX_CELLS = 16384;
/** Most bytes of one block view. */
export const MAX_BLOCK_BYTES = 65536;
/** Most addresses of one `spaces/pointers`. */
export const MAX_POINTERS = 4096;

// ---- spaces/heap ------------------------------------------------------------

export interface HeapResponse {
  protocol: number;
  pid: number;
  build: Build;
  version: string;
  /** Grows by one at every stop; a list fetched under another generation is stale. */
  generation: number;
  process: ProcessInfo;
  chunks: Chunk[];
  /** Where the memory was read: directly, or through gdb where the system forbids that. */
  via: 'process' | 'gdb' | 'core';
}

// ---- spaces/entries ---------------------------------------------------------

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

// ---- spaces/groups ----------------------------------------------------------

export const GROUP_BYS = [
  'site',
  'function',
  'file',
  'line',
  'module',
  'stack',
  'size',
  'type',
  'thread',
  'chunk',
] as const;
/**
 * `site`: function and line of the innermost user frame; `line`: "path:line" of
 * it; `stack`: the whole stack.
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

// ---- spaces/callTree: live bytes by call path, for flame graph and tree map ---

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

// ---- spaces/lines: live bytes of allocating lines -----------------------------

export interface LinesArguments extends Cancellable {
  /** Path of a source file. */
  path: string;
}
export interface LinesResponse {
  /** By line. The line is that of the innermost user frame of the allocation. */
  lines: { line: number; count: number; bytes: number }[];
  generation: number;
}

// ---- spaces/locate, spaces/pointers -------------------------------------------

/** `free`: freed, or never handed out; `interior`: inside of a live block, behind its start. */
export type Verdict = 'live' | 'free' | 'interior' | 'wild';

export type LocateArguments = { address: Address } | { expression: string; frameId: number };
export interface LocateResponse {
  /** What was looked up. */
  address: Address;
  verdict: Verdict;
  entry?: Entry;
  chunk?: Chunk;
  /** Bytes from the entry's address to the one looked up. */
  offset?: number;
  /** Where the block was freed, if it was (debug build). */
  freed?: Frame[];
}

/** What the pointers in scope of a frame point at; or the same for addresses. */
export type PointersArguments = { frameId: number } | { addresses: Address[] };
export interface Pointer {
  /** The variable's name, or a path such as "list->next"; '' where addresses were asked. */
  name: string;
  /** 1-based line where the variable is declared; absent where that is not known. */
  line?: number;
  address: Address;
  verdict: Verdict;
  /** It points at freed memory. */
  dangling: boolean;
  entry?: Entry;
  offset?: number;
  /** The chunk's label. */
  chunk?: string;
  freed?: Frame[];
}
export interface PointersResponse {
  pointers: Pointer[];
  /** The frame's source, where there is one. */
  source?: { path: string; line: number };
  generation: number;
}

// ---- spaces/block: one block and its neighbours --------------------------------

export type BlockArguments = ({ address: Address } | { expression: string; frameId: number }) & {
  /** First byte to show, from the block's first byte, redzones included; 0 where absent. */
  start?: number;
  /** At most MAX_BLOCK_BYTES; 1024 where absent. */
  count?: number;
};
export type BlockPart = 'front-redzone' | 'payload' | 'back-redzone' | 'free';
/** Neighbours are those in the same slab; a large block has none. */
export interface Neighbour {
  entry: Entry;
  /** Unused bytes between the two. */
  gap: number;
}
export interface BlockResponse {
  /** What was looked up. */
  address: Address;
  verdict: Verdict;
  /** Absent where the address is wild: then nothing else is there either. */
  entry?: Entry;
  chunk?: Chunk;
  /** The block's first byte and its length, redzones included. */
  from?: Address;
  length?: number;
  /** From the block's first byte. They cover it without gaps. */
  parts?: { part: BlockPart; start: number; length: number }[];
  /** Hex of the bytes shown, and where they start, from the block's first byte. */
  bytes?: string;
  start?: number;
  /** Bytes whose check failed, from the block's first byte; the first one is the first bad byte. */
  damage?: { kind: Report['kind']; message: string; offset: number };
  /** Freed by, where it was. */
  freed?: Frame[];
  freedThread?: number;
  previous?: Neighbour;
  next?: Neighbour;
  generation: number;
}

// ---- spaces/map, spaces/slab: the heap as a picture -----------------------------

/** A slab is 64 KiB of address space; they are numbered by address over all segments. */
export interface MapArguments extends Cancellable {
  /** Slabs to show: all where absent. */
  start?: number;
  count?: number;
  /** Cells to divide them into, at most MAX_CELLS; 1024 where absent. */
  cells?: number;
  /** Cells count only this chunk's blocks as live. */
  chunk?: Address;
  /** Blocks to mark: `hits` counts them. */
  find?: EntryFilter;
}
/** `mixed`: blocks of several sizes in one slab; `free`: in the process's pool; `header`: the allocator's own. */
export type SlabKind = 'header' | 'free' | 'small' | 'span' | 'large' | 'mixed';
export interface MapCell {
  /** Slabs of the cell. */
  start: number;
  count: number;
  /** Of the first one. */
  address: Address;
  /** Slabs that hold blocks or a part of one. */
  used: number;
  liveCount: number;
  liveBytes: number;
  /** Of most of the cell's slabs. */
  kind: SlabKind;
  blockSize: number;
  /** Chunk of most of them; absent where none is used. */
  chunk?: Address;
  /** How many chunks it has slabs of. */
  chunks: number;
  damaged: boolean;
  hits: number;
}
export interface MapResponse {
  /** Slabs of the heap. */
  total: number;
  slabBytes: number;
  start: number;
  count: number;
  cells: MapCell[];
  /** Segments that begin among these slabs: number of their first slab. */
  segments: { start: number; address: Address; bytes: number }[];
  generation: number;
}

/** The blocks of the slab, span or large block that an address lies in. */
export interface SlabArguments extends Cancellable {
  address: Address;
  find?: EntryFilter;
  start?: number;
  /** At most MAX_CELLS; all up to that where absent. */
  count?: number;
}
export interface SlabResponse {
  address: Address;
  /** Length of the run, and of the part that was ever put to use. */
  bytes: number;
  carvedBytes: number;
  kind: SlabKind;
  blockSize: number;
  chunk?: Address;
  thread: number;
  status: 'ok' | 'damaged';
  /** Blocks, of which `blocks` are a page. */
  total: number;
  blocks: SlabBlock[];
  generation: number;
}
export interface SlabBlock {
  /** The program's pointer. */
  address: Address;
  /** Where its place starts, from the slab's address, and how long that is, redzones included. */
  start: number;
  length: number;
  size: number;
  state: EntryState;
  damaged: boolean;
  hit: boolean;
}

// ---- spaces/check, spaces/set, spaces/reports ------------------------------------

export interface CheckArguments extends Cancellable {
  chunk?: Address;
}
export interface CheckResponse {
  /** Blocks looked at. */
  blocks: number;
  /** All damage there is; `reports` lists the first of it. */
  damaged: number;
  reports: Report[];
}

/**
 * What to change; absent fields stay as they are, null lifts a limit. With
 * `chunk`, the chunk's; without, the process's. A field that the other has is
 * an error.
 */
export interface SetArguments {
  chunk?: Address;
  ceiling?: number | null;
  floor?: number;
  freeBytes?: number | null;
  growIncrement?: number;
  pageSize?: number;
  maxSuballoc?: number;
  maxSubchunks?: number;
  smallBlockSize?: number;
  smallAllocator?: ChunkSettings['smallAllocator'];
  serialized?: boolean;
  pageResizing?: boolean;
  /** These are the process's. */
  heapLimit?: number | null;
  largeThreshold?: number;
  useMunmap?: boolean;
  coalesce?: boolean;
}
/** The new values of the fields that were set. */
export type SetResponse = Omit<SetArguments, 'chunk'>;

export interface ReportsResponse {
  reports: Report[];
}

// ---- spaces/snapshot … : the heap as it was ---------------------------------------

export interface SnapshotArguments extends Cancellable {
  /** A name for people; "Snapshot 3" where absent. */
  name?: string;
}
export interface Snapshot {
  id: number;
  name: string;
  /** Milliseconds since the epoch. */
  time: number;
  generation: number;
  /** Live blocks and their bytes. */
  count: number;
  bytes: number;
  /** Where the program was, for one taken at a place. */
  place?: string;
}
export interface SnapshotsResponse {
  snapshots: Snapshot[];
  /** Memory that they take in the adapter. */
  memory: number;
}
/** Forget it. */
export interface DropSnapshotArguments {
  id: number;
}

/** Places at which a snapshot is taken without stopping; the whole list each time. */
export interface SnapshotAtArguments {
  places: SnapshotPlace[];
}
export type SnapshotPlace = ({ path: string; line: number } | { function: string }) & {
  name?: string;
  /** At most so many of this place; 10 where absent. */
  most?: number;
};
export interface SnapshotAtResponse {
  /** In the order of `places`. */
  places: { verified: boolean; message?: string; line?: number }[];
}

export interface DiffArguments extends Cancellable {
  from: number;
  /** Absent: the heap as it is now. */
  to?: number;
  by: GroupBy;
  chunk?: Address;
  sort?: { by: 'bytes' | 'count' | 'key' | 'allocated' | 'freed'; descending?: boolean };
  text?: string;
  start?: number;
  count?: number;
}
export interface Amount {
  count: number;
  bytes: number;
}
export interface DiffGroup {
  key: string;
  frames: Frame[];
  before: Amount;
  after: Amount;
  /** Blocks live in `to` and not in `from`, and the other way round. */
  allocated: Amount;
  freed: Amount;
}
export interface DiffResponse {
  total: number;
  all: number;
  /** Sums over the groups that match. */
  before: Amount;
  after: Amount;
  allocated: Amount;
  freed: Amount;
  groups: DiffGroup[];
}

// ---- statistics over time -----------------------------------------------------------

/** Gauges from counters in the heap: read while the program runs, without stopping it. */
export interface Stats {
  /** Milliseconds since the epoch. */
  time: number;
  running: boolean;
  heapTotal: number;
  heapLimit: number | null;
  /** Memory in the process's pool, in no chunk. */
  totalFree: number;
  /** Of all chunks. */
  footprint: number;
  liveCount: number;
  /** In the debug build of a running program, an upper bound: redzones count. */
  liveBytes: number;
  /** The chunks, the largest footprint first, at most 50. */
  chunks: { id: Address; footprint: number; liveCount: number; liveBytes: number }[];
}
export interface HistoryArguments {
  /** Only samples after this time. */
  since?: number;
}
export interface HistoryResponse {
  /** In the order of time; older ones further apart. */
  samples: Omit<Stats, 'chunks'>[];
}

// ---- break when a chunk grows ----------------------------------------------------------

export interface BreakOnGrowthArguments {
  chunk: Address;
  enabled: boolean;
  /** Stop when its footprint exceeds this; absent: when it grows at all. */
  above?: number;
}
export interface BreakOnGrowthResponse {
  /** Chunks that are watched now. */
  watched: { chunk: Address; above: number }[];
}

// ---- spaces/export -------------------------------------------------------------------------

/** A table written to a file by the adapter, row by row, all of it. */
export type ExportArguments = Cancellable & {
  /** Absolute; an existing file is replaced. */
  path: string;
} & (
    | { what: 'entries'; format: 'csv' | 'json'; query?: Omit<EntriesArguments, 'start' | 'count' | 'token'> }
    | { what: 'groups'; format: 'csv' | 'json'; query: Omit<GroupsArguments, 'start' | 'count' | 'token'> }
    | { what: 'diff'; format: 'csv' | 'json'; query: Omit<DiffArguments, 'start' | 'count' | 'token'> }
    | { what: 'leaks'; format: 'csv' | 'json'; query: Omit<LeaksArguments, 'start' | 'count' | 'token'> }
    | { what: 'chunks' | 'reports' | 'history'; format: 'csv' | 'json' }
    /** Live blocks and bytes by allocation stack. pprof is gzipped profile.proto. */
    | { what: 'stacks'; format: 'pprof' | 'speedscope'; query?: { chunk?: Address } }
  );
export interface ExportResponse {
  path: string;
  rows: number;
  /** Length of the file. */
  bytes: number;
}

export interface CancelArguments {
  token: string;
}

/** Requests beside DAP: command → [arguments, response body]. */
export interface SpacesRequests {
  'spaces/heap': [Record<string, never>, HeapResponse];
  'spaces/entries': [EntriesArguments, EntriesResponse];
  'spaces/groups': [GroupsArguments, GroupsResponse];
  'spaces/callTree': [CallTreeArguments, CallTreeResponse];
  'spaces/lines': [LinesArguments, LinesResponse];
  'spaces/locate': [LocateArguments, LocateResponse];
  'spaces/pointers': [PointersArguments, PointersResponse];
  'spaces/block': [BlockArguments, BlockResponse];
  'spaces/map': [MapArguments, MapResponse];
  'spaces/slab': [SlabArguments, SlabResponse];
  'spaces/check': [CheckArguments, CheckResponse];
  'spaces/set': [SetArguments, SetResponse];
  'spaces/reports': [Record<string, never>, ReportsResponse];
  'spaces/snapshot': [SnapshotArguments, Snapshot];
  'spaces/snapshots': [Record<string, never>, SnapshotsResponse];
  'spaces/dropSnapshot': [DropSnapshotArguments, SnapshotsResponse];
  'spaces/snapshotAt': [SnapshotAtArguments, SnapshotAtResponse];
  'spaces/diff': [DiffArguments, DiffResponse];
  'spaces/history': [HistoryArguments, HistoryResponse];
  'spaces/breakOnGrowth': [BreakOnGrowthArguments, BreakOnGrowthResponse];
  'spaces/leaks': [LeaksArguments, LeaksResponse];
  'spaces/export': [ExportArguments, ExportResponse];
  'spaces/findWrite': [FindWriteArguments, FindWriteResponse];
  'spaces/watchBlock': [WatchBlockArguments, WatchesResponse];
  'spaces/watchSite': [WatchSiteArguments, WatchesResponse];
  'spaces/watches': [Record<string, never>, WatchesResponse];
  'spaces/unwatch': [UnwatchArguments, WatchesResponse];
  'spaces/cancel': [CancelArguments, Record<string, never>];
}
export type SpacesCommand = keyof SpacesRequests;

/** Custom events: name → body. */
export interface SpacesEvents {
  'spaces/report': Report;
  /** The heap may have changed: the program stopped or a value was set. */
  'spaces/changed': { generation: number };
  /** At most five a second while the program runs, and one at each stop. */
  'spaces/stats': Stats;
  /** A snapshot was taken at a place, or by another client. */
  'spaces/snapshotTaken': Snapshot;
  /** The search that the launch asked for is over. */
  'spaces/writeSearch': WriteSearch;
}
