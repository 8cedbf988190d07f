/**
 * The whole wire contract beside DAP, types only: what travels between the
 * adapter and its client (`spaces/*` requests and events), between the
 * extension and the webview (`HostMessage`, `PanelMessage`), and between the
 * allocator's agent and the adapter (`AgentRecord`).
 *
 * Addresses are lower-case hex strings with a `0x` prefix. Sizes are bytes.
 * Every request can fail; a failure is a DAP error response whose `message` is
 * one sentence for the user.
 */

/** Version of this contract; a client that meets another one says so. */
export const PROTOCOL_VERSION = 1;

/** The DAP `type` of our launch configurations. */
export const DEBUG_TYPE = 'spaces';

export type Address = string;

/**
 * A size for people: digits, perhaps a fraction, perhaps a unit. Units count
 * in powers of 1024; `KB` and `KiB` mean the same.
 */
export const SIZE_PATTERN = /^\s*(\d+(?:\.\d+)?)\s*(?:([kmgt])(?:i?b)?|b(?:ytes?)?)?\s*$/i;
export const SIZE_UNITS: Readonly<Record<string, number>> = {
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
};

/** What went wrong, finer than the allocator's error codes. */
export const REPORT_KINDS = [
  'double-free',
  'invalid-free',
  'write-after-free',
  'overflow',
  'underflow',
  'mismatched-free',
  'wrong-thread',
  'metadata',
  'ceiling',
  'heap-limit',
  'out-of-memory',
  'bad-argument',
  'leak',
] as const;
export type ReportKind = (typeof REPORT_KINDS)[number];

export interface Frame {
  address: Address;
  /** Demangled function name, or '' where there is no symbol. */
  function: string;
  /** Path of the executable or shared object, or ''. */
  module: string;
  source?: { path: string };
  /** 1-based; absent where there is no line information. */
  line?: number;
  /** False for frames of the allocator, libc and the C++ runtime. */
  user: boolean;
}

export type ChunkKind = 'default' | 'thread' | 'variable' | 'fixed' | 'area' | 'shared';
/** `damaged`: a header of this chunk failed its checks; what could be read is shown. */
export type Status = 'ok' | 'damaged';

export interface Chunk {
  /** Stable for the life of the chunk: its address. */
  id: Address;
  /** A name for people: "Default chunk", "Thread 4711", or kind and creation site. */
  label: string;
  kind: ChunkKind;
  /** The SPACES_CHUNK_* flags it was created with. */
  flags: number;
  liveCount: number;
  liveBytes: number;
  /** Memory taken from the operating system on behalf of this chunk. */
  footprint: number;
  peak: number;
  /** null: no ceiling. */
  ceiling: number | null;
  floor: number;
  pageSize: number;
  smallBlockSize: number;
  /** Fixed block size; 0 where it is not a fixed chunk. */
  blockSize: number;
  /** Kernel id of the owning thread; 0 where any thread may use it. */
  thread: number;
  lockDepth: number;
  created: Frame[];
  status: Status;
  /** A thread heap of the default chunk names the default chunk; its figures are included there. */
  parent?: Address;
}

export type EntryType = 'fixed' | 'variable' | 'external' | 'free';

export interface Entry {
  address: Address;
  /** Usable bytes. */
  size: number;
  /** Bytes that were asked for; equals `size` in the fast build. */
  requested: number;
  type: EntryType;
  inUse: boolean;
  chunk: Address;
  /** Allocation sequence number (debug build), else 0. */
  sequence: number;
  thread: number;
  /** Allocation stack, user frames first to matter; empty in the fast build. */
  site: Frame[];
  status: Status;
}

export interface Report {
  /** Unique in the session. */
  id: number;
  kind: ReportKind;
  /** SPACES_ERR_* value. */
  code: number;
  /** One sentence. */
  message: string;
  /** The block, or the pointer that was passed. */
  address: Address;
  size: number;
  /** Of the first bad byte relative to `address`; negative for an underflow. */
  offset: number;
  chunk: Address;
  sequence: number;
  thread: number;
  pid: number;
  /** Milliseconds since the epoch. */
  time: number;
  detected: Frame[];
  allocated: Frame[];
  freed: Frame[];
  /** Hex of the bytes around the damage, or ''. */
  bytes: string;
  /** Where the first of `bytes` lies relative to `address`; absent where that is not known. */
  bytesOffset?: number;
  /** Found by a check at a stop or at exit rather than by a call of the program. */
  byCheck?: boolean;
}

export interface ProcessInfo {
  heapTotal: number;
  heapLimit: number | null;
  totalFree: number;
  growIncrement: number;
  freeBytes: number | null;
  largeThreshold: number;
  useMunmap: boolean;
  coalesce: boolean;
}

export type Build = 'debug' | 'fast';

/** `spaces/heap` */
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

