/** Colours and progress, only where somebody sees them: on a terminal, and with NO_COLOR unset. */
import pico from 'picocolors';
import type { Task } from '../../adapter/src/heap/task';

export type Style = ReturnType<typeof pico.createColors>;

interface Stream {
  isTTY?: boolean;
}

/** Whether to colour what goes to a stream: FORCE_COLOR, then NO_COLOR, then whether it is a terminal. */
export function coloured(stream: Stream, env: NodeJS.ProcessEnv = process.env): boolean {
  const force = env['FORCE_COLOR'];
  if (force !== undefined && force !== '') {
    return force !== '0' && force !== 'false';
  }
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') {
    return false;
  }
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}

export function styleOf(stream: Stream): Style {
  return pico.createColors(coloured(stream));
}

export function errorStyle(): Style {
  return styleOf(process.stderr);
}

/** Least time between two lines of progress. */
const PROGRESS_MS = 100;

/** One line on stderr that says what takes long; nothing where stderr is no terminal. */
export class Progress {
  private shown = false;
  private last = 0;

  constructor(
    private readonly title: string,
    private readonly stream: NodeJS.WriteStream = process.stderr,
  ) {}

  /** How much is done; `total` 0: unknown. */
  show(done = 0, total = 0): void {
    const now = Date.now();
    if (!this.stream.isTTY || (this.shown && now - this.last < PROGRESS_MS)) {
      return;
    }
    this.shown = true;
    this.last = now;
    const share = total > 0 ? ` ${Math.min(100, Math.floor((100 * done) / total))} %` : ' …';
    this.stream.write(`\r\x1b[K${this.title}${share}`);
  }

  /** Take the line away again. */
  end(): void {
    if (this.shown) {
      this.stream.write('\r\x1b[K');
      this.shown = false;
    }
  }
}

/** Runs work that may take long, with progress on the terminal. */
export async function watched<T>(title: string, work: (task: Task) => Promise<T>): Promise<T> {
  const progress = new Progress(`spaces: ${title}`);
  const { signal } = new AbortController();
  try {
    return await work({ signal, progress: (done, total) => progress.show(done, total) });
  } finally {
    progress.end();
  }
}
