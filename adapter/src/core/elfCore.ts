/**
 * A core file as its headers tell it. Nothing in it is believed: it may be cut
 * short, damaged, or written by another system; what cannot be read is told as
 * a problem, and the rest holds.
 *
 *   ELF header | program headers: PT_NOTE → notes, PT_LOAD → memory …
 *   note: PRSTATUS a thread (the first: the one that crashed), PRPSINFO the process,
 *         SIGINFO the signal, AUXV what the kernel told the program, FILE what was mapped
 */
import { promises as fs } from 'node:fs';
import * as errors from '../errors';
import { MACHINE_X86_64, machineName, TYPE_CORE } from '../launch/elf';
import type { ThreadState } from '../leaks/roots';

/** Memory that a core has a header for. */
export interface CoreSegment {
  address: bigint;
  /** Bytes of the process's memory. */
  size: number;
  /** Bytes of it that the file holds: what its header promises, and what is there. */
  promised: number;
  held: number;
  offset: number;
  readable: boolean;
  writable: boolean;
  executable: boolean;
}

/** A file that the process had mapped. */
export interface CoreMapping {
  start: bigint;
  end: bigint;
  /** Of `start` in the file. */
  offset: number;
  path: string;
}

/** A thread as it was when the core was written. */
export interface CoreThread extends ThreadState {
  id: number;
  /** Its control block, which the C library keeps at the upper end of the stack. */
  controlBlock: bigint;
}

export interface CoreFacts {
  path: string;
  /** When it was written, in milliseconds since the epoch. */
  time: number;
  segments: CoreSegment[];
  mappings: CoreMapping[];
  pid?: number;
  /** Number of the signal that ended the process; absent where none did. */
  signal?: number;
  /** The address that a fault was about. */
  faultAddress?: bigint;
  threads: CoreThread[];
  /** The core tells all of its threads. */
  everyThread: boolean;
  /** An address in the stack that the process was started on. */
  inMainStack?: bigint;
  /** The program's name, at most 15 characters, and its command line, at most 79. */
  name?: string;
  command?: string;
  /** Path of the program. */
  program?: string;
  /** Sentences about what could not be read. */
  problems: string[];
}

const HEADER_SIZE = 64;
const PROGRAM_HEADER_SIZE = 56;
const SECTION_HEADER_SIZE = 64;
const PT_LOAD = 1;
const PT_NOTE = 4;
/** There are more program headers than e_phnum can say: the first section header has their number. */
const PN_XNUM = 0xffff;
const NT_PRSTATUS = 1;
const NT_PRPSINFO = 3;
const NT_AUXV = 6;
const NT_SIGINFO = 0x53494749;
const NT_FILE = 0x46494c45;
const AT_PHDR = 3n;
const AT_ENTRY = 9n;
/** Address of 16 bytes that the kernel put above the first frame. */
const AT_RANDOM = 25n;
/** user_regs_struct in a PRSTATUS note, and in it: r15 … rdi but rsp, rsp, fs_base. */
const REGISTERS = { offset: 112, count: 27, general: 15, stackPointer: 19, fsBase: 21 };
/** Of a process: no piece of its memory is larger. */
const SPACE = 2 ** 47;
const ADDRESSES = 1n << 64n;
/** More than any system writes. */
const MOST_HEADERS = 1 << 20;
const NOTES_LIMIT = 64 * 2 ** 20;
/** Signals that come with the address of a fault. */
const ADDRESSED = new Set([4, 7, 8, 11]);

class Reader {
  constructor(
    private readonly file: fs.FileHandle,
    readonly size: number,
  ) {}

  /** As much as there is of a range. */
  async read(offset: number, length: number): Promise<Buffer> {
    const there = Math.max(0, Math.min(length, this.size - offset));
    const buffer = Buffer.alloc(there);
    let done = 0;
    while (done < there) {
      const { bytesRead } = await this.file.read(buffer, done, there - done, offset + done);
      if (bytesRead === 0) {
        break;
      }
      done += bytesRead;
    }
    return buffer.subarray(0, done);
  }
}

function word(buffer: Buffer, at: number): number {
  return Number(buffer.readBigUInt64LE(at));
}

function text(buffer: Buffer): string {
  const end = buffer.indexOf(0);
  return buffer.toString('utf8', 0, end < 0 ? buffer.length : end);
}

