/**
 * A request that may take long: it can be cancelled, and tells how far it is.
 * The reader and the export take one with each request; who shows progress and
 * passes on a cancellation is the session's business.
 */
import { cancelled } from '../errors';

export interface Task {
  readonly signal: AbortSignal;
  /** So much of so much is done. */
  progress(done: number, total: number): void;
}

/** For work that nobody waits for. */
export const UNWATCHED: Task = { signal: new AbortController().signal, progress: () => undefined };

/** Throws where the task was cancelled. */
export function throwIfCancelled(task: Task): void {
  if (task.signal.aborted) {
    throw cancelled();
  }
}
