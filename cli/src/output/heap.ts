/** A heap's totals, chunks and groups as text, for core files and running processes alike. */
import type { Build, Chunk, ProcessInfo } from '../../../adapter/src/protocol';
import { frameName, frameWhere, siteFrame } from '../../../adapter/src/protocol/frames';
import { formatCount, formatSize } from '../../../adapter/src/protocol/sizes';
import type { Frame } from '../../../adapter/src/protocol';
import type { Style } from '../terminal';
import { table } from './table';

export interface HeapText {
  build: Build;
  version: string;
  process: ProcessInfo;
  chunks: readonly Chunk[];
}

export interface GroupText {
  key: string;
  count: number;
  bytes: number;
  frames: readonly Frame[];
}

/** Chunks that are listed; the largest. */
const MOST_CHUNKS = 20;

const CHUNKS = [
  { title: 'CHUNK' },
  { title: 'LIVE', right: true },
  { title: 'BLOCKS', right: true },
  { title: 'FOOTPRINT', right: true },
  { title: 'PEAK', right: true },
  { title: 'CEILING', right: true },
  { title: '' },
];

function limitText(bytes: number | null): string {
  return bytes === null ? '-' : formatSize(bytes);
}

/** Chunks of the program; the heaps of single threads are within the default chunk's figures. */
export function ownChunks(chunks: readonly Chunk[]): Chunk[] {
  return chunks.filter(({ parent }) => parent === undefined).sort((a, b) => b.footprint - a.footprint);
}

/** One line on the process, then its chunks. */
export function heapLines(
  { build, version, process, chunks }: HeapText,
  style: Style,
  width?: number,
): string[] {
  const own = ownChunks(chunks);
  const live = own.reduce((sum, { liveBytes }) => sum + liveBytes, 0);
  const blocks = own.reduce((sum, { liveCount }) => sum + liveCount, 0);
  const rows = own
    .slice(0, MOST_CHUNKS)
    .map((chunk) => [
      chunk.label,
      formatSize(chunk.liveBytes),
      formatCount(chunk.liveCount),
      formatSize(chunk.footprint),
      formatSize(chunk.peak),
      limitText(chunk.ceiling),
      chunk.status === 'damaged' ? 'damaged' : '',
    ]);
  const [head = '', ...lines] = table(CHUNKS, rows, width);
  return [
    `${build} build ${version}: ${formatSize(live)} live in ${formatCount(blocks)} ${blocks === 1 ? 'block' : 'blocks'}, ` +
      `${formatSize(process.heapTotal)} from the system, limit ${limitText(process.heapLimit)}`,
    '',
    style.bold(head),
    ...lines,
    ...(own.length > MOST_CHUNKS ? [`and ${formatCount(own.length - MOST_CHUNKS)} smaller ones`] : []),
  ];
}

/** What a group stands for: a place in the program, or its key (a size, a thread …). */
export function groupName({ key, frames }: GroupText): string {
  const frame = siteFrame(frames);
  if (!frame) {
    return key;
  }
  const place = frameWhere(frame);
  return place === '' ? frameName(frame) : `${frameName(frame)} (${place})`;
}

export function groupLines(
  title: string,
  groups: readonly GroupText[],
  style: Style,
  width?: number,
): string[] {
  const rows = groups.map((group) => [formatSize(group.bytes), formatCount(group.count), groupName(group)]);
  const columns = [{ title: 'LIVE', right: true }, { title: 'BLOCKS', right: true }, { title }];
  const [head = '', ...lines] = table(columns, rows, width);
  return [style.bold(head), ...lines];
}
