/** How the heap grew: one point a stop, thinned out evenly when there are many. */
import type { HeapResponse } from '../../../adapter/src/protocol';
import { totalsOf } from './chunkTable';

export interface HistoryPoint {
  generation: number;
  heapTotal: number;
  liveBytes: number;
  limit: number | null;
}

const MAX_POINTS = 600;

/** `points` with the heap of one more stop; another reading of the same stop replaces the last point. */
export function withHeap(points: readonly HistoryPoint[], heap: HeapResponse): HistoryPoint[] {
  const totals = totalsOf(heap);
  const point = {
    generation: heap.generation,
    heapTotal: totals.heapTotal,
    liveBytes: totals.liveBytes,
    limit: totals.limit,
  };
  const before = points.filter((known) => known.generation < heap.generation);
  const all = [...before, point];
  return all.length > MAX_POINTS
    ? all.filter((_, index) => index % 2 === 0 || index === all.length - 1)
    : all;
}
