/** The same mistake, made again and again, is one report with a count. */
import { createHash } from 'node:crypto';
import type { Frame, Report } from '../../../adapter/src/protocol';
import { baseName } from '../../../adapter/src/protocol/frames';
import type { CountedReport } from './result';

const STACKS = ['detected', 'allocated', 'freed'] as const;

/** Same kind, made at the same places. Damage that a check finds has no place of its own: its block's count then. */
function key(report: Report): string {
  const stacks = STACKS.map((stack) => report[stack].map(({ address }) => address).join());
  const block = stacks.every((stack) => stack === '') ? report.address : '';
  return [report.kind, report.pid, block, ...stacks].join(' ');
}

/** Each report once, in the order of its first appearance. */
export function foldReports(reports: readonly Report[]): CountedReport[] {
  const folded = new Map<string, CountedReport>();
  for (const report of reports) {
    const known = folded.get(key(report));
    if (known) {
      known.count++;
    } else {
      folded.set(key(report), { ...report, count: 1 });
    }
  }
  return [...folded.values()];
}

/** A frame as it stays the same when lines are added above it, or the tree is checked out elsewhere. */
function lasting(frame: Frame): string {
  const file = frame.source ? baseName(frame.source.path) : baseName(frame.module);
  return `${file}:${frame.function}`;
}

/** A number for a mistake that outlives changes elsewhere in the program: its kind and its functions. */
export function fingerprint(report: Report): string {
  const hash = createHash('sha256').update(report.kind);
  for (const stack of STACKS) {
    hash.update(`\n${stack}`);
    report[stack].filter(({ user }) => user).forEach((frame) => hash.update(`\n${lasting(frame)}`));
  }
  return hash.digest('hex').slice(0, 32);
}
