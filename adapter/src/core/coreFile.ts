/**
 * A core file as the session needs it: where each byte of the process's memory
 * is found now, what was mapped where, and sentences about what is missing.
 * What the core left out comes from the mapped files where they are as they were.
 */
import { promises as fs } from 'node:fs';
import { hex } from '../gdb/mi';
import { rootsOf } from '../leaks/roots';
import type { FilePart, FileRange, RawRoots } from '../reader/native';
import type { MapsSource } from '../symbols/modules';
import { readCore, type CoreFacts, type CoreMapping, type CoreSegment } from './elfCore';

const PAGE_SIZE = 4096;
const MEGABYTE = 2 ** 20;

interface Borrowed {
  part: FilePart;
  changed: boolean;
}

export class CoreFile {
  private constructor(
    readonly facts: CoreFacts,
    /** The memory, as far as there are bytes for it. */
    readonly parts: FilePart[],
    /** Sentences for the user, about the whole. */
    readonly sentences: readonly string[],
    /** The program's file is not what it was when the core was written. */
    readonly programChanged: boolean,
  ) {}

  static async open(path: string): Promise<CoreFile> {
    const facts = await readCore(path);
    const borrowed = await Promise.all(
      [...new Set(facts.mappings.map((mapping) => mapping.path))].map((one) => borrow(facts, one)),
    );
    const files = borrowed.filter((one) => one !== undefined);
    const changed = files.filter((one) => one.changed).map(({ part }) => part.path);
    const ranges = facts.segments
      .filter(({ held }) => held > 0)
      .map(({ address, held, offset }) => ({ address, length: held, offset }));
    const parts = [{ path, ranges }, ...files.filter((one) => !one.changed).map(({ part }) => part)];
    return new CoreFile(
      facts,
      parts,
      [...facts.problems, ...shortOf(facts), ...changedSentences(changed)],
      facts.program !== undefined && changed.includes(facts.program),
    );
  }

  /** What was mapped where, in the words of /proc/PID/maps. */
  get maps(): MapsSource {
    const lines = mapsText(this.facts);
    return { read: () => Promise.resolve(lines), readNow: () => lines };
  }

  /** Where the process kept pointers outside of its heap. */
  get roots(): RawRoots {
    const { threads, everyThread } = this.facts;
    return rootsOf(mapsText(this.facts), { threads, every: everyThread });
  }
}

/** What of a mapped file stands at which address; undefined where it is gone. */
async function borrow(facts: CoreFacts, path: string): Promise<Borrowed | undefined> {
  const own = facts.mappings.filter((mapping) => mapping.path === path);
  const part: FilePart = { path, ranges: own.flatMap((mapping) => leftOut(facts, mapping)) };
  try {
    const stat = await fs.stat(path);
    if (!stat.isFile()) {
      return undefined;
    }
    const first = own.find(({ offset }) => offset === 0);
    const known = first && (await bytesOf(facts, first.start, PAGE_SIZE));
    if (!known) {
      return { part, changed: stat.mtimeMs > facts.time };
    }
    const file = await fs.open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(PAGE_SIZE), 0, PAGE_SIZE, 0);
      return {
        part,
        changed: Buffer.compare(buffer.subarray(0, bytesRead), known.subarray(0, bytesRead)) !== 0,
      };
    } finally {
      await file.close();
    }
  } catch {
    // Gone, or not ours to read: what the core left out of it stays unknown.
    return undefined;
  }
}

/** What of a mapping the core never meant to hold: what it was to hold and does not may have been written to. */
function leftOut(facts: CoreFacts, { start, end, offset }: CoreMapping): FileRange[] {
  let parts = [{ from: start, to: end }];
  for (const { address, promised } of facts.segments) {
    const after = address + BigInt(promised);
    parts = parts.flatMap(({ from, to }) =>
      after <= from || address >= to
        ? [{ from, to }]
        : [
            { from, to: address },
            { from: after, to },
          ].filter((part) => part.from < part.to),
    );
  }
  return parts.map(({ from, to }) => ({
    address: from,
    length: Number(to - from),
    offset: offset + Number(from - start),
  }));
}

