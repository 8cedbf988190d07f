/**
 * The adapter beside another debugger ("companion"): started with `--companion`, it speaks the same
 * `spaces/*` requests and events, knows the program by the agent's record, and hears from its client when
 * the other debugger has stopped the program. It never holds the program itself.
 */
import type { LaunchArguments } from './launch';

/** The argument that starts the adapter as a companion. */
export const COMPANION_FLAG = '--companion';

/** The function that the allocator calls at each error: a breakpoint on it stops any debugger there. */
export const ERROR_FUNCTION = 'spaces_on_error';

/** Fields of the `spaces` block in another debugger's configuration. */
export type CompanionSettings = Pick<
  LaunchArguments,
  | 'allocator'
  | 'heapLimit'
  | 'ceiling'
  | 'track'
  | 'checkOnStop'
  | 'followChildren'
  | 'leaks'
  | 'suppressions'
  | 'gdb'
>;

/** What a companion is told of the program before the other debugger starts it. */
export interface CompanionArguments extends CompanionSettings {
  program: string;
  cwd?: string;
  env?: Record<string, string>;
}

export interface CompanionResponse {
  /** Variables that the program must be started with; null: without. */
  environment: Record<string, string | null>;
  /** Sentences for the user; the launch goes on. */
  warnings: string[];
}

/** Requests to a companion beside `spaces/*` of every session: command → [arguments, body]. */
export interface CompanionRequests {
  'spaces/companion': [CompanionArguments, CompanionResponse];
  /** What the other debugger does with the program. */
  'spaces/companionState': [{ state: 'running' | 'stopped' | 'ended' }, Record<string, never>];
}