function checkHeader(path: string, header: Buffer): void {
  if (header.length < 20 || header.readUInt32BE(0) !== 0x7f454c46) {
    throw errors.notCore(path, 'it is no ELF file');
  }
  const type = header.readUInt16LE(16);
  const machine = header.readUInt16LE(18);
  if (header[5] !== 1 || (header[4] === 2 && machine !== MACHINE_X86_64)) {
    throw errors.notCore(path, `it was written on ${machineName(machine)}, not on x86-64`);
  }
  if (header[4] !== 2) {
    throw errors.notCore(path, 'it is of a 32-bit program; Spaces serves 64-bit ones');
  }
  if (type !== TYPE_CORE) {
    throw errors.notCore(path, 'it is a program or library');
  }
  if (header.length < HEADER_SIZE) {
    throw errors.notCore(path, 'it is cut short within its header');
  }
}

interface Note {
  name: string;
  type: number;
  bytes: Buffer;
}

function notesIn(bytes: Buffer): { notes: Note[]; whole: boolean } {
  const notes: Note[] = [];
  let at = 0;
  while (at + 12 <= bytes.length) {
    const nameSize = bytes.readUInt32LE(at);
    const size = bytes.readUInt32LE(at + 4);
    const from = at + 12 + ((nameSize + 3) & ~3);
    if (nameSize > 256 || from + size > bytes.length) {
      return { notes, whole: false };
    }
    notes.push({
      name: text(bytes.subarray(at + 12, at + 12 + nameSize)),
      type: bytes.readUInt32LE(at + 8),
      bytes: bytes.subarray(from, from + size),
    });
    at = from + ((size + 3) & ~3);
  }
  return { notes, whole: true };
}

/** |count|page size| count x |start|end|offset in pages| | paths, each ended by NUL| */
function mappingsIn(bytes: Buffer): CoreMapping[] {
  if (bytes.length < 16) {
    return [];
  }
  const pageSize = word(bytes, 8);
  const count = Math.min(word(bytes, 0), Math.floor((bytes.length - 16) / 24));
  const mappings: CoreMapping[] = [];
  let nameAt = 16 + 24 * count;
  for (let index = 0; index < count && nameAt < bytes.length; index++) {
    const at = 16 + 24 * index;
    const path = text(bytes.subarray(nameAt));
    nameAt += Buffer.byteLength(path) + 1;
    const start = bytes.readBigUInt64LE(at);
    const end = bytes.readBigUInt64LE(at + 8);
    const offset = word(bytes, at + 16) * pageSize;
    if (start < end && end - start <= BigInt(SPACE) && Number.isSafeInteger(offset)) {
      mappings.push({ start, end, offset, path });
    }
  }
  return mappings;
}

/** A thread in a PRSTATUS note; undefined where the note is too short for registers. */
function threadIn(bytes: Buffer): CoreThread | undefined {
  const { offset, count, general, stackPointer, fsBase } = REGISTERS;
  if (bytes.length < offset + 8 * count) {
    return undefined;
  }
  const register = (index: number) => bytes.readBigUInt64LE(offset + 8 * index);
  return {
    id: bytes.readInt32LE(32),
    stackPointer: register(stackPointer),
    registers: Array.from({ length: general }, (_, index) => register(index)),
    controlBlock: register(fsBase),
  };
}

function take(facts: CoreFacts, auxiliary: Map<bigint, bigint>, { name, type, bytes }: Note): void {
  if (name !== 'CORE') {
    return;
  }
  if (type === NT_PRSTATUS && bytes.length >= 36) {
    if (facts.threads.length === 0 && facts.everyThread) {
      const signal = bytes.readUInt16LE(12);
      facts.pid ??= bytes.readInt32LE(32);
      if (signal !== 0) {
        facts.signal = signal;
      }
    }
    const thread = threadIn(bytes);
    facts.threads.push(...(thread ? [thread] : []));
    facts.everyThread &&= thread !== undefined;
  } else if (type === NT_PRPSINFO && bytes.length >= 136) {
    facts.pid = bytes.readInt32LE(24);
    facts.name = text(bytes.subarray(40, 56));
    facts.command = text(bytes.subarray(56, 136)).trim();
  } else if (type === NT_SIGINFO && bytes.length >= 24 && facts.faultAddress === undefined) {
    if (ADDRESSED.has(bytes.readInt32LE(0)) && bytes.readInt32LE(8) > 0) {
      facts.faultAddress = bytes.readBigUInt64LE(16);
    }
  } else if (type === NT_AUXV) {
    for (let at = 0; at + 16 <= bytes.length; at += 16) {
      auxiliary.set(bytes.readBigUInt64LE(at), bytes.readBigUInt64LE(at + 8));
    }
  } else if (type === NT_FILE) {
    facts.mappings.push(...mappingsIn(bytes));
  }
}

