/**
 * Requests that may take long: known by the client's token, by their request
 * and by their progress, so that each of the three can cancel them; with
 * progress events once they have taken half a second.
 */
import { Event, ProgressEndEvent, ProgressStartEvent, ProgressUpdateEvent } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Task } from '../heap/task';

/** How long a request may take before it shows progress. */
const PATIENCE_MS = 500;
/** Least time between two updates. */
const UPDATE_MS = 250;

interface Running extends Task {
  readonly request: number;
  readonly token: string | undefined;
  readonly progressId: string;
  cancel(): void;
}

export class Tasks {
  private readonly running = new Set<Running>();
  private numbered = 0;

  /** `progress` is undefined where the client shows none. */
  constructor(private readonly send: (event: Event) => void) {}

  /** Whether the client understands progress events. */
  showsProgress = false;

  /** Run `work` as the request `request`, which people know by `title`. */
  async run<T>(
    about: { title: string; request: number; token?: string | undefined },
    work: (task: Task) => Promise<T>,
  ): Promise<T> {
    const controller = new AbortController();
    const progressId = `spaces-${++this.numbered}`;
    let shown = false;
    let last = 0;
    const task: Running = {
      request: about.request,
      token: about.token,
      progressId,
      signal: controller.signal,
      cancel: () => controller.abort(),
      progress: (done, total) => {
        const now = Date.now();
        if (shown && total > 0 && now - last >= UPDATE_MS) {
          last = now;
          const update = new ProgressUpdateEvent(progressId);
          const body = update.body as DebugProtocol.ProgressUpdateEvent['body'];
          body.percentage = Math.min(100, Math.round((100 * done) / total));
          this.send(update);
        }
      },
    };
    const patience = setTimeout(() => {
      if (this.showsProgress) {
        shown = true;
        const start = new ProgressStartEvent(progressId, about.title);
        const body = start.body as DebugProtocol.ProgressStartEvent['body'];
        body.requestId = about.request;
        body.cancellable = true;
        this.send(start);
      }
    }, PATIENCE_MS);
    this.running.add(task);
    try {
      return await work(task);
    } finally {
      this.running.delete(task);
      clearTimeout(patience);
      if (shown) {
        this.send(new ProgressEndEvent(progressId));
      }
    }
  }

  /** Cancel what is meant; whether there was such a one. */
  cancel(which: { request?: number; progressId?: string; token?: string }): boolean {
    const found = [...this.running].filter(
      (task) =>
        (which.request !== undefined && task.request === which.request) ||
        (which.progressId !== undefined && task.progressId === which.progressId) ||
        (which.token !== undefined && task.token === which.token),
    );
    found.forEach((task) => task.cancel());
    return found.length > 0;
  }
}
