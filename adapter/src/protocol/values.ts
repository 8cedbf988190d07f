/** The things that requests and events speak of: frames, chunks, blocks, reports. */

import type { LeakDetails } from './leaks';

export type Address = string;

/** What went wrong, finer than the allocator's error codes. */
export const REPORT_KINDS = [
  'double-free',
  'invalid-free',
  /** A freed block's bytes were found changed. */
  'write-after-free',
  /** A read or write of a freed block, told at the access. */
  'use-after-free',
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
  /** A name for people: "Default chunk", "Thread 4711", the variable that holds its handle, or kind and key or creation site. */
  label: string;
  /** The variable that holds the handle, such as "cache" or "server.pool"; absent where none was found. */
  variable?: string;
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
  /** Freed blocks that the debug build holds back; they count as neither live nor free. */
  quarantined?: number;
  /** What `spaces/set` can change; absent in a thread's heap, which has those of its parent. */
  settings?: ChunkSettings;
}

/** Knobs of a chunk beside ceiling and floor. */
export interface ChunkSettings {
  freeBytes: number | null;
  growIncrement: number;
  pageSize: number;
  maxSuballoc: number;
  maxSubchunks: number;
  smallBlockSize: number;
  smallAllocator: SmallAllocator;
  serialized: boolean;
  pageResizing: boolean;
}
export type SmallAllocator = 'none' | 'v3' | 'v5';

export type EntryState = 'live' | 'quarantined' | 'free' | 'unused';
export type EntryType = 'fixed' | 'variable' | 'external' | 'free';

export interface Entry {
  address: Address;
  /** Usable bytes. */
  size: number;
  /** Bytes that were asked for; equals `size` in the fast build. */
  requested: number;
  type: EntryType;
  /** Type of what the block holds, "node", "node[3]": by a C++ object's table, else by the statement that allocated it. */
  object?: string;
  inUse: boolean;
  /** `quarantined`: freed and held back; `unused`: never handed out. */
  state: EntryState;
  chunk: Address;
  /** Allocation sequence number (debug build), else 0. */
  sequence: number;
  /** Allocations that the program has made since (debug build), else 0. */
  age: number;
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
  /** Which allocation of its stack the block is, from 1; absent where that is not known. */
  pass?: number;
  /** Identity of the allocation stack, the same in every start of the program; absent where that is not known. */
  site?: Address;
  thread: number;
  pid: number;
  /** "name (id)" where it is another process than the session's own. */
  process?: string;
  /** Milliseconds since the epoch. */
  time: number;
  detected: Frame[];
  allocated: Frame[];
  freed: Frame[];
  /** Hex of the bytes around the damage, or ''. */
  bytes: string;
  /** Where the first of `bytes` lies relative to `address`; absent where that is not known. */
  bytesOffset?: number;
  /** Kind `leak`: how much of what class. */
  leak?: LeakDetails;
  /** Found by a check at a stop or at exit rather than by a call of the program. */
  byCheck?: boolean;
  /** The write that did it, where it was found. */
  written?: Write;
}

/** A write that damaged a block. */
export interface Write {
  /** One sentence. */
  message: string;
  /** The byte that changed, relative to the block. */
  offset: number;
  before: number;
  after: number;
  /** Kernel id of the thread that wrote. */
  thread: number;
  /** How it was caught: by the processor, by single steps, or after a system call. */
  by: 'watchpoint' | 'steps' | 'system call';
  /** The writing instruction first. */
  frames: Frame[];
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
