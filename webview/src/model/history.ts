/** How the heap grew: samples in the order of time, older ones thinned out when there are many. */
import type { HistoryResponse, Stats } from '../../../adapter/src/protocol';

export type HistoryPoint = HistoryResponse['samples'][number];

const MAX_POINTS = 1200;

/** `points` with one more sample; one that is not newer than the last is dropped. */
export function withSample(points: readonly HistoryPoint[], stats: Stats): HistoryPoint[] {
  const { chunks: _chunks, ...sample } = stats;
  const last = points.at(-1);
  return last && sample.time <= last.time ? [...points] : thinned([...points, sample]);
}

/** At most MAX_POINTS of `points`: every other one of the older half goes where there are more. */
export function thinned(points: HistoryPoint[]): HistoryPoint[] {
  let kept = points;
  while (kept.length > MAX_POINTS) {
    const half = Math.floor(kept.length / 2);
    kept = [...kept.slice(0, half).filter((_, index) => index % 2 === 0), ...kept.slice(half)];
  }
  return kept;
}