function segmentAt(facts: CoreFacts, address: bigint): CoreSegment | undefined {
  return facts.segments.find((one) => address >= one.address && address < one.address + BigInt(one.size));
}

/** Bytes that the core itself holds. */
async function bytesOf(facts: CoreFacts, address: bigint, length: number): Promise<Buffer | undefined> {
  const segment = segmentAt(facts, address);
  const from = segment && Number(address - segment.address);
  if (!segment || from === undefined || from + length > segment.held) {
    return undefined;
  }
  const file = await fs.open(facts.path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, segment.offset + from);
    return bytesRead === length ? buffer : undefined;
  } finally {
    await file.close();
  }
}

function megabytes(bytes: number): string {
  return bytes < MEGABYTE ? `${Math.ceil(bytes / 1024)} KB` : `${Math.round(bytes / MEGABYTE)} MB`;
}

function shortOf(facts: CoreFacts): string[] {
  const promised = facts.segments.reduce((sum, one) => sum + one.promised, 0);
  const held = facts.segments.reduce((sum, one) => sum + one.held, 0);
  return held < promised
    ? [
        `The core file is cut short: ${megabytes(promised - held)} of ${megabytes(promised)} of memory are missing. ` +
          'What is there is shown; blocks in the missing part count as damaged or are absent.',
      ]
    : [];
}

function changedSentences(changed: readonly string[]): string[] {
  return changed.length === 0
    ? []
    : [
        `${changed.join(', ')} ${changed.length > 1 ? 'have' : 'has'} changed since the core was written: ` +
          'what the core left out of it is unknown, and lines may be wrong.',
      ];
}

/**
 * How /proc/PID/maps calls a piece of memory that is a stack; a core does not tell. The C library keeps a
 * thread's control block on the thread's stack; one without is a stack of the program's own making, or part of one.
 */
function stackName(facts: CoreFacts, { address, size }: CoreSegment): string {
  const holds = (at: bigint) => at >= address && at < address + BigInt(size);
  if (facts.inMainStack !== undefined && holds(facts.inMainStack)) {
    return '[stack]';
  }
  const thread = facts.threads.find(
    ({ stackPointer, controlBlock }) => holds(stackPointer) && holds(controlBlock),
  );
  return thread ? `[stack:${thread.id}]` : '';
}

function mapsText(facts: CoreFacts): string {
  const line = (start: bigint, end: bigint, permissions: string, offset: number, path: string) =>
    `${start.toString(16)}-${end.toString(16)} ${permissions} ${offset.toString(16)} 00:00 0 ${path}`;
  const sorted = [...facts.segments].sort((a, b) => (a.address < b.address ? -1 : 1));
  const lines = sorted.map((segment) => {
    const end = segment.address + BigInt(segment.size);
    const file = facts.mappings.find(
      ({ start, end: to }) => segment.address >= start && segment.address < to,
    );
    const permissions = `${segment.readable ? 'r' : '-'}${segment.writable ? 'w' : '-'}${segment.executable ? 'x' : '-'}p`;
    const offset = file ? file.offset + Number(segment.address - file.start) : 0;
    return line(segment.address, end, permissions, offset, file?.path ?? stackName(facts, segment));
  });
  const alone = facts.mappings
    .filter(({ start }) => !segmentAt(facts, start))
    .map(({ start, end, offset, path }) => line(start, end, 'r--p', offset, path));
  return `${[...lines, ...alone].join('\n')}\n`;
}

/** "Core of /usr/bin/sqlite3 -batch (process 4711)", for people. */
export function describeCore({ facts }: CoreFile): string {
  const who = facts.command || facts.program || facts.name || 'an unknown program';
  const pid = facts.pid === undefined ? '' : ` (process ${facts.pid})`;
  const at = facts.faultAddress === undefined ? '' : ` at address ${hex(facts.faultAddress)}`;
  return `Core of ${who}${pid}${at === '' ? '' : `, fault${at}`}`;
}
