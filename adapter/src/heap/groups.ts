/** Live blocks grouped by where they come from: the reader groups by stack, this merges stacks by what a frame says. */
import * as path from 'node:path';
import type { Frame, Group, GroupsArguments } from '../protocol';
import type { RawGroups } from '../reader/native';

/** The frame that stands for a stack: the innermost of the user's own, else the innermost. */
export function siteOf(frames: readonly Frame[]): Frame | undefined {
  return frames.find((frame) => frame.user) ?? frames[0];
}

/** What a stack is grouped under. */
export function groupKey(by: GroupsArguments['by'], frames: readonly Frame[]): string {
  const site = siteOf(frames);
  if (!site) {
    return 'unknown';
  }
  switch (by) {
    case 'function':
      return site.function || site.address;
    case 'file':
      return site.source?.path ?? 'unknown';
    case 'module':
      return site.module || 'unknown';
    default: {
      const name = site.function || site.address;
      return site.source && site.line !== undefined
        ? `${name} (${path.basename(site.source.path)}:${site.line})`
        : name;
    }
  }
}

/** Groups of stacks merged by key, the largest first. */
export function mergeByKey(by: GroupsArguments['by'], raw: RawGroups, stacks: readonly Frame[][]): Group[] {
  const groups = new Map<string, Group>();
  stacks.forEach((frames, row) => {
    const key = groupKey(by, frames);
    const group = groups.get(key) ?? { key, count: 0, bytes: 0, frames };
    group.count += raw.count[row] ?? 0;
    group.bytes += raw.bytes[row] ?? 0;
    groups.set(key, group);
  });
  return [...groups.values()].sort((a, b) => b.bytes - a.bytes || b.count - a.count);
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
