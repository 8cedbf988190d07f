/** The chunk table's order, and totals over chunks. */
import type { Chunk, HeapResponse } from '../../../adapter/src/protocol';

export type ChunkColumn = 'label' | 'kind' | 'liveBytes' | 'liveCount' | 'footprint' | 'peak' | 'ceiling';
export interface ChunkSort {
  by: ChunkColumn;
  descending: boolean;
}

export function sortChunks(chunks: readonly Chunk[], sort: ChunkSort): Chunk[] {
  const direction = sort.descending ? -1 : 1;
  return [...chunks].sort((a, b) => direction * compare(valueOf(a, sort.by), valueOf(b, sort.by)));
}

/** The sort after a click on a column: the other way round, or that column's first way. */
export function toggleChunkSort(sort: ChunkSort, by: ChunkColumn): ChunkSort {
  return sort.by === by
    ? { by, descending: !sort.descending }
    : { by, descending: by !== 'label' && by !== 'kind' };
}

/** Chunks that are counted for themselves: without the thread heaps that their parent includes. */
export function ownChunks(heap: HeapResponse): Chunk[] {
  return heap.chunks.filter((chunk) => chunk.parent === undefined);
}

export interface HeapTotals {
  liveBytes: number;
  liveCount: number;
  /** Bytes taken from the system. */
  heapTotal: number;
  /** Held by chunks and not live: free blocks, and what blocks are rounded up by. */
  chunkFree: number;
  /** Held by the process's pool, for any chunk. */
  poolFree: number;
  limit: number | null;
}

export function totalsOf(heap: HeapResponse): HeapTotals {
  const own = ownChunks(heap);
  const sum = (value: (chunk: Chunk) => number): number =>
    own.reduce((total, chunk) => total + value(chunk), 0);
  const liveBytes = sum((chunk) => chunk.liveBytes);
  return {
    liveBytes,
    liveCount: sum((chunk) => chunk.liveCount),
    heapTotal: heap.process.heapTotal,
    chunkFree: Math.max(0, sum((chunk) => chunk.footprint) - liveBytes),
    poolFree: heap.process.totalFree,
    limit: heap.process.heapLimit,
  };
}

function valueOf(chunk: Chunk, column: ChunkColumn): string | number {
  return column === 'ceiling' ? (chunk.ceiling ?? Number.MAX_SAFE_INTEGER) : chunk[column];
}

function compare(a: string | number, b: string | number): number {
  return typeof a === 'number' && typeof b === 'number'
    ? a - b
    : String(a).localeCompare(String(b), 'en', { numeric: true });
}