/** `spaces/entries` */
export interface EntriesArguments {
  chunk?: Address;
  state?: 'live' | 'free' | 'all';
  sort?: { by: 'address' | 'size' | 'age' | 'site'; descending?: boolean };
  filter?: { minSize?: number; maxSize?: number; address?: Address; text?: string };
  start?: number;
  /** At most 1000. */
  count?: number;
}
export interface EntriesResponse {
  total: number;
  entries: Entry[];
  generation: number;
}

/** `spaces/groups` */
export interface GroupsArguments {
  chunk?: Address;
  by: 'site' | 'function' | 'file' | 'module' | 'size' | 'type' | 'thread';
  start?: number;
  count?: number;
}
export interface Group {
  key: string;
  count: number;
  bytes: number;
  frames: Frame[];
}
export interface GroupsResponse {
  total: number;
  groups: Group[];
  generation: number;
}

/** `spaces/locate` */
export type LocateArguments = { address: Address } | { expression: string; frameId: number };
export interface LocateResponse {
  verdict: 'live' | 'free' | 'interior' | 'wild';
  entry?: Entry;
  chunk?: Chunk;
  offset?: number;
}

/** `spaces/check` */
export interface CheckArguments {
  chunk?: Address;
}
export interface CheckResponse {
  /** Blocks looked at. */
  blocks: number;
  reports: Report[];
}

/** `spaces/set`; absent fields stay as they are, null lifts a limit. */
export interface SetArguments {
  chunk?: Address;
  ceiling?: number | null;
  floor?: number;
  heapLimit?: number | null;
}
export interface SetResponse {
  ceiling?: number | null;
  floor?: number;
  heapLimit?: number | null;
}

/** `spaces/reports` */
export interface ReportsResponse {
  reports: Report[];
}

/** Requests beside DAP: command → [arguments, response body]. */
export interface SpacesRequests {
  'spaces/heap': [Record<string, never>, HeapResponse];
  'spaces/entries': [EntriesArguments, EntriesResponse];
  'spaces/groups': [GroupsArguments, GroupsResponse];
  'spaces/locate': [LocateArguments, LocateResponse];
  'spaces/check': [CheckArguments, CheckResponse];
  'spaces/set': [SetArguments, SetResponse];
  'spaces/reports': [Record<string, never>, ReportsResponse];
}
export type SpacesCommand = keyof SpacesRequests;

/** Custom events: name → body. */
export interface SpacesEvents {
  'spaces/report': Report;
  /** The heap may have changed: the program stopped or a value was set. */
  'spaces/changed': { generation: number };
}

/** Launch arguments (`request: "launch"`, `type: "spaces"`). Sizes are bytes or "256MB". */
export interface LaunchArguments {
  program: string;
  args?: string[];
  cwd?: string;
  env?: Record<string, string>;
  stopOnEntry?: boolean;
  console?: 'internalConsole' | 'integratedTerminal';
  gdb?: string;
  setupCommands?: string[];
  sourceFileMap?: Record<string, string>;
  allocator?: 'debug' | 'fast' | 'linked' | 'none';
  heapLimit?: number | string;
  ceiling?: number | string;
  track?: 'all' | 'sampled' | 'off';
  checkOnStop?: boolean;
  followChildren?: boolean;
}

/**
 * What the allocator's agent writes to the socket named by
 * SPACES_REPORT_SOCKET: a little-endian u32 length, then that many bytes of
 * UTF-8 JSON, one of these.
 */
export interface AgentHello {
  v: 1;
  t: 'hello';
  pid: number;
  build: Build;
  version: string;
  /** Address of `spaces_heap_root`. */
  root: Address;
}
export interface AgentReport {
  v: 1;
  t: 'report';
  kind: ReportKind;
  code: number;
  message: string;
  address: Address;
  size: number;
  offset: number;
  chunk: Address;
  sequence: number;
  thread: number;
  pid: number;
  time: number;
  /** Return addresses, innermost first. */
  detected: Address[];
  allocated: Address[];
  freed: Address[];
  bytes: string;
  bytesOffset?: number;
  byCheck?: boolean;
}
export type AgentRecord = AgentHello | AgentReport;

/** What the panel shows when no request is pending. */
export type SessionState = 'none' | 'running' | 'stopped' | 'ended';

/** Extension → webview. */
export type HostMessage =
  | {
      type: 'state';
      state: SessionState;
      sessionName: string;
      /** Unique for each run of a program, '' where there is no session. */
      run: string;
    }
  | { type: 'changed'; generation: number }
  | { type: 'report'; report: Report }
  | { type: 'show'; view: PanelView; chunk?: Address; report?: number }
  | { type: 'response'; seq: number; ok: true; body: unknown }
  | { type: 'response'; seq: number; ok: false; message: string };

export type PanelView = 'overview' | 'chunks' | 'entries' | 'ceilings' | 'reports';

/** Webview → extension. */
export type PanelMessage =
  | { type: 'ready' }
  | { type: 'request'; seq: number; command: SpacesCommand; arguments: unknown }
  | { type: 'openSource'; path: string; line: number }
  | { type: 'viewMemory'; address: Address; length: number }
  | { type: 'copy'; text: string }
  | { type: 'startDebugging' };
