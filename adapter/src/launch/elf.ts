/**
 * The facts of an ELF file that decide whether and how a program can be
 * debugged under Spaces. Reads headers and dynamic tables only, bounds-checked:
 * the file may be anything.
 *
 *   e_ident | e_type | e_machine | … | program headers → PT_INTERP, PT_DYNAMIC, PT_LOAD
 *                                    | section headers → .debug_info, .dynsym
 */
import { promises as fs } from 'node:fs';

/** What a segment of the file becomes in memory. */
export interface LoadSegment {
  /** Offset in the file. */
  offset: number;
  /** Address the file was linked for. */
  address: number;
  fileSize: number;
}

export interface ElfFacts {
  bits: 32 | 64;
  /** e_type: 1 object, 2 executable, 3 shared object or PIE, 4 core. */
  type: number;
  /** e_machine: 62 is x86-64. */
  machine: number;
  entry: number;
  /** Path of the program interpreter (the dynamic loader), or ''. */
  interpreter: string;
  hasDynamic: boolean;
  /** DT_NEEDED. */
  needed: string[];
  /** Names in the dynamic symbol table, defined and undefined. */
  dynamicSymbols: ReadonlySet<string>;
  hasDebugInfo: boolean;
  loads: LoadSegment[];
}

export const MACHINE_X86_64 = 62;
export const TYPE_OBJECT = 1;
export const TYPE_EXECUTABLE = 2;
export const TYPE_SHARED = 3;
export const TYPE_CORE = 4;

const MACHINES: Record<number, string> = {
  3: 'x86 (32 bit)',
  8: 'MIPS',
  21: 'PowerPC64',
  22: 'S/390',
  40: 'ARM (32 bit)',
  62: 'x86-64',
  183: 'AArch64 (ARM 64 bit)',
  243: 'RISC-V',
  258: 'LoongArch',
};

/** A name for an e_machine value. */
export function machineName(machine: number): string {
  return MACHINES[machine] ?? `machine type ${machine}`;
}

/** Thrown where a file starts like ELF but does not hold together. */
export class ElfError extends Error {}

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const SHT_DYNSYM = 11;
const DT_NEEDED = 1;
const DT_STRTAB = 5;
const DT_STRSZ = 10;
const TABLE_LIMIT = 64 * 2 ** 20;

/** Reads slices of the file, refusing those outside of it. */
class Slices {
  constructor(
    private readonly file: fs.FileHandle,
    private readonly size: number,
    readonly little: boolean,
    readonly wide: boolean,
  ) {}

  async read(offset: number, length: number): Promise<Buffer> {
    if (offset < 0 || length < 0 || length > TABLE_LIMIT || offset + length > this.size) {
      throw new ElfError('a table lies outside of the file');
    }
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await this.file.read(buffer, 0, length, offset);
    if (bytesRead !== length) {
      throw new ElfError('the file is cut short');
    }
    return buffer;
  }

  u16(buffer: Buffer, at: number): number {
    return this.little ? buffer.readUInt16LE(at) : buffer.readUInt16BE(at);
  }

  u32(buffer: Buffer, at: number): number {
    return this.little ? buffer.readUInt32LE(at) : buffer.readUInt32BE(at);
  }

  /** An address-sized field. */
  word(buffer: Buffer, at: number): number {
    if (!this.wide) {
      return this.u32(buffer, at);
    }
    return Number(this.little ? buffer.readBigUInt64LE(at) : buffer.readBigUInt64BE(at));
  }
}

interface Segment extends LoadSegment {
  type: number;
}

interface Section {
  name: string;
  type: number;
  offset: number;
  size: number;
  link: number;
}

function textAt(table: Buffer, offset: number): string {
  if (offset >= table.length) {
    return '';
  }
  const end = table.indexOf(0, offset);
  return table.toString('utf8', offset, end < 0 ? table.length : end);
}

async function readSegments(slices: Slices, header: Buffer): Promise<Segment[]> {
  const wide = slices.wide;
  const offset = slices.word(header, wide ? 32 : 28);
  const entrySize = slices.u16(header, wide ? 54 : 42);
  const count = slices.u16(header, wide ? 56 : 44);
  if (count > 0 && entrySize < (wide ? 56 : 32)) {
    throw new ElfError('its program headers are too small');
  }
  const table = await slices.read(offset, entrySize * count);
  return Array.from({ length: count }, (_, index) => {
    const at = index * entrySize;
    return {
      type: slices.u32(table, at),
      offset: slices.word(table, at + (wide ? 8 : 4)),
      address: slices.word(table, at + (wide ? 16 : 8)),
      fileSize: slices.word(table, at + (wide ? 32 : 16)),
    };
  });
}

