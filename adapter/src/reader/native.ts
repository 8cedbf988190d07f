/**
 * The heap reader addon as TypeScript sees it. The addon knows the layout of
 * the heap; nobody else in the adapter does. All work runs off the event loop.
 *
 * Two sources of memory: another process (`{ pid }`, process_vm_readv) and an
 * image (`{ image: true }`) that starts empty. With an image, an operation
 * that lacks bytes resolves to `{ missing }`: fetch these ranges by any means
 * (gdb, a core file), hand them over with `provide`, and ask again.
 */

export interface Range {
  address: bigint;
  length: number;
}
export type Source = { pid: number } | { image: true };
export type OrMissing<T> = { missing: Range[] } | ({ missing?: undefined } & T);

export interface RawChunk {
  address: bigint;
  /** CHUNK_KIND index. */
  kind: number;
  flags: number;
  liveCount: number;
  liveBytes: number;
  footprint: number;
  peak: number;
  /** Number.MAX_SAFE_INTEGER and above: none. */
  ceiling: number;
  floor: number;
  pageSize: number;
  smallBlockSize: number;
  blockSize: number;
  thread: number;
  lockDepth: number;
  /** Stack id of the creation site; 0 where there is none. */
  createdStack: number;
  /** A header of it fails its checks, or the allocator found damage; what can be read is shown. */
  damaged: boolean;
  /**
   * The default chunk's address where this is a thread's heap in it (kind thread, its address the
   * heap's), else 0. The default chunk's figures include it; blocks name the chunk, not the heap.
   */
  parent: bigint;
}
export const CHUNK_KIND = ['default', 'thread', 'variable', 'fixed', 'area', 'shared'] as const;

export interface RawSummary {
  pid: number;
  debug: boolean;
  version: string;
  heapTotal: number;
  heapLimit: number;
  totalFree: number;
  growIncrement: number;
  freeBytes: number;
  largeThreshold: number;
  useMunmap: boolean;
  coalesce: boolean;
  chunks: RawChunk[];
}

export interface RawQuery {
  /** A chunk, or a thread's heap in the default chunk. */
  chunk?: bigint;
  state: 'live' | 'free' | 'all';
  /** `age`, ascending: the youngest first. Equal ones stay in the order of addresses. */
  sort: 'address' | 'size' | 'age' | 'site';
  descending: boolean;
  minSize?: number;
  maxSize?: number;
  /** Entries that hold this address. */
  address?: bigint;
  /** Entries whose allocation stack id is one of these. */
  stacks?: Uint32Array;
  start: number;
  count: number;
}

/** Columns of entries. */
export interface RawEntries {
  total: number;
  address: BigUint64Array;
  size: Float64Array;
  requested: Float64Array;
  /** ENTRY_TYPE index. */
  type: Uint8Array;
  inUse: Uint8Array;
  /** ENTRY_STATE index. */
  state: Uint8Array;
  /** Allocations since. */
  age: Float64Array;
  damaged: Uint8Array;
  chunk: BigUint64Array;
  sequence: Float64Array;
  thread: Uint32Array;
  stack: Uint32Array;
}
export const ENTRY_STATE = ['live', 'quarantined', 'free', 'unused'] as const;
export const ENTRY_TYPE = ['free', 'fixed', 'variable', 'external'] as const;

/** A page of entries. */
export interface RawPage extends RawEntries {
  /** Of all that match. */
  bytes: number;
  /** Entries of the chunk and state, whatever the filter. */
  all: number;
}

export interface RawLocation {
  verdict: 'live' | 'free' | 'interior' | 'wild';
  /** One entry, or none where the address is wild. */
  entries: RawEntries;
  offset: number;
}

export interface RawDamage {
  /** A ReportKind. */
  kind: string;
  address: bigint;
  size: number;
  offset: number;
  chunk: bigint;
  sequence: number;
  thread: number;
  allocStack: number;
  freeStack: number;
  message: string;
  /** Hex digits of the bytes around the first bad one. */
  bytes: string;
  /** Where the first of `bytes` lies relative to `address`. */
  bytesOffset: number;
}

export interface RawGroups {
  total: number;
  key: Float64Array;
  count: Float64Array;
  bytes: Float64Array;
}

export interface NativeReader {
  /** Forget what was read; call after the program ran. */
  invalidate(): void;
  /** Bytes of an image. None at all: the missing range that starts there cannot be read. */
  provide(address: bigint, bytes: Uint8Array): void;
  summary(): Promise<OrMissing<RawSummary>>;
  entries(query: RawQuery): Promise<OrMissing<RawPage>>;
  groups(query: { chunk?: bigint; by: 'stack' | 'size' | 'type' | 'thread' }): Promise<OrMissing<RawGroups>>;
  locate(address: bigint): Promise<OrMissing<RawLocation>>;
  check(chunk?: bigint): Promise<OrMissing<{ blocks: number; damage: RawDamage[]; totalDamage: number }>>;
  /** Return addresses of interned stacks, innermost first. */
  stacks(ids: Uint32Array): Promise<OrMissing<{ frames: BigUint64Array[] }>>;
  close(): void;
}

/**
 * Errors reject with `code`: SPACES_NO_HEAP (magic does not match),
 * SPACES_VERSION (layout of another version; message names both), SPACES_GONE
 * (the process ended), SPACES_PERM (the system forbids reading), SPACES_DAMAGED
 * (the root itself fails its checksum), SPACES_CLOSED, SPACES_MEMORY (too little
 * of our own).
 */
export interface NativeModule {
  HeapReader: new (source: Source, root: bigint) => NativeReader;
  LAYOUT_VERSION: number;
}
