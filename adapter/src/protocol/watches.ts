/**
 * Stops that belong to blocks: the n-th allocation of a call stack, the free,
 * the resizing or a write of one block. They need the debug build and a stopped
 * program, and stay until they are removed or the program ends.
 */
import type { Address } from './values';

/** `allocate` is of a stack, the others are of a block. */
export type BlockStop = 'allocate' | 'free' | 'resize' | 'write';

/** Most bytes whose writes are watched: the processor's four registers of eight. */
export const MAX_WATCHED_BYTES = 32;

export interface WatchBlockArguments {
  /** An address in a live block. */
  address: Address;
  on: Exclude<BlockStop, 'allocate'>;
  /** `write`: which bytes; the block's first 8, or all where it has no more than 32, where absent. */
  offset?: number;
  bytes?: number;
}
export interface WatchSiteArguments {
  /** Return addresses of an allocation stack, innermost first, as `Entry.site` and `Group.frames` have them. */
  frames: Address[];
  /** Which allocation of this stack, from the program's start on; each where absent. */
  pass?: number;
}
export interface BlockWatch {
  id: number;
  on: BlockStop;
  /** One line for people. */
  description: string;
  /** The block; absent for `allocate`. */
  address?: Address;
  /** How often it has stopped the program. */
  hits: number;
}
export interface WatchesResponse {
  watches: BlockWatch[];
}
export interface UnwatchArguments {
  id: number;
}
