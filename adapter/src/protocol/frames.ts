/** How stack frames read: which frame stands for a stack, and its name and place. */
import type { Frame } from './index';

export interface Located {
  source: { path: string };
  line: number;
}

export interface SourcePlace {
  path: string;
  /** 1-based. */
  line: number;
}

export function isLocated(frame: Frame): frame is Frame & Located {
  return frame.source !== undefined && frame.line !== undefined;
}

export function placeOf(frame: Frame): SourcePlace | undefined {
  return isLocated(frame) ? { path: frame.source.path, line: frame.line } : undefined;
}

/** The user's innermost frame that has a source line. */
export function firstUserFrame(frames: readonly Frame[]): (Frame & Located) | undefined {
  return frames.find((frame): frame is Frame & Located => frame.user && isLocated(frame));
}

/** The frame that stands for a stack: the user's innermost with a line, else with a name, else the first. */
export function siteFrame(frames: readonly Frame[]): Frame | undefined {
  return firstUserFrame(frames) ?? frames.find((frame) => frame.user) ?? frames[0];
}

/** Control characters, and marks that turn or hide text: what a name must not do to the line that it stands in. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A name from the program with what is unseen in it spelled out: "\u{7}". */
export function visible(text: string): string {
  return text.replace(UNSEEN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

export function frameName(frame: Frame): string {
  return visible(frame.function) || frame.address;
}

/** "main.c:12"; undefined where the line is not known. */
export function sourcePlace(frame: Frame): string | undefined {
  return isLocated(frame) ? `${visible(baseName(frame.source.path))}:${frame.line}` : undefined;
}

/** "main.c:12", or the module's name. */
export function frameWhere(frame: Frame): string {
  return sourcePlace(frame) ?? visible(baseName(frame.module));
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
