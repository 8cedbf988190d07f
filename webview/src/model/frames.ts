/** How stack frames read. */
import type { Frame } from '../../../adapter/src/protocol';

export interface SourcePlace {
  path: string;
  line: number;
}

export function placeOf(frame: Frame): SourcePlace | undefined {
  return frame.source && frame.line !== undefined ? { path: frame.source.path, line: frame.line } : undefined;
}

/** The frame that stands for a stack: the user's innermost with a line, else with a name, else the first. */
export function siteFrame(frames: readonly Frame[]): Frame | undefined {
  return (
    frames.find((frame) => frame.user && placeOf(frame)) ?? frames.find((frame) => frame.user) ?? frames[0]
  );
}

export function frameName(frame: Frame): string {
  return frame.function || frame.address;
}

/** "main.c:12", or the module's name. */
export function frameWhere(frame: Frame): string {
  const place = placeOf(frame);
  return place ? `${baseName(place.path)}:${place.line}` : baseName(frame.module);
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
