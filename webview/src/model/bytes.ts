/**
 * The bytes of a report as lines of sixteen, each byte with its place relative
 * to the block:
 *
 *     -16 .. -1        before the block
 *      0 .. size-1     the block
 *      size ..         after it
 */
import type { Report } from '../../../adapter/src/protocol';

const WIDTH = 16;

export type ByteRole = 'before' | 'block' | 'after';

export interface ByteCell {
  hex: string;
  text: string;
  /** Relative to the block's start. */
  offset: number;
  role: ByteRole;
  /** The first byte that is not as it was left. */
  bad: boolean;
}
export interface ByteLine {
  /** Of the first cell. */
  address: string;
  cells: ByteCell[];
}

/** Lines of a report's bytes; empty where it has none or they are no hex. */
export function byteLines(report: Report): ByteLine[] {
  const bytes = parseHex(report.bytes);
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
        role: offset < 0 ? 'before' : offset < report.size ? 'block' : 'after',
        bad: offset === report.offset,
      };
    });
    lines.push({ address: `0x${(base + BigInt(start + at)).toString(16)}`, cells });
  }
  return lines;
}

function parseHex(hex: string): number[] {
  const digits = hex.replace(/\s+/g, '');
  if (!/^(?:[0-9a-f]{2})*$/i.test(digits)) {
    return [];
  }
  return (digits.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
}
