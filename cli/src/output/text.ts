/** Reports as a person reads them in a terminal. */
import * as path from 'node:path';
import type { Frame, ReportKind } from '../../../adapter/src/protocol';
import { frameName } from '../../../adapter/src/protocol/frames';
import { formatCount } from '../../../adapter/src/protocol/sizes';
import { reportSeverity, reportTitle } from '../../../adapter/src/protocol/words';
import { ownerOf } from '../../../adapter/src/symbols/classify';
import type { Style } from '../terminal';
import type { CountedReport } from './result';

/** The frames that say something: not the allocator's, and not those below main. */
export function telling(frames: readonly Frame[]): Frame[] {
  const shown = frames.filter(({ module, function: name }) => ownerOf(module, name) !== 'allocator');
  const last = shown.findLastIndex((frame) => frame.user && (frame.function !== '' || frame.module !== ''));
  return last < 0 ? shown : shown.slice(0, last + 1);
}

/** A path as short as it is from the working directory. */
export function shortPath(file: string, directory: string): string {
  const relative = path.relative(directory, file);
  return relative.startsWith('..') || path.isAbsolute(relative) ? file : relative;
}

function frameLine(frame: Frame, directory: string, style: Style): string {
  const where = frame.source
    ? `${shortPath(frame.source.path, directory)}${frame.line === undefined ? '' : `:${frame.line}`}`
    : frame.module === ''
      ? ''
      : path.basename(frame.module);
  const text = `${frameName(frame)}${where === '' ? '' : ` (${where})`}`;
  return frame.user ? text : style.dim(text);
}

function stackLines(title: string, frames: readonly Frame[], directory: string, style: Style): string[] {
  return telling(frames).map(
    (frame, index) => `  ${(index === 0 ? title : '').padEnd(10)} ${frameLine(frame, directory, style)}`,
  );
}

/** A report's sentence, with what happened before it, in the colour of its severity. */
function sentence({ kind, message }: CountedReport, style: Style): string {
  const severity = reportSeverity(kind);
  const colour = severity === 'error' ? style.red : severity === 'warning' ? style.yellow : style.cyan;
  const title = reportTitle(kind, (text) => text);
  const rest = message.startsWith(`${title}: `) ? message.slice(title.length + 2) : message;
  return `${colour(title)}: ${rest}`;
}

/** One report: its sentence, then its stacks. */
export function reportText(report: CountedReport, directory: string, style: Style): string {
  const times = report.count > 1 ? ` (${formatCount(report.count)} times)` : '';
  const lines = [
    `${style.bold('spaces:')} ${sentence(report, style)}${times} ${style.dim(`[${report.kind}, process ${report.pid}]`)}`,
    ...stackLines('found in', report.detected, directory, style),
    ...stackLines('allocated', report.allocated, directory, style),
    ...stackLines('freed', report.freed, directory, style),
  ];
  return `${lines.join('\n')}\n`;
}

/** "3 reports: 2 double-free, 1 overflow". */
export function summaryText(reports: readonly CountedReport[], style: Style): string {
  const counts = new Map<ReportKind, number>();
  for (const { kind, count } of reports) {
    counts.set(kind, (counts.get(kind) ?? 0) + count);
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const parts = [...counts].map(([kind, count]) => `${formatCount(count)} ${kind}`);
  return `${style.bold('spaces:')} ${formatCount(total)} ${total === 1 ? 'report' : 'reports'}: ${parts.join(', ')}\n`;
}
