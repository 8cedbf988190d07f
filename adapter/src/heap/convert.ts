/** The reader's columns as objects of the wire contract, with their stacks as frames. */
import type {
  Address,
  Chunk,
  ChunkKind,
  ChunkSettings,
  Entry,
  Frame,
  MapCell,
  ProcessInfo,
  ReportKind,
  SlabBlock,
} from '../protocol';
import {
  ENTRY_STATE,
  ENTRY_TYPE,
  SLAB_KIND,
  type RawChunk,
  type RawDamage,
  type RawEntries,
  type RawPicture,
  type RawSlab,
  type RawSummary,
} from '../reader/native';
import { isReportKind } from '../reports/decode';
import type { NewReport } from '../reports/store';
import { hex } from '../gdb/mi';

/** By the number that the heap has for each. */
export const CHUNK_KINDS: readonly ChunkKind[] = ['default', 'thread', 'variable', 'fixed', 'area', 'shared'];
const KIND_NAMES: Record<ChunkKind, string> = {
  default: 'Default chunk',
  thread: 'Thread',
  variable: 'Chunk',
  fixed: 'Fixed chunk',
  area: 'Area chunk',
  shared: 'Shared chunk',
};

/** A limit, or null where the number means that there is none. */
export function limit(value: number): number | null {
  return value >= Number.MAX_SAFE_INTEGER || value < 0 ? null : value;
}

/** SPACES_SMALL_* in words. */
export const SMALL_ALLOCATORS: Readonly<Record<number, ChunkSettings['smallAllocator']>> = {
  0: 'none',
  3: 'v3',
  5: 'v5',
};

/** A name for people: the variable that holds its handle, its key, or what the chunk is and where it was created. */
export function chunkLabel(
  kind: ChunkKind,
  raw: RawChunk,
  created: readonly Frame[],
  variable?: string,
): string {
  if (kind === 'default') {
    return KIND_NAMES.default;
  }
  if (kind === 'thread') {
    return raw.thread === 0 ? `${KIND_NAMES.thread} (ended)` : `${KIND_NAMES.thread} ${raw.thread}`;
  }
  if (kind === 'shared') {
    // The key is what its other processes know it by, too.
    const key = hex(BigInt(raw.key));
    return variable === undefined ? `${KIND_NAMES.shared} ${key}` : `${variable} (shared, key ${key})`;
  }
  if (variable !== undefined) {
    return variable;
  }
  const site = created.find((frame) => frame.user);
  if (!site) {
    return `${KIND_NAMES[kind]} ${hex(raw.address)}`;
  }
  const file = site.source?.path.split('/').pop();
  return file !== undefined && site.line !== undefined
    ? `${KIND_NAMES[kind]} of ${site.function || '??'} (${file}:${site.line})`
    : `${KIND_NAMES[kind]} of ${site.function || site.address}`;
}

export function toChunk(raw: RawChunk, created: Frame[], variable?: string): Chunk {
  const kind = CHUNK_KINDS[raw.kind] ?? 'variable';
  return {
    id: hex(raw.address),
    label: chunkLabel(kind, raw, created, variable),
    ...(variable === undefined ? {} : { variable }),
    kind,
    flags: raw.flags,
    liveCount: raw.liveCount,
    liveBytes: raw.liveBytes,
    footprint: raw.footprint,
    peak: raw.peak,
    ceiling: limit(raw.ceiling),
    floor: raw.floor,
    pageSize: raw.pageSize,
    smallBlockSize: raw.smallBlockSize,
    blockSize: raw.blockSize,
    thread: raw.thread,
    lockDepth: raw.lockDepth,
    created,
    status: raw.damaged ? 'damaged' : 'ok',
    ...(raw.parent === 0n ? { settings: toSettings(raw) } : { parent: hex(raw.parent) }),
    ...(raw.quarantined > 0 ? { quarantined: raw.quarantined } : {}),
  };
}

