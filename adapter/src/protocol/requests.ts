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
import type { Cancellable } from './asking';
import type {
  BlockArguments,
  BlockResponse,
  LocateArguments,
  LocateResponse,
  PointersArguments,
  PointersResponse,
} from './blocks';
import type { ExportArguments, ExportResponse } from './exports';
import type { FindWriteArguments, FindWriteResponse, WriteSearch } from './findWrite';
import type { LeaksArguments, LeaksResponse } from './leaks';
import type {
  CallTreeArguments,
  CallTreeResponse,
  EntriesArguments,
  EntriesResponse,
  GroupsArguments,
  GroupsResponse,
  LinesArguments,
  LinesResponse,
} from './lists';
import type { MapArguments, MapResponse, SlabArguments, SlabResponse } from './map';
import type {
  DiffArguments,
  DiffResponse,
  DropSnapshotArguments,
  Snapshot,
  SnapshotArguments,
  SnapshotAtArguments,
  SnapshotAtResponse,
  SnapshotsResponse,
} from './snapshots';
import type { Address, Build, Chunk, ChunkSettings, ProcessInfo, Report } from './values';
import type { UnwatchArguments, WatchBlockArguments, WatchSiteArguments, WatchesResponse } from './watches';

// ---- spaces/heap

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

// ---- spaces/check, spaces/set, spaces/reports

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

// ---- statistics over time

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

// ---- break when a chunk grows

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

// ---- all of them

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
