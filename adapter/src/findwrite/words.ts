/** What a search says: which write it found, or what was different from the run of the report. */
import type { Report, Write } from '../protocol';

/** A write as the search sees it. */
export type SeenWrite = Pick<Write, 'offset' | 'before' | 'after' | 'by'>;

/** Why an attempt found nothing. */
export type Difference =
  /** The allocation did not come; `seen` others of its site did, of `allocations` in all. */
  | { what: 'missed'; seen: number; allocations: number }
  /** Nothing was told of any block. */
  | { what: 'silent' }
  /** The block came, and nobody wrote. */
  | { what: 'unwritten'; size: number; freed: boolean }
  /** The same damage was found, and no write was seen. */
  | { what: 'unseen'; byKernel: boolean }
  /** Another block of the same site was damaged. */
  | { what: 'other block'; pass: number }
  /** The program ended by a signal before. */
  | { what: 'crashed'; signal: string }
  /** Single steps took too long. */
  | { what: 'slow'; seconds: number };

const byte = (value: number): string => `0x${value.toString(16).padStart(2, '0')}`;

/** "This write damages the block: byte at offset 60 of the 60-byte block changes from 0xa5 to 0x41" */
export function describeWrite(report: Report, size: number, write: SeenWrite): string {
  const block = `${report.kind === 'write-after-free' ? 'freed ' : ''}${size}-byte block`;
  const offset = write.offset < 0 ? `${write.offset} (before the start)` : String(write.offset);
  const who = write.by === 'system call' ? 'This system call' : 'This write';
  return `${who} damages the block: byte at offset ${offset} of the ${block} changes from ${byte(write.before)} to ${byte(write.after)}`;
}

/** How the run differed, as the end of a sentence. */
export function describeDifference(report: Report, difference: Difference): string {
  switch (difference.what) {
    case 'missed':
      return report.site === undefined || report.pass === undefined
        ? `the program made ${difference.allocations} allocations, and the damaged block was number ${report.sequence}`
        : `its site allocated ${times(difference.seen)}, and the damaged block was the ${ordinal(report.pass)} of it`;
    case 'silent':
      return 'the allocator told nothing of its blocks; it must be the debug build of this release';
    case 'unwritten':
      return difference.freed || report.kind !== 'write-after-free'
        ? `the block of ${difference.size} bytes came, and until the end nobody but the allocator wrote to the place`
        : `the block of ${difference.size} bytes came and was not freed`;
    case 'unseen':
      return difference.byKernel
        ? 'the same damage was found, but neither an instruction of the program nor one of the watched system calls wrote it: another process may, through shared memory'
        : 'the same damage was found, but no instruction of the program wrote it: the kernel may have, in a system call';
    case 'other block':
      return `another block of the same site was damaged, the ${ordinal(difference.pass)} one`;
    case 'crashed':
      return `the program was stopped by ${difference.signal} before`;
    case 'slow':
      return `no hardware watchpoint was free, and the write was not reached within ${difference.seconds} seconds of single steps; remove data breakpoints, or run where the processor's debug registers can be used`;
  }
}

/** The sentence of a search without a result. */
export function describeFailure(report: Report, difference: Difference, attempts: number): string {
  const runs = attempts === 1 ? 'The run' : `None of ${attempts} runs repeated the damage; the last one`;
  return `The write was not found. ${runs} differed: ${describeDifference(report, difference)}.`;
}

function times(count: number): string {
  return count === 0 ? 'never' : count === 1 ? 'once' : `${count} times`;
}

function ordinal(number: number): string {
  const tens = number % 100;
  const suffix = tens > 10 && tens < 14 ? 'th' : ({ 1: 'st', 2: 'nd', 3: 'rd' }[number % 10] ?? 'th');
  return `${number}${suffix}`;
}
