/**
 * The heap reader addon as TypeScript sees it. The addon knows the layout of
 * the heap; nobody else in the adapter does. All work runs off the event loop.
 *
 * Three sources of memory: another process (`{ pid }`, process_vm_readv), files
 * (`{ files }`: a core file and what was mapped) and an image (`{ image: true }`)
 * that starts empty. With an image, an operation that lacks bytes resolves to
 * `{ missing }`: fetch these ranges by any means (gdb), hand them over with
 * `provide`, and ask again.
 */

export interface Range {
  address: bigint;
  length: number;
}
/** Bytes of a file from `offset` on that stood at an address. */
export interface FileRange extends Range {
  offset: number;
}
/** Where ranges overlap, the one that is named first holds. */
export interface FilePart {
  path: string;
  ranges: FileRange[];
}
export type Source = { pid: number } | { files: FilePart[] } | { image: true };
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
  /** Where the program keeps `footprint`, eight bytes: written only where it changes. */
  footprintAt: bigint;
  /** Freed blocks that are held back (debug build). */
  quarantined: number;
  freeBytes: number;
  growIncrement: number;
  maxSuballoc: number;
  maxSubchunks: number;
  /** As SPACES_SMALL_*: 0, 3 or 5. */
  smallAllocator: number;
  serialized: boolean;
  pageResizing: boolean;
  /** System V key of a shared chunk, else 0. */
  key: number;
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

