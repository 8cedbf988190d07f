/** What the program passes to `spaces_on_block`, and the text of SPACES_WATCH. Layouts: native/include/spaces.h. */
import type { Address } from '../protocol';

/** The allocator calls it for each block that is waited for. */
export const BLOCK_FUNCTION = 'spaces_on_block';

/** What can happen to a block; the numbers are SpacesBlockEventKind's. */
export const BLOCK_EVENTS = { allocated: 1, freed: 2, resized: 3, missed: 4 } as const;
export type BlockEventKind = keyof typeof BLOCK_EVENTS;

export interface BlockEvent {
  kind: BlockEventKind;
  /** Entry of the table of watches. */
  watch: number;
  address: bigint;
  size: number;
  sequence: number;
  /** `missed`: how often the site has allocated. */
  pass: number;
  thread: number;
}

/** sizeof(SpacesBlockEvent) */
export const EVENT_BYTES = 56;

/** The event in the bytes of a SpacesBlockEvent. Throws where they are none. */
export function decodeEvent(bytes: Buffer): BlockEvent {
  const number = bytes.length < EVENT_BYTES ? 0 : bytes.readUInt32LE(0);
  const kind = (Object.keys(BLOCK_EVENTS) as BlockEventKind[]).find((one) => BLOCK_EVENTS[one] === number);
  if (kind === undefined) {
    throw new Error(`an event of a block that is none (${bytes.length} bytes, kind ${number})`);
  }
  return {
    kind,
    watch: bytes.readUInt32LE(4),
    address: bytes.readBigUInt64LE(8),
    size: Number(bytes.readBigUInt64LE(16)),
    sequence: Number(bytes.readBigUInt64LE(24)),
    pass: Number(bytes.readBigUInt64LE(32)),
    thread: Number(bytes.readBigUInt64LE(40)),
  };
}

/** Which blocks to wait for, as SPACES_WATCH says it; everything that happens to them is told, and that they never come. */
export function watchText(
  blocks: { site: Address; passes: readonly number[] } | { sequence: number },
): string {
  return 'site' in blocks
    ? blocks.passes.map((pass) => `site:${blocks.site}:${pass}/afrm`).join(',')
    : `sequence:${blocks.sequence}/afrm`;
}
