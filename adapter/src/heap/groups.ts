/** Live blocks grouped by where they come from: the reader groups by stack, this merges stacks by what a frame says. */
import * as path from 'node:path';
import type { Frame, GroupBy } from '../protocol';

/** The ways of grouping that look at the frames of a stack; the reader does the others. */
export type StackGroupBy = Exclude<GroupBy, 'size' | 'type' | 'thread' | 'chunk'>;

export function isStackGroupBy(by: GroupBy): by is StackGroupBy {
  return by !== 'size' && by !== 'type' && by !== 'thread' && by !== 'chunk';
}

/** The frame that stands for a stack: the innermost of the user's own, else the innermost. */
export function siteOf(frames: readonly Frame[]): Frame | undefined {
  return frames.find((frame) => frame.user) ?? frames[0];
}

/** What a stack is grouped under; `id` is its number. `object` needs a debugger: ObjectTypes. */
export function groupKey(by: Exclude<StackGroupBy, 'object'>, frames: readonly Frame[], id = 0): string {
  const site = siteOf(frames);
  if (by === 'stack') {
    return String(id);
  }
  if (!site) {
    return 'unknown';
  }
  const name = site.function || site.address;
  switch (by) {
    case 'function':
      return name;
    case 'file':
      return site.source?.path ?? 'unknown';
    case 'module':
      return site.module || 'unknown';
    case 'line':
      return site.source && site.line !== undefined ? `${site.source.path}:${site.line}` : 'unknown';
    default:
      return site.source && site.line !== undefined
        ? `${name} (${path.basename(site.source.path)}:${site.line})`
        : name;
  }
}

/** Rows of equal keys made one: `add` puts a row's figures into a group. */
export function merge<G extends { key: string; frames: Frame[] }>(
  keys: readonly { key: string; frames: Frame[] }[],
  empty: () => Omit<G, 'key' | 'frames'>,
  add: (group: G, row: number) => void,
): G[] {
  const groups = new Map<string, G>();
  keys.forEach(({ key, frames }, row) => {
    let group = groups.get(key);
    if (!group) {
      group = { key, frames, ...empty() } as G;
      groups.set(key, group);
    }
    add(group, row);
  });
  return [...groups.values()];
}

/** Whether one of the frames holds the text in its function, file or module. */
export function stackMatches(frames: readonly Frame[], text: string): boolean {
  const wanted = text.toLowerCase();
  return frames.some((frame) =>
    [frame.function, frame.source?.path ?? '', frame.module].some((part) =>
      part.toLowerCase().includes(wanted),
    ),
  );
}

/** Whether a group's key or frames hold the text. */
export function groupMatches(group: { key: string; frames: Frame[] }, text: string): boolean {
  return group.key.toLowerCase().includes(text.toLowerCase()) || stackMatches(group.frames, text);
}

/** Keys that are numbers in the order of numbers, others in that of characters. */
export function compareKeys(a: string, b: string): number {
  const difference = Number(a) - Number(b);
  return Number.isNaN(difference) ? (a < b ? -1 : a > b ? 1 : 0) : difference;
}