async function headersOf(
  reader: Reader,
  header: Buffer,
  problems: string[],
): Promise<{ type: number; at: Buffer }[]> {
  const offset = word(header, 32);
  const entrySize = header.readUInt16LE(54);
  let count = header.readUInt16LE(56);
  if (count === PN_XNUM) {
    const section = await reader.read(word(header, 40), SECTION_HEADER_SIZE);
    count = section.length === SECTION_HEADER_SIZE ? Math.min(section.readUInt32LE(44), MOST_HEADERS) : count;
  }
  const table =
    entrySize >= PROGRAM_HEADER_SIZE ? await reader.read(offset, entrySize * count) : Buffer.alloc(0);
  const there = entrySize >= PROGRAM_HEADER_SIZE ? Math.floor(table.length / entrySize) : 0;
  if (there < count) {
    problems.push(
      `The core's table of memory is cut short or damaged: ${there} of ${count} entries could be read.`,
    );
  }
  return Array.from({ length: there }, (_, index) => {
    const at = table.subarray(index * entrySize);
    return { type: at.readUInt32LE(0), at };
  });
}

/** The facts of the core file at `path`. Throws an error for the user where it is none. */
export async function readCore(path: string): Promise<CoreFacts> {
  let file;
  try {
    file = await fs.open(path, 'r');
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? errors.coreMissing(path)
      : errors.coreUnreadable(path, error);
  }
  try {
    const stat = await file.stat();
    if (!stat.isFile()) {
      throw errors.notCore(path, 'it is no file');
    }
    const reader = new Reader(file, stat.size);
    const header = await reader.read(0, HEADER_SIZE);
    checkHeader(path, header);
    const facts: CoreFacts = {
      path,
      time: stat.mtimeMs,
      segments: [],
      mappings: [],
      threads: [],
      everyThread: true,
      problems: [],
    };
    const auxiliary = new Map<bigint, bigint>();
    let notesWhole = false;
    let impossible = 0;
    for (const { type, at } of await headersOf(reader, header, facts.problems)) {
      const offset = word(at, 8);
      const promised = word(at, 32);
      if (type === PT_NOTE) {
        const bytes = await reader.read(offset, Math.min(promised, NOTES_LIMIT));
        const { notes, whole } = notesIn(bytes);
        notesWhole = whole && bytes.length === promised;
        notes.forEach((note) => take(facts, auxiliary, note));
      } else if (type === PT_LOAD) {
        const flags = at.readUInt32LE(4);
        const address = at.readBigUInt64LE(16);
        const size = word(at, 40);
        if (Math.max(size, promised) > SPACE || address + BigInt(Math.max(size, promised)) > ADDRESSES) {
          impossible++;
          continue;
        }
        facts.segments.push({
          address,
          size,
          promised,
          held: Math.max(0, Math.min(promised, stat.size - offset)),
          offset,
          readable: (flags & 4) !== 0,
          writable: (flags & 2) !== 0,
          executable: (flags & 1) !== 0,
        });
      }
    }
    if (impossible > 0) {
      facts.problems.push(
        `The core's table of memory is damaged: ${impossible} entries of it cannot be, and what they stand for is missing.`,
      );
    }
    facts.everyThread &&= notesWhole && facts.threads.length > 0;
    const random = auxiliary.get(AT_RANDOM);
    if (random !== undefined) {
      facts.inMainStack = random;
    }
    if (!notesWhole) {
      facts.problems.push(
        'The core does not tell all of its threads, registers and mapped files: that part is missing or damaged.',
      );
    }
    const marker = auxiliary.get(AT_ENTRY) ?? auxiliary.get(AT_PHDR);
    const program = facts.mappings.find(
      ({ start, end }) => marker !== undefined && marker >= start && marker < end,
    );
    if (program) {
      facts.program = program.path.replace(/ \(deleted\)$/, '');
    }
    return facts;
  } catch (error) {
    throw error instanceof errors.AdapterError ? error : errors.coreUnreadable(path, error);
  } finally {
    await file.close();
  }
}
