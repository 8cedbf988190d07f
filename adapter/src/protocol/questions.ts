/**
 * What the extension asks before there is a session, of the adapter's bundle run
 * as a command: `adapter.js core FILE` and `adapter.js processes`. Each prints
 * one JSON text on stdout, or a sentence on stderr and ends with 1.
 */

/** `core`: what a core file says of its program. */
export interface CoreAnswer {
  /** Path of the program; absent where the core does not tell it. */
  program?: string;
  /** There is a file at that path. */
  there: boolean;
  /** The program's name, at most 15 characters. */
  name?: string;
  pid?: number;
}

/** `processes`: one that may be attached to. */
export interface ProcessAnswer {
  pid: number;
  name: string;
  command: string;
  /** Spaces is loaded into it; null where the system does not tell. */
  spaces: boolean | null;
  /** The debugger that holds it; 0 for none. */
  tracer: number;
}