async function readSections(slices: Slices, header: Buffer): Promise<Section[]> {
  const wide = slices.wide;
  const offset = slices.word(header, wide ? 40 : 32);
  const entrySize = slices.u16(header, wide ? 58 : 46);
  const count = slices.u16(header, wide ? 60 : 48);
  const namesIndex = slices.u16(header, wide ? 62 : 50);
  if (offset === 0 || count === 0) {
    return [];
  }
  if (entrySize < (wide ? 64 : 40)) {
    throw new ElfError('its section headers are too small');
  }
  const table = await slices.read(offset, entrySize * count);
  const raw = Array.from({ length: count }, (_, index) => {
    const at = index * entrySize;
    return {
      nameAt: slices.u32(table, at),
      type: slices.u32(table, at + 4),
      offset: slices.word(table, at + (wide ? 24 : 16)),
      size: slices.word(table, at + (wide ? 32 : 20)),
      link: slices.u32(table, at + (wide ? 40 : 24)),
    };
  });
  const namesSection = raw[namesIndex];
  const names = namesSection ? await slices.read(namesSection.offset, namesSection.size) : Buffer.alloc(0);
  return raw.map((section) => ({ ...section, name: textAt(names, section.nameAt) }));
}

async function readNeeded(slices: Slices, segments: Segment[]): Promise<string[]> {
  const dynamic = segments.find((segment) => segment.type === PT_DYNAMIC);
  if (!dynamic) {
    return [];
  }
  const step = slices.wide ? 8 : 4;
  const table = await slices.read(dynamic.offset, dynamic.fileSize);
  const neededAt: number[] = [];
  let stringsAddress = 0;
  let stringsSize = 0;
  for (let at = 0; at + 2 * step <= table.length; at += 2 * step) {
    const tag = slices.word(table, at);
    const value = slices.word(table, at + step);
    if (tag === 0) {
      break;
    }
    if (tag === DT_NEEDED) neededAt.push(value);
    if (tag === DT_STRTAB) stringsAddress = value;
    if (tag === DT_STRSZ) stringsSize = value;
  }
  const home = segments.find(
    (segment) =>
      segment.type === PT_LOAD &&
      stringsAddress >= segment.address &&
      stringsAddress < segment.address + segment.fileSize,
  );
  if (!home || neededAt.length === 0) {
    return [];
  }
  const strings = await slices.read(stringsAddress - home.address + home.offset, stringsSize);
  return neededAt.map((at) => textAt(strings, at));
}

async function readDynamicSymbols(slices: Slices, sections: Section[]): Promise<Set<string>> {
  const names = new Set<string>();
  const table = sections.find((section) => section.type === SHT_DYNSYM);
  const strings = table && sections[table.link];
  if (!table || !strings) {
    return names;
  }
  const symbols = await slices.read(table.offset, table.size);
  const text = await slices.read(strings.offset, strings.size);
  const entrySize = slices.wide ? 24 : 16;
  for (let at = 0; at + entrySize <= symbols.length; at += entrySize) {
    names.add(textAt(text, slices.u32(symbols, at)));
  }
  names.delete('');
  return names;
}

async function readFacts(file: fs.FileHandle): Promise<ElfFacts | undefined> {
  const size = (await file.stat()).size;
  const header = Buffer.alloc(64);
  const { bytesRead } = await file.read(header, 0, 64, 0);
  if (bytesRead < 16 || header.readUInt32BE(0) !== 0x7f454c46) {
    return undefined;
  }
  const wide = header[4] === 2;
  if ((!wide && header[4] !== 1) || (header[5] !== 1 && header[5] !== 2) || bytesRead < (wide ? 64 : 52)) {
    throw new ElfError('its header is invalid');
  }
  const slices = new Slices(file, size, header[5] === 1, wide);
  const segments = await readSegments(slices, header);
  const sections = await readSections(slices, header);
  const interp = segments.find((segment) => segment.type === PT_INTERP);
  return {
    bits: wide ? 64 : 32,
    type: slices.u16(header, 16),
    machine: slices.u16(header, 18),
    entry: slices.word(header, 24),
    interpreter: interp ? textAt(await slices.read(interp.offset, interp.fileSize), 0) : '',
    hasDynamic: segments.some((segment) => segment.type === PT_DYNAMIC),
    needed: await readNeeded(slices, segments),
    dynamicSymbols: await readDynamicSymbols(slices, sections),
    hasDebugInfo: sections.some((section) =>
      ['.debug_info', '.zdebug_info', '.gnu_debuglink', '.gnu_debugaltlink'].includes(section.name),
    ),
    loads: segments
      .filter((segment) => segment.type === PT_LOAD)
      .map(({ offset, address, fileSize }) => ({ offset, address, fileSize })),
  };
}

/**
 * The facts of the file at `path`, or undefined where it is no ELF file.
 * Throws ElfError for a damaged one, and the system's error where it cannot be read.
 */
export async function readElf(path: string): Promise<ElfFacts | undefined> {
  const file = await fs.open(path, 'r');
  try {
    return await readFacts(file);
  } catch (error) {
    if (error instanceof RangeError) {
      throw new ElfError('a table is cut short');
    }
    throw error;
  } finally {
    await file.close();
  }
}