function toSettings(raw: RawChunk): ChunkSettings {
  return {
    freeBytes: limit(raw.freeBytes),
    growIncrement: raw.growIncrement,
    pageSize: raw.pageSize,
    maxSuballoc: raw.maxSuballoc,
    maxSubchunks: raw.maxSubchunks,
    smallBlockSize: raw.smallBlockSize,
    smallAllocator: SMALL_ALLOCATORS[raw.smallAllocator] ?? 'none',
    serialized: raw.serialized,
    pageResizing: raw.pageResizing,
  };
}

export function toProcessInfo(raw: RawSummary): ProcessInfo {
  return {
    heapTotal: raw.heapTotal,
    heapLimit: limit(raw.heapLimit),
    totalFree: raw.totalFree,
    growIncrement: raw.growIncrement,
    freeBytes: limit(raw.freeBytes),
    largeThreshold: raw.largeThreshold,
    useMunmap: raw.useMunmap,
    coalesce: raw.coalesce,
  };
}

/** The entries of a page; `sites` holds the frames of each row's stack. */
export function toEntries(raw: RawEntries, sites: readonly Frame[][]): Entry[] {
  return Array.from(raw.address, (address, row) => ({
    address: hex(address),
    size: raw.size[row] ?? 0,
    requested: raw.requested[row] ?? 0,
    type: ENTRY_TYPE[raw.type[row] ?? 0] ?? 'free',
    inUse: raw.inUse[row] === 1,
    state: ENTRY_STATE[raw.state[row] ?? 0] ?? 'unused',
    chunk: hex(raw.chunk[row] ?? 0n),
    sequence: raw.sequence[row] ?? 0,
    age: raw.age[row] ?? 0,
    thread: raw.thread[row] ?? 0,
    site: sites[row] ?? [],
    status: raw.damaged[row] === 1 ? 'damaged' : 'ok',
  }));
}

/** Damage that a check found, as a report. */
export function toReport(
  raw: RawDamage,
  found: { pid: number; code: number; when: string; site?: Address },
  stacks: { allocated: Frame[]; freed: Frame[] },
): NewReport {
  const kind: ReportKind = isReportKind(raw.kind) ? raw.kind : 'metadata';
  return {
    kind,
    code: found.code,
    message: raw.message.replace(/\.$/, '') + found.when,
    address: hex(raw.address),
    size: raw.size,
    offset: raw.offset,
    chunk: hex(raw.chunk),
    sequence: raw.sequence,
    ...(raw.pass === 0 ? {} : { pass: raw.pass }),
    ...(found.site === undefined ? {} : { site: found.site }),
    thread: raw.thread,
    pid: found.pid,
    time: Date.now(),
    detected: [],
    allocated: stacks.allocated,
    freed: stacks.freed,
    bytes: raw.bytes,
    bytesOffset: raw.bytesOffset,
    byCheck: true,
  };
}

export function toCells(raw: RawPicture): MapCell[] {
  return Array.from(raw.cellStart, (start, row) => {
    const chunk = raw.chunk[row] ?? 0n;
    return {
      start,
      count: raw.cellCount[row] ?? 0,
      address: hex(raw.address[row] ?? 0n),
      used: raw.used[row] ?? 0,
      liveCount: raw.liveCount[row] ?? 0,
      liveBytes: raw.liveBytes[row] ?? 0,
      kind: SLAB_KIND[raw.kind[row] ?? 1] ?? 'free',
      blockSize: raw.blockSize[row] ?? 0,
      ...(chunk === 0n ? {} : { chunk: hex(chunk) }),
      chunks: raw.chunks[row] ?? 0,
      damaged: raw.damaged[row] === 1,
      hits: raw.hits[row] ?? 0,
    };
  });
}

export function toSlabBlocks(raw: RawSlab): SlabBlock[] {
  return Array.from(raw.blockAddress, (address, row) => ({
    address: hex(address),
    start: raw.blockStart[row] ?? 0,
    length: raw.blockLength[row] ?? 0,
    size: raw.blockBytes[row] ?? 0,
    state: ENTRY_STATE[raw.blockState[row] ?? 3] ?? 'unused',
    damaged: raw.blockDamaged[row] === 1,
    hit: raw.blockHit[row] === 1,
  }));
}
