/** Which ceilings, floors and heap limits make sense, and how full they are. */
import type { Chunk, ProcessInfo } from './index';
import { parseSize } from './sizes';

export type LimitProblem = 'syntax' | 'needed' | 'belowFootprint' | 'belowFloor' | 'aboveCeiling';
/** What a text field of a limit holds: bytes, null for no limit, or a problem. */
export type LimitInput = { bytes: number | null } | { problem: LimitProblem };

export function readCeiling(text: string, chunk: Chunk): LimitInput {
  if (text.trim() === '') {
    return { bytes: null };
  }
  const bytes = parseSize(text);
  if (bytes === undefined) {
    return { problem: 'syntax' };
  }
  if (bytes < chunk.footprint) {
    return { problem: 'belowFootprint' };
  }
  return bytes < chunk.floor ? { problem: 'belowFloor' } : { bytes };
}

export function readFloor(text: string, chunk: Chunk): LimitInput {
  if (text.trim() === '') {
    return { problem: 'needed' };
  }
  const bytes = parseSize(text);
  if (bytes === undefined) {
    return { problem: 'syntax' };
  }
  return chunk.ceiling !== null && bytes > chunk.ceiling ? { problem: 'aboveCeiling' } : { bytes };
}

export function readHeapLimit(text: string, process: ProcessInfo): LimitInput {
  if (text.trim() === '') {
    return { bytes: null };
  }
  const bytes = parseSize(text);
  if (bytes === undefined) {
    return { problem: 'syntax' };
  }
  return bytes < process.heapTotal ? { problem: 'belowFootprint' } : { bytes };
}

export type Level = 'normal' | 'high' | 'full';

/** Parts of a gauge, each 0 to 1 of its scale, which is the ceiling or, without one, the peak. */
export interface GaugeParts {
  live: number;
  footprint: number;
  peak: number;
  floor: number;
  level: Level;
  limited: boolean;
}

export function gaugeOf(chunk: Chunk): GaugeParts {
  const limited = chunk.ceiling !== null && chunk.ceiling > 0;
  const scale = limited ? (chunk.ceiling ?? 0) : Math.max(chunk.peak, chunk.footprint, chunk.liveBytes, 1);
  const part = (bytes: number): number => Math.min(1, Math.max(0, bytes / scale));
  return {
    live: part(chunk.liveBytes),
    footprint: part(chunk.footprint),
    peak: part(chunk.peak),
    floor: part(chunk.floor),
    level: limited ? levelOf(part(chunk.footprint)) : 'normal',
    limited,
  };
}

export function levelOf(fraction: number): Level {
  return fraction >= 0.95 ? 'full' : fraction >= 0.8 ? 'high' : 'normal';
}
