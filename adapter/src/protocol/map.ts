/** The heap as a picture: `spaces/map`, `spaces/slab`. */
import type { Cancellable } from './asking';
import type { EntryFilter } from './lists';
import type { Address, EntryState } from './values';

/** Most cells of one heap map. */
export const MAX_CELLS = 16384;

/** A slab is 64 KiB of address space; they are numbered by address over all segments. */
export interface MapArguments extends Cancellable {
  /** Slabs to show: all where absent. */
  start?: number;
  count?: number;
  /** Cells to divide them into, at most MAX_CELLS; 1024 where absent. */
  cells?: number;
  /** Cells count only this chunk's blocks as live. */
  chunk?: Address;
  /** Blocks to mark: `hits` counts them. */
  find?: EntryFilter;
}
/** `mixed`: blocks of several sizes in one slab; `free`: in the process's pool; `header`: the allocator's own. */
export type SlabKind = 'header' | 'free' | 'small' | 'span' | 'large' | 'mixed';
export interface MapCell {
  /** Slabs of the cell. */
  start: number;
  count: number;
  /** Of the first one. */
  address: Address;
  /** Slabs that hold blocks or a part of one. */
  used: number;
  liveCount: number;
  liveBytes: number;
  /** Of most of the cell's slabs. */
  kind: SlabKind;
  blockSize: number;
  /** Chunk of most of them; absent where none is used. */
  chunk?: Address;
  /** How many chunks it has slabs of. */
  chunks: number;
  damaged: boolean;
  hits: number;
}
export interface MapResponse {
  /** Slabs of the heap. */
  total: number;
  slabBytes: number;
  start: number;
  count: number;
  cells: MapCell[];
  /** Segments that begin among these slabs: number of their first slab. */
  segments: { start: number; address: Address; bytes: number }[];
  generation: number;
}

/** The blocks of the slab, span or large block that an address lies in. */
export interface SlabArguments extends Cancellable {
  address: Address;
  find?: EntryFilter;
  start?: number;
  /** At most MAX_CELLS; all up to that where absent. */
  count?: number;
}
export interface SlabResponse {
  address: Address;
  /** Length of the run, and of the part that was ever put to use. */
  bytes: number;
  carvedBytes: number;
  kind: SlabKind;
  blockSize: number;
  chunk?: Address;
  thread: number;
  status: 'ok' | 'damaged';
  /** Blocks, of which `blocks` are a page. */
  total: number;
  blocks: SlabBlock[];
  generation: number;
}
export interface SlabBlock {
  /** The program's pointer. */
  address: Address;
  /** Where its place starts, from the slab's address, and how long that is, redzones included. */
  start: number;
  length: number;
  size: number;
  state: EntryState;
  damaged: boolean;
  hit: boolean;
}
