/** How chunks and groups read in the tree: labels, bars, tooltips. Text from the program is escaped. */
import { t } from '@vscode/l10n';
import type { Chunk, Frame, Group, HeapResponse } from '../../../adapter/src/protocol';
import {
  baseName,
  firstUserFrame,
  frameName,
  siteFrame,
  sourcePlace,
  visible,
} from '../../../adapter/src/protocol/frames';
import { gaugeOf } from '../../../adapter/src/protocol/limits';
import { formatCount, formatSize } from '../../../adapter/src/protocol/sizes';
import { blocksText, chunkIconName, chunkKindName } from '../../../adapter/src/protocol/words';

const BAR_CELLS = 5;

/** The footprint against the ceiling, and the floor in it: "▰▰┃▱▱ 40%"; undefined where there is no ceiling. */
export function ceilingBar(chunk: Chunk): string | undefined {
  const gauge = gaugeOf(chunk);
  if (!gauge.limited) {
    return undefined;
  }
  const filled = gauge.footprint === 0 ? 0 : Math.max(1, Math.round(gauge.footprint * BAR_CELLS));
  const cells = '▰'.repeat(filled) + '▱'.repeat(BAR_CELLS - filled);
  const floor = Math.round(gauge.floor * BAR_CELLS);
  const marked = chunk.floor > 0 ? `${cells.slice(0, floor)}┃${cells.slice(floor)}` : cells;
  return `${marked} ${Math.round(gauge.footprint * 100)}%`;
}

/** "1.5 KB · 12 blocks · ▰▱▱▱▱ 25% · fixed-size". */
export function chunkDescription(chunk: Chunk): string {
  const parts = [formatSize(chunk.liveBytes), blocks(chunk.liveCount), ceilingBar(chunk)];
  return [...parts, chunkKindName(chunk.kind, t)].filter(Boolean).join(' · ');
}

/** The same for a screen reader. */
export function chunkSpoken(chunk: Chunk, reports: number): string {
  const gauge = gaugeOf(chunk);
  return [
    chunk.label,
    t('{0} live in {1}', formatSize(chunk.liveBytes), blocks(chunk.liveCount)),
    gauge.limited
      ? t(
          '{0} percent of its ceiling of {1}',
          Math.round(gauge.footprint * 100),
          formatSize(chunk.ceiling ?? 0),
        )
      : '',
    chunk.status === 'damaged' ? t('damaged') : '',
    reports > 0 ? reportCount(reports) : '',
  ]
    .filter(Boolean)
    .join(', ');
}

/** Codicon of a chunk, and its colour where there is something to see. */
export function chunkIcon(chunk: Chunk): { name: string; color?: string } {
  const name = chunkIconName(chunk);
  if (chunk.status === 'damaged') {
    return { name, color: 'list.errorForeground' };
  }
  const { level } = gaugeOf(chunk);
  return level === 'full'
    ? { name, color: 'charts.red' }
    : level === 'high'
      ? { name, color: 'charts.orange' }
      : { name };
}

function ceilingText(chunk: Chunk): string {
  const bar = ceilingBar(chunk);
  return bar ? t('{0} ({1})', formatSize(chunk.ceiling ?? 0), bar) : t('none');
}

/** Markdown of a chunk's tooltip. */
export function chunkTooltip(chunk: Chunk, reports: number): string {
  const rows: [string, string][] = [
    [t('Live'), t('{0} in {1}', formatSize(chunk.liveBytes), blocks(chunk.liveCount))],
    [t('Footprint'), t('{0} (peak {1})', formatSize(chunk.footprint), formatSize(chunk.peak))],
    [t('Ceiling'), ceilingText(chunk)],
    [t('Floor'), formatSize(chunk.floor)],
    [t('Page size'), formatSize(chunk.pageSize)],
  ];
  if (chunk.blockSize > 0) {
    rows.push([t('Block size'), formatSize(chunk.blockSize)]);
  }
  if (chunk.thread > 0) {
    rows.push([t('Owning thread'), String(chunk.thread)]);
  }
  if (chunk.lockDepth > 0) {
    rows.push([t('Locked'), t('{0} deep', chunk.lockDepth)]);
  }
  rows.push([t('Address'), `\`${chunk.id}\``]);
  const site = firstUserFrame(chunk.created);
  if (site) {
    rows.push([t('Created'), escapeMarkdown(frameText(site))]);
  }
  const head = `**${escapeMarkdown(chunk.label)}** — ${chunkKindName(chunk.kind, t)}`;
  const damage = [
    chunk.status === 'damaged'
      ? `$(warning) ${t('A header of this chunk failed its checks; what could be read is shown.')}`
      : '',
    reports > 0 ? `$(error) ${t('{0} in this chunk.', reportCount(reports))}` : '',
  ].filter(Boolean);
  const table = ['| | |', '| --- | --- |', ...rows.map(([name, value]) => `| ${name} | ${value} |`)];
  return [head, '', ...damage.flatMap((line) => [line, '']), ...table].join('\n');
}

/** The name of a group: its site, or its key where it is no site. */
export function groupLabel(group: Group): string {
  const frame = siteFrame(group.frames);
  return frame ? frameName(frame) : visible(group.key);
}

/** "1.5 KB · 12 blocks · main.c:12". */
export function groupDescription(group: Group): string {
  const frame = siteFrame(group.frames);
  const place = frame && sourcePlace(frame);
  return [formatSize(group.bytes), blocks(group.count), place].filter(Boolean).join(' · ');
}

/** Markdown of a group's tooltip: its stack, innermost first. */
export function groupTooltip(group: Group): string {
  const head = t('**{0}** in {1}', formatSize(group.bytes), blocks(group.count));
  const frames = group.frames.map((frame) => `1. ${escapeMarkdown(frameText(frame))}`);
  return [head, '', ...frames].join('\n');
}

/** "main at main.c:12", or what is known of it. */
export function frameText(frame: Frame): string {
  const name = frameName(frame);
  const place = sourcePlace(frame) ?? (frame.module && baseName(frame.module));
  return place ? t('{0} at {1}', name, place) : name;
}

/** Line of text that copies a row. */
export function copyText(row: { chunk: Chunk } | { group: Group }): string {
  return 'chunk' in row
    ? `${row.chunk.label}\t${row.chunk.id}\t${chunkDescription(row.chunk)}`
    : `${groupLabel(row.group)}\t${groupDescription(row.group)}`;
}

/** Sum over the chunks that are not counted within another. */
export function heapSummary(heap: HeapResponse): string {
  const own = heap.chunks.filter((chunk) => chunk.parent === undefined);
  const bytes = own.reduce((sum, chunk) => sum + chunk.liveBytes, 0);
  const count = own.reduce((sum, chunk) => sum + chunk.liveCount, 0);
  return t('{0} live in {1}', formatSize(bytes), blocks(count));
}

/** "1 block", "1,234 blocks". */
export function blocks(count: number): string {
  return blocksText(count, t);
}

function reportCount(count: number): string {
  return count === 1 ? t('1 report') : t('{0} reports', formatCount(count));
}

/** Text as Markdown that shows exactly this text. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(/[\\`*_{}[\]()#+\-.!|~$]/g, '\\$&')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;');
}
