/** The launch configuration (`type: "spaces"`), and sizes as people write them. */

import type { Report } from './values';

/** The DAP `type` of our launch configurations. */
export const DEBUG_TYPE = 'spaces';

/**
 * A size for people: digits, perhaps a fraction, perhaps a unit. Units count
 * in powers of 1024; `KB` and `KiB` mean the same.
 */
export const SIZE_PATTERN = /^\s*(\d+(?:\.\d+)?)\s*(?:([kmgt])(?:i?b)?|b(?:ytes?)?)?\s*$/i;
export const SIZE_UNITS: Readonly<Record<string, number>> = {
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
};

/** Launch arguments (`request: "launch"`, `type: "spaces"`). Sizes are bytes or "256MB". */
export interface LaunchArguments {
  /** With `core` it may be left out: the core names it. */
  program?: string;
  /** Path of a core file that is opened in place of running the program. */
  core?: string;
  args?: string[];
  cwd?: string;
  env?: Record<string, string>;
  stopOnEntry?: boolean;
  console?: 'internalConsole' | 'integratedTerminal';
  gdb?: string;
  setupCommands?: string[];
  sourceFileMap?: Record<string, string>;
  allocator?: 'debug' | 'fast' | 'linked' | 'none';
  heapLimit?: number | string;
  ceiling?: number | string;
  track?: 'all' | 'sampled' | 'off';
  checkOnStop?: boolean;
  /** Which blocks lie between closed pages, so that an access outside stops at once (debug build). */
  guard?: 'auto' | 'sampled' | 'all' | 'off';
  /** Address space for guarded blocks. */
  guardLimit?: number | string;
  /** Check what libc's memory, string, printf and input calls access (debug build). */
  checkCalls?: boolean;
  /** Values of pointers in the Variables view, watches and hovers say what they point at. */
  describePointers?: boolean;
  followChildren?: boolean;
  /**
   * Places at which a heap snapshot is taken without stopping: "file.c:120" or
   * the name of a function. Further ones by `spaces/snapshotAt`.
   */
  snapshotAt?: string[];
  /** `atExit`: look for lost blocks when the program ends, and report them. */
  leaks?: 'atExit' | 'off';
  /** File of leaks that are intended; relative to `cwd`. */
  suppressions?: string;
  /** The program is run to find the write that this report of an earlier run tells of. */
  findWrite?: Report;
}

/** Attach arguments (`request: "attach"`): what of a launch makes sense for a process that runs. */
export interface AttachArguments extends Pick<
  LaunchArguments,
  | 'program'
  | 'gdb'
  | 'setupCommands'
  | 'sourceFileMap'
  | 'checkOnStop'
  | 'followChildren'
  | 'snapshotAt'
  | 'stopOnEntry'
> {
  /** The process; a picker answers with a string. */
  pid: number | string;
  /** `linked` (default): it has Spaces, preloaded or linked in. */
  allocator?: 'linked' | 'none';
  /** Set by the session that starts this one for a child: where it is told that the child may go on. */
  followedFrom?: string;
}