/** Which entries, and in what order. */
export interface RawFilter {
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
  thread?: number;
  /** ENTRY_TYPE index. */
  type?: number;
  /** Only damaged ones that are known. */
  damaged?: boolean;
}
export interface RawQuery extends RawFilter {
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

/** What addresses point at, in their order. */
export interface RawLocations {
  /** VERDICT index. */
  verdict: Uint8Array;
  offset: Float64Array;
  /** Of the block's free; 0 where there is none, and in the fast build. */
  freeStack: Uint32Array;
  freeThread: Uint32Array;
  /** All zero where the verdict is wild. */
  entries: RawEntries;
}
export const VERDICT = ['live', 'free', 'interior', 'wild'] as const;

export interface RawBlock {
  /** Of one address. */
  location: RawLocations;
  /** The block with its redzones; length 0 where the address is wild. */
  from: bigint;
  length: number;
  /** Of the redzone before the program's bytes. */
  front: number;
  /** Debug build: the block has redzones. */
  redzones: boolean;
  /** From the block's first byte. */
  start: number;
  bytes: Uint8Array;
  damage?: RawDamage;
  /** Of these two, those that there are. */
  neighbours: RawEntries;
  hasPrevious: boolean;
  hasNext: boolean;
  gapBefore: number;
  gapAfter: number;
}

export interface RawSlab {
  address: bigint;
  bytes: number;
  carved: number;
  /** SLAB_KIND index. */
  kind: number;
  blockSize: number;
  chunk: bigint;
  thread: number;
  damaged: boolean;
  total: number;
  blockAddress: BigUint64Array;
  blockStart: Float64Array;
  blockLength: Float64Array;
  blockBytes: Float64Array;
  /** ENTRY_STATE index. */
  blockState: Uint8Array;
  blockDamaged: Uint8Array;
  blockHit: Uint8Array;
}
export const SLAB_KIND = ['header', 'free', 'small', 'span', 'large', 'mixed'] as const;

/** The heap's address space in cells; see MapCell. */
export interface RawPicture {
  total: number;
  slabBytes: number;
  start: number;
  count: number;
  cellStart: Float64Array;
  cellCount: Float64Array;
  address: BigUint64Array;
  used: Float64Array;
  liveCount: Float64Array;
  liveBytes: Float64Array;
  /** SLAB_KIND index. */
  kind: Uint8Array;
  blockSize: Float64Array;
  chunk: BigUint64Array;
  chunks: Uint32Array;
  damaged: Uint8Array;
  hits: Float64Array;
  segmentStart: Float64Array;
  segmentAddress: BigUint64Array;
  segmentSlabs: Float64Array;
}

/** A snapshot that the reader keeps. */
export interface RawTaken {
  id: number;
  count: number;
  bytes: number;
  /** Memory that all snapshots take. */
  memory: number;
}

/** Groups of two snapshots, by key in ascending order. */
export interface RawChanges {
  key: Float64Array;
  beforeCount: Float64Array;
  beforeBytes: Float64Array;
  afterCount: Float64Array;
  afterBytes: Float64Array;
  allocatedCount: Float64Array;
  allocatedBytes: Float64Array;
  freedCount: Float64Array;
  freedBytes: Float64Array;
}

export type RawGroupBy = 'stack' | 'size' | 'type' | 'thread' | 'chunk';

export interface RawDamage {
  /** A ReportKind. */
  kind: string;
  address: bigint;
  size: number;
  offset: number;
  chunk: bigint;
  sequence: number;
  /** Which allocation of its stack the block is; 0 where that is not known. */
  pass: number;
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

/** Writable memory of the program, and what its threads hold. */
export interface RawRoots {
  /** `sparse`: pages never written are zero. `stack`: a stack, live from its thread's stack pointer up. */
  ranges: (Range & { sparse: boolean; stack: boolean })[];
  registers: BigUint64Array;
  stackPointers: BigUint64Array;
  /** `stackPointers` has those of all threads. */
  everyThread: boolean;
  /** Constants and code of the program's files: where tables of virtual functions lie. */
  constants: Range[];
  code: Range[];
}

/** Live blocks by what reaches them, in records of one class, stack and chunk; fast build: size. */
export interface RawLeaks {
  /** By LEAK_CLASSES index, all blocks. */
  classCount: Float64Array;
  classBytes: Float64Array;
  /** LEAK_CLASSES index. */
  reach: Uint8Array;
  stack: Uint32Array;
  chunk: BigUint64Array;
  /** Of each block in the fast build, else 0. */
  size: Float64Array;
  count: Float64Array;
  bytes: Float64Array;
  /** Lost with them. */
  indirectCount: Float64Array;
  indirectBytes: Float64Array;
  /** Not in the snapshot that was named. */
  youngCount: Float64Array;
  youngBytes: Float64Array;
  /** Live blocks of the stack (fast build: size) more than in that snapshot. */
  grown: Float64Array;
  /** Addresses of the first blocks of each. */
  examples: BigUint64Array[];
}

export interface NativeReader {
  /** Forget what was read; call after the program ran. */
  invalidate(): void;
  /** Bytes of an image. None at all: the missing range that starts there cannot be read. */
  provide(address: bigint, bytes: Uint8Array): void;
  summary(): Promise<OrMissing<RawSummary>>;
  entries(query: RawQuery): Promise<OrMissing<RawPage>>;
  groups(query: { chunk?: bigint; by: RawGroupBy }): Promise<OrMissing<RawGroups>>;
  locate(addresses: BigUint64Array): Promise<OrMissing<RawLocations>>;
  /** The block that holds an address; its bytes from `start` on, at most `count`. */
  block(address: bigint, start: number, count: number): Promise<OrMissing<RawBlock>>;
  /** A page of the blocks of the slab that an address lies in; those that match `find` are marked. */
  slab(address: bigint, start: number, count: number, find?: RawFilter): Promise<OrMissing<RawSlab>>;
  /** Slabs [start, start + count), numbered by address, as at most so many cells. */
  picture(
    chunk: bigint | undefined,
    start: number,
    count: number,
    cells: number,
    find?: RawFilter,
  ): Promise<OrMissing<RawPicture>>;
  /** Keep the live blocks as they are now, about ten bytes each, until `drop` or `close`. */
  snapshot(): Promise<OrMissing<RawTaken>>;
  drop(id: number): Promise<OrMissing<{ dropped: boolean }>>;
  /** Two snapshots compared; id 0 is the heap as it is now. */
  diff(from: number, to: number, by: RawGroupBy, chunk?: bigint): Promise<OrMissing<RawChanges>>;
  /** As `summary`, from counters alone, of a program that may be running. */
  gauges(): Promise<OrMissing<RawSummary>>;
  /** Aligned words of memory that are one of `words`; at most `most` of them. */
  search(
    ranges: readonly Range[],
    words: BigUint64Array,
    most: number,
  ): Promise<OrMissing<{ address: BigUint64Array; word: Uint32Array }>>;
  check(chunk?: bigint): Promise<OrMissing<{ blocks: number; damage: RawDamage[]; totalDamage: number }>>;
  /** Which live blocks the roots reach. Looked for once until `invalidate`; `since` is a snapshot. */
  leaks(roots: RawRoots, chunk?: bigint, since?: number): Promise<OrMissing<RawLeaks>>;
  /** The table of virtual functions that each block starts with, by the blocks' addresses; 0: none. */
  tables(
    blocks: BigUint64Array,
    constants: readonly Range[],
    code: readonly Range[],
  ): Promise<OrMissing<{ table: BigUint64Array }>>;
  /** Return addresses of interned stacks, innermost first. */
  stacks(ids: Uint32Array): Promise<OrMissing<{ frames: BigUint64Array[] }>>;
  /** End the questions asked so far: they reject with SPACES_INTERRUPTED. */
  interrupt(): void;
  /** How far the pass over the heap is that answers the present question. */
  progress(): { done: number; total: number };
  close(): void;
}

/**
 * Errors reject with `code`: SPACES_NO_HEAP (magic does not match),
 * SPACES_VERSION (layout of another version; message names both), SPACES_GONE
 * (the process ended), SPACES_INTERRUPTED, SPACES_SNAPSHOT (no such snapshot), SPACES_PERM (the system forbids reading), SPACES_DAMAGED
 * (the root itself fails its checksum), SPACES_CLOSED, SPACES_MEMORY (too little
 * of our own). The constructor throws with SPACES_FILE where a file cannot be read.
 */
/** The bytes with which the debug build fills what holds no data of the program. */
export interface Fills {
  /** Of a block that was allocated and not written yet. */
  fresh: number;
  freed: number;
  /** The redzones. */
  front: number;
  back: number;
}

export interface NativeModule {
  FILLS: Fills;
  HeapReader: new (source: Source, root: bigint) => NativeReader;
  LAYOUT_VERSION: number;
  /** The word that every heap's root starts with, whatever its version. */
  ROOT_MAGIC: bigint;
}
