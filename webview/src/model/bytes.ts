/**
 * The bytes of a report as lines of sixteen, each byte with its place relative
 * to the block:
 *
 *     -16 .. -1        before the block
 *      0 .. size-1     the block
 *      size ..         after it
 *
 * Where a report does not say at which place its bytes begin, none is marked.
 */
import type { Report } from '../../../adapter/src/protocol';

const WIDTH = 16;

export type ByteRole = 'before' | 'block' | 'after' | 'unknown';

export interface ByteCell {
  hex: string;
  text: string;
  /** Relative to the block's start, or to the first byte where the place is not known. */
  offset: number;
  role: ByteRole;
  /** The first byte that is not as it was left. */
  bad: boolean;
}
export interface ByteLine {
  /** Of the first cell; "+16" where the place is not known. */
  address: string;
  cells: ByteCell[];
}

/** Lines of a report's bytes; empty where it has none or they are no hex. */
export function byteLines(report: Report): ByteLine[] {
  const bytes = parseHex(report.bytes);
  const known = report.bytesOffset !== undefined;
  const start = report.bytesOffset ?? 0;
  const base = BigInt(report.address);
  const lines: ByteLine[] = [];
  for (let at = 0; at < bytes.length; at += WIDTH) {
    const cells = bytes.slice(at, at + WIDTH).map((byte, index): ByteCell => {
      const offset = start + at + index;
      return {
        hex: byte.toString(16).padStart(2, '0'),
        text: byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·',
        offset,
        role: known ? roleOf(offset, report.size) : 'unknown',
        bad: known && offset === report.offset,
      };
    });
    lines.push({ address: known ? `0x${(base + BigInt(start + at)).toString(16)}` : `+${at}`, cells });
  }
  return lines;
}

function roleOf(offset: number, size: number): ByteRole {
  return offset < 0 ? 'before' : offset < size ? 'block' : 'after';
}

function parseHex(hex: string): number[] {
  const digits = hex.replace(/\s+/g, '');
  if (!/^(?:[0-9a-f]{2})*$/i.test(digits)) {
    return [];
  }
  return (digits.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
}
