/** Blocks that the program cannot reach any more: `spaces/leaks`, and what a report of kind `leak` says beside. */
import type { Address, Frame } from './values';

/** As Valgrind's Memcheck uses these words. */
export const LEAK_CLASSES = ['definite', 'indirect', 'possible', 'reachable'] as const;
/**
 * `definite`: no pointer leads to it; `indirect`: only lost blocks lead to it;
 * `possible`: only pointers into the middle of blocks lead to it; `reachable`:
 * it is not lost.
 */
export type LeakClass = (typeof LEAK_CLASSES)[number];

export interface LeaksArguments {
  /** A chunk, or a thread's heap in the default chunk. */
  chunk?: Address;
  /** Absent: definite, indirect and possible ones, and with `since` those that are reachable and grow. */
  kinds?: LeakClass[];
  /** A snapshot: of reachable blocks only those of sites that have more blocks now than there. */
  since?: number;
  start?: number;
  /** At most MAX_PAGE; 100 where absent. */
  count?: number;
  /** The client's name for this request; `spaces/cancel` refers to it. */
  token?: string;
}

/** Blocks of one class that the same stack allocated in the same chunk; fast build: of the same size. */
export interface LeakRecord {
  class: LeakClass;
  count: number;
  bytes: number;
  /** Blocks that are lost with them; they are `indirect` records of their own too. */
  indirectCount: number;
  indirectBytes: number;
  /** Size of each block; absent where they are told apart by their stack. */
  size?: number;
  /** Allocation stack; empty in the fast build. */
  frames: Frame[];
  /** Addresses of the first blocks. */
  examples: Address[];
  chunk: Address;
  /** With `since`: blocks allocated after the snapshot, and how many more live blocks the stack has. */
  youngCount?: number;
  youngBytes?: number;
  grown?: number;
  /** The reason that the suppression file gives; the leak is intended. */
  suppressed?: string;
}
export interface LeaksResponse {
  /** Records of the classes asked for, of which `records` are a page: most bytes first, with those lost with them. */
  total: number;
  records: LeakRecord[];
  /** All live blocks by class, whatever was asked for. */
  classes: Record<LeakClass, { count: number; bytes: number }>;
  generation: number;
}

/** In a Report of kind `leak`. `size` is then `bytes + indirectBytes`, `address` the first block. */
export interface LeakDetails {
  class: LeakClass;
  count: number;
  bytes: number;
  indirectCount: number;
  indirectBytes: number;
}

/** Version of the file of leaks that are intended; the reader refuses another one. */
export const SUPPRESSIONS_VERSION = 1;
/** Where that file lies, from the workspace folder, unless the launch configuration says otherwise. */
export const SUPPRESSIONS_PATH = '.vscode/spaces-suppressions.json';

/** What a developer intends: a leak up to a maximum. */
export interface Suppression {
  kind: 'leak';
  /**
   * Innermost user frame first: each names a function, or a file by the end of
   * its path, with `*` and `?`; `...` stands for any number of frames. Frames
   * beyond the last one are not looked at.
   */
  frames: string[];
  /** More blocks than this, or more bytes, those lost with them counted, are told again. */
  count?: number;
  bytes?: number;
  reason?: string;
}
export interface SuppressionFile {
  version: number;
  suppressions: Suppression[];
}
