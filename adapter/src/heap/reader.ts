/**
 * The heap reader addon, opened on a process or a core file: on a process
 * directly where the system lets us read its memory, else on an image that is
 * filled through gdb as the reader asks for ranges. One operation at a time; one in the background steps
 * aside for the others and starts again after them. When the program runs on,
 * what was asked before ends with an error.
 */
import * as errors from '../errors';
import { loadAddon } from '../reader/addon';
import type { NativeModule, NativeReader, OrMissing, Range, Source } from '../reader/native';
import { throwIfCancelled, UNWATCHED, type Task } from './task';

/** Reads memory where process_vm_readv is forbidden. */
export type ReadMemory = (range: Range) => Promise<Uint8Array>;

type Operation<T> = (reader: NativeReader) => Promise<OrMissing<T>>;

/** Loads the addon; throws an error for the user where it is missing. */
export function loadReader(): NativeModule {
  try {
    return loadAddon('spaces_reader.node') as NativeModule;
  } catch (error) {
    throw errors.readerMissing(error);
  }
}

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code ?? '';
}

/** An error of the addon as an error for the user. */
export function readerError(error: unknown): Error {
  switch (codeOf(error)) {
    case 'SPACES_NO_HEAP':
      return errors.noHeapYet();
    case 'SPACES_VERSION':
      return errors.heapVersion(errors.messageOf(error));
    case 'SPACES_GONE':
    case 'SPACES_CLOSED':
      return errors.programGone();
    case 'SPACES_INTERRUPTED':
      return errors.programRanOn();
    case 'SPACES_PERM':
      return errors.heapUnreadable('the system forbids reading the memory of this process');
    case 'SPACES_DAMAGED':
      return errors.heapUnreadable(`its root is damaged (${errors.messageOf(error)})`);
    default:
      return error instanceof errors.AdapterError ? error : errors.heapUnreadable(errors.messageOf(error));
  }
}

/** Rounds of missing ranges after which a reader is taken to ask in circles. */
const MAX_ROUNDS = 10_000;
const PROGRESS_MS = 100;

interface Job {
  background: boolean;
  /** The program has run since it was asked. */
  epoch: number;
  task: Task;
  /** It has to make room for others. */
  yields: boolean;
  work(job: Job): Promise<void>;
}

export class HeapReader {
  private readonly waiting: Job[] = [];
  private current: Job | undefined;
  private reader: NativeReader;
  private origin: 'process' | 'gdb' | 'core';
  private closed = false;
  private stale = false;
  private epoch = 0;

  constructor(
    private readonly native: NativeModule,
    source: Source,
    private readonly root: bigint,
    private readonly readMemory: ReadMemory,
    /** The system forbids reading the process; its memory comes through gdb from now on. */
    private readonly forbidden: () => void = () => undefined,
  ) {
    this.origin = 'files' in source ? 'core' : 'process';
    this.reader = new native.HeapReader(source, root);
  }

  /** Where the memory comes from. */
  get via(): 'process' | 'gdb' | 'core' {
    return this.origin;
  }

  /** The heap has changed: forget what was read before the next operation. */
  invalidate(): void {
    this.stale = true;
  }

  /** The program runs: end what was asked, and forget what was read. */
  programRuns(): void {
    this.epoch++;
    this.stale = true;
    if (this.current && !this.closed) {
      this.reader.interrupt();
    }
  }

  /** Run an operation after those before it, with the memory it needs. */
  run<T>(operation: Operation<T>, task: Task = UNWATCHED): Promise<T> {
    return this.add(operation, task, false);
  }

  /** As `run`, when nothing else is asked. */
  runInBackground<T>(operation: Operation<T>, task: Task = UNWATCHED): Promise<T> {
    return this.add(operation, task, true);
  }

  close(): void {
    if (!this.closed) {
      this.closed = true;
      this.reader.close();
    }
  }

  private add<T>(operation: Operation<T>, task: Task, background: boolean): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const job: Job = {
        background,
        epoch: this.epoch,
        task,
        yields: false,
        work: async (own) => {
          try {
            resolve(await this.attempt(operation, own));
          } catch (error) {
            if (own.yields && codeOf(error) === 'SPACES_INTERRUPTED' && !task.signal.aborted) {
              own.yields = false;
              this.waiting.push(own);
              return;
            }
            reject(task.signal.aborted ? errors.cancelled() : readerError(error));
          }
        },
      };
      this.waiting.push(job);
      const { current } = this;
      if (!current) {
        void this.next();
      } else if (current.background && !background && !current.yields) {
        current.yields = true;
        this.reader.interrupt();
      }
    });
  }

  private async next(): Promise<void> {
    for (;;) {
      const place = this.waiting.findIndex((job) => !job.background);
      const [job] = this.waiting.splice(Math.max(place, 0), 1);
      this.current = job;
      if (!job) {
        return;
      }
      const cancel = () => this.reader.interrupt();
      job.task.signal.addEventListener('abort', cancel, { once: true });
      const timer = setInterval(() => {
        const { done, total } = this.reader.progress();
        job.task.progress(done, total);
      }, PROGRESS_MS);
      try {
        await job.work(job);
      } finally {
        clearInterval(timer);
        job.task.signal.removeEventListener('abort', cancel);
      }
    }
  }

  private async attempt<T>(operation: Operation<T>, job: Job): Promise<T> {
    this.checkCurrent(job);
    try {
      return await this.complete(operation, job);
    } catch (error) {
      if (codeOf(error) !== 'SPACES_PERM' || this.origin !== 'process') {
        throw error;
      }
    }
    this.reader.close();
    this.origin = 'gdb';
    this.forbidden();
    this.reader = new this.native.HeapReader({ image: true }, this.root);
    return this.complete(operation, job);
  }

  /** Throws where the answer would be of no use any more. */
  private checkCurrent(job: Job): void {
    throwIfCancelled(job.task);
    if (this.closed) {
      throw errors.programGone();
    }
    if (job.epoch !== this.epoch) {
      throw errors.programRanOn();
    }
  }

  private async complete<T>(operation: Operation<T>, job: Job): Promise<T> {
    let before = '';
    if (this.stale) {
      this.stale = false;
      this.reader.invalidate();
    }
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const result = await operation(this.reader);
      this.checkCurrent(job);
      if (result.missing === undefined) {
        return result;
      }
      const asked = result.missing.map(({ address, length }) => `${address}+${length}`).join();
      if (asked === before || asked === '') {
        throw errors.heapUnreadable('the same memory is asked for again and again');
      }
      before = asked;
      for (const range of result.missing) {
        this.reader.provide(range.address, await this.readMemory(range));
        this.checkCurrent(job);
      }
    }
    throw errors.heapUnreadable('it is too scattered');
  }
}
