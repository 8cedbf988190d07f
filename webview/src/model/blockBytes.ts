/**
 * A page of a block's bytes as lines of sixteen, each byte with the part of
 * the block that it lies in:
 *
 *     front redzone | payload (what the program has) | back redzone
 */
import type { BlockPart, BlockResponse } from '../../../adapter/src/protocol';

const WIDTH = 16;

export interface BlockByte {
  hex: string;
  text: string;
  /** From the program's pointer; negative in the front redzone. */
  offset: number;
  part: BlockPart;
  /** The first byte that is not as it was left. */
  bad: boolean;
}
export interface BlockLine {
  address: string;
  bytes: BlockByte[];
}

/** Lines of the page that `block` holds; empty where it holds none. */
export function blockLines(block: BlockResponse): BlockLine[] {
  const { bytes = '', start = 0, from, parts = [] } = block;
  if (from === undefined || !/^(?:[0-9a-f]{2})*$/i.test(bytes)) {
    return [];
  }
  const base = BigInt(from);
  const payload = block.entry ? Number(BigInt(block.entry.address) - base) : 0;
  const pairs = bytes.match(/../g) ?? [];
  const lines: BlockLine[] = [];
  for (let at = 0; at < pairs.length; at += WIDTH) {
    lines.push({
      address: `0x${(base + BigInt(start + at)).toString(16)}`,
      bytes: pairs.slice(at, at + WIDTH).map((hex, index): BlockByte => {
        const place = start + at + index;
        const byte = Number.parseInt(hex, 16);
        return {
          hex: hex.toLowerCase(),
          text: byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·',
          offset: place - payload,
          part: parts.find((one) => place >= one.start && place < one.start + one.length)?.part ?? 'payload',
          bad: block.damage !== undefined && place === block.damage.offset,
        };
      }),
    });
  }
  return lines;
}
