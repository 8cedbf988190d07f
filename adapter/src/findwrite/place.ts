/**
 * Which bytes a watchpoint has to cover, so that it meets the write that a
 * report tells of and no write that the program may do.
 *
 *   |front redzone|program's bytes|back redzone|
 *   underflow  ^^^ offset to 0
 *   overflow                       ^^^ from the end on
 *   write after free ^^^^^^^^^^^^^ all of it, once it is freed
 */
import type { ReportKind } from '../protocol';

/** What of a report a search aims at. */
export interface Target {
  kind: ReportKind;
  /** Bytes that the block was asked for. */
  size: number;
  /** The first bad byte, relative to the block. */
  offset: number;
}

/** Bytes of one watchpoint. */
export interface Place {
  address: bigint;
  /** 1, 2, 4 or 8, and the address a multiple of it. */
  bytes: 1 | 2 | 4 | 8;
}

const REDZONE = 16;
const WIDTHS = [8, 4, 2] as const;

/** The bad byte in a block of `size` bytes, which may be another size than the report's. */
function offsetIn(target: Target, size: number): number {
  if (target.offset >= target.size) {
    return target.offset - target.size + size;
  }
  return target.offset < 0 ? target.offset : Math.min(target.offset, Math.max(0, size - 1));
}

/** Where the region that a program must not write to ends, which the bad byte lies in. */
function regionEnd(offset: number, size: number): number {
  if (offset < 0) {
    return 0;
  }
  return offset < size ? size : Math.max(offset + 1, size + REDZONE);
}

/** What to watch of a block at `block`: the bad byte, and as many after it as one register covers. */
export function placeToWatch(target: Target, block: bigint, size: number): Place {
  const offset = offsetIn(target, size);
  const address = block + BigInt(offset);
  const room = regionEnd(offset, size) - offset;
  const bytes = WIDTHS.find((width) => width <= room && address % BigInt(width) === 0n) ?? 1;
  return { address, bytes };
}

/** Whether the bytes belong to the program until the block is freed. */
export function isOnlyAfterFree(target: Target): boolean {
  return target.kind === 'write-after-free';
}

/** gdb's expression for a place. */
export function placeExpression({ address, bytes }: Place): string {
  const type = { 1: 'char', 2: 'short', 4: 'int', 8: 'long' }[bytes];
  return `*(unsigned ${type} *) 0x${address.toString(16)}`;
}

/** The first byte that differs. */
export function firstChange(
  before: Buffer,
  after: Buffer,
): { index: number; before: number; after: number } | undefined {
  for (let index = 0; index < Math.min(before.length, after.length); index++) {
    const [old = 0, now = 0] = [before[index], after[index]];
    if (old !== now) {
      return { index, before: old, after: now };
    }
  }
  return undefined;
}
