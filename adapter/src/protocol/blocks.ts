/** One address, pointer or block: `spaces/locate`, `pointers`, `block`. */
import type { Address, Chunk, Entry, Frame, Report } from './values';

/** Most bytes of one block view. */
export const MAX_BLOCK_BYTES = 65536;
/** Most addresses of one `spaces/pointers`. */
export const MAX_POINTERS = 4096;

/** `free`: freed, or never handed out; `interior`: inside of a live block, behind its start. */
export type Verdict = 'live' | 'free' | 'interior' | 'wild';

export type LocateArguments = { address: Address } | { expression: string; frameId: number };
export interface LocateResponse {
  /** What was looked up. */
  address: Address;
  verdict: Verdict;
  entry?: Entry;
  chunk?: Chunk;
  /** Bytes from the entry's address to the one looked up. */
  offset?: number;
  /** Where the block was freed, if it was (debug build). */
  freed?: Frame[];
}

/** What the pointers in scope of a frame point at; or the same for addresses. */
export type PointersArguments = { frameId: number } | { addresses: Address[] };
export interface Pointer {
  /** The variable's name, or a path such as "list->next"; '' where addresses were asked. */
  name: string;
  /** 1-based line where the variable is declared; absent where that is not known. */
  line?: number;
  address: Address;
  verdict: Verdict;
  /** It points at freed memory. */
  dangling: boolean;
  entry?: Entry;
  offset?: number;
  /** The chunk's label. */
  chunk?: string;
  freed?: Frame[];
}
export interface PointersResponse {
  pointers: Pointer[];
  /** The frame's source, where there is one. */
  source?: { path: string; line: number };
  generation: number;
}

// ---- spaces/block: one block and its neighbours

export type BlockArguments = ({ address: Address } | { expression: string; frameId: number }) & {
  /** First byte to show, from the block's first byte, redzones included; 0 where absent. */
  start?: number;
  /** At most MAX_BLOCK_BYTES; 1024 where absent. */
  count?: number;
};
export type BlockPart = 'front-redzone' | 'payload' | 'back-redzone' | 'free';
/** Neighbours are those in the same slab; a large block has none. */
export interface Neighbour {
  entry: Entry;
  /** Unused bytes between the two. */
  gap: number;
}
export interface BlockResponse {
  /** What was looked up. */
  address: Address;
  verdict: Verdict;
  /** Absent where the address is wild: then nothing else is there either. */
  entry?: Entry;
  chunk?: Chunk;
  /** The block's first byte and its length, redzones included. */
  from?: Address;
  length?: number;
  /** From the block's first byte. They cover it without gaps. */
  parts?: { part: BlockPart; start: number; length: number }[];
  /** Hex of the bytes shown, and where they start, from the block's first byte. */
  bytes?: string;
  start?: number;
  /** Bytes whose check failed, from the block's first byte; the first one is the first bad byte. */
  damage?: { kind: Report['kind']; message: string; offset: number };
  /** Freed by, where it was. */
  freed?: Frame[];
  freedThread?: number;
  previous?: Neighbour;
  next?: Neighbour;
  generation: number;
}
