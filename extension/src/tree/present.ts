/** How chunks and groups read in the tree: labels, bars, tooltips. Text from the program is escaped. */
import { t } from '@vscode/l10n';
import type { Chunk, ChunkKind, Frame, Group, HeapResponse } from '../../../adapter/src/protocol';
import { formatCount, formatSize } from '../sizes';

const BAR_CELLS = 5;

/** What part of a limit is used, and how it looks. */
export interface Gauge {
  /** 0 to 1. */
  fraction: number;
  limit: number;
  text: string;
}

/** The use of a chunk's ceiling, or undefined where it has none. */
export function ceilingGauge(chunk: Chunk): Gauge | undefined {
  if (chunk.ceiling === null || chunk.ceiling <= 0) {
    return undefined;
  }
  const fraction = Math.min(1, Math.max(0, chunk.footprint / chunk.ceiling));
  const filled = fraction === 0 ? 0 : Math.max(1, Math.round(fraction * BAR_CELLS));
  return {
    fraction,
    limit: chunk.ceiling,
    text: `${'▰'.repeat(filled)}${'▱'.repeat(BAR_CELLS - filled)} ${Math.round(fraction * 100)}%`,
  };
}

/** "1.5 KB · 12 blocks · ▰▱▱▱▱ 25%". */
export function chunkDescription(chunk: Chunk): string {
  const gauge = ceilingGauge(chunk);
  const use = `${formatSize(chunk.liveBytes)} · ${blocks(chunk.liveCount)}`;
  return gauge ? `${use} · ${gauge.text}` : use;
}

/** The same for a screen reader. */
export function chunkSpoken(chunk: Chunk, reports: number): string {
  const gauge = ceilingGauge(chunk);
  return [
    chunk.label,
    t('{0} live in {1}', formatSize(chunk.liveBytes), blocks(chunk.liveCount)),
    gauge
      ? t('{0} percent of its ceiling of {1}', Math.round(gauge.fraction * 100), formatSize(gauge.limit))
      : '',
    chunk.status === 'damaged' ? t('damaged') : '',
    reports > 0 ? reportCount(reports) : '',
  ]
    .filter(Boolean)
    .join(', ');
}

function kindName(kind: ChunkKind): string {
  const names: Record<ChunkKind, string> = {
    default: t('default chunk'),
    thread: t('thread-exclusive chunk'),
    variable: t('variable-size chunk'),
    fixed: t('fixed-size chunk'),
    area: t('chunk in a given area'),
    shared: t('shared chunk'),
  };
  return names[kind];
}

const KIND_ICONS: Record<ChunkKind, string> = {
  default: 'database',
  thread: 'git-commit',
  variable: 'layers',
  fixed: 'symbol-array',
  area: 'symbol-namespace',
  shared: 'references',
};

/** Codicon of a chunk, and its colour where there is something to see. */
export function chunkIcon(chunk: Chunk): { name: string; color?: string } {
  if (chunk.status === 'damaged') {
    return { name: 'warning', color: 'list.errorForeground' };
  }
  const use = ceilingGauge(chunk)?.fraction ?? 0;
  const name = KIND_ICONS[chunk.kind];
  return use >= 0.95
    ? { name, color: 'charts.red' }
    : use >= 0.8
      ? { name, color: 'charts.orange' }
      : { name };
}

function ceilingText(chunk: Chunk): string {
  const gauge = ceilingGauge(chunk);
  return gauge ? t('{0} ({1})', formatSize(gauge.limit), gauge.text) : t('none');
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
  const head = `**${escapeMarkdown(chunk.label)}** — ${kindName(chunk.kind)}`;
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
  return frame ? frame.function || frame.address : group.key;
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

/** The frame that stands for a stack: the user's innermost with a line, else with a name, else the first. */
export function siteFrame(frames: readonly Frame[]): Frame | undefined {
  return firstUserFrame(frames) ?? frames.find((frame) => frame.user) ?? frames[0];
}

/** The user's innermost frame that has a source line. */
export function firstUserFrame(frames: readonly Frame[]): (Frame & Located) | undefined {
  return frames.find((frame): frame is Frame & Located => frame.user && isLocated(frame));
}

export interface Located {
  source: { path: string };
  line: number;
}

export function isLocated(frame: Frame): frame is Frame & Located {
  return frame.source !== undefined && frame.line !== undefined;
}

/** "main at main.c:12", or what is known of it. */
export function frameText(frame: Frame): string {
  const name = frame.function || frame.address;
  const place = sourcePlace(frame) ?? (frame.module && baseName(frame.module));
  return place ? t('{0} at {1}', name, place) : name;
}

export function sourcePlace(frame: Frame): string | undefined {
  return isLocated(frame) ? `${baseName(frame.source.path)}:${frame.line}` : undefined;
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
  return count === 1 ? t('1 block') : t('{0} blocks', formatCount(count));
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

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
