/**
 * The heap reader addon, opened on a process: directly where the system lets
 * us read its memory, else on an image that is filled through gdb as the
 * reader asks for ranges. One operation at a time.
 */
import * as errors from '../errors';
import { loadAddon } from '../reader/addon';
import type { NativeModule, NativeReader, OrMissing, Range } from '../reader/native';

/** Reads memory where process_vm_readv is forbidden. */
export type ReadMemory = (range: Range) => Promise<Uint8Array>;

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

export class HeapReader {
  private queue: Promise<unknown> = Promise.resolve();
  private reader: NativeReader;
  private source: 'process' | 'gdb' = 'process';
  private closed = false;

  constructor(
    private readonly native: NativeModule,
    pid: number,
    private readonly root: bigint,
    private readonly readMemory: ReadMemory,
  ) {
    this.reader = new native.HeapReader({ pid }, root);
  }

  /** Where the memory comes from. */
  get via(): 'process' | 'gdb' {
    return this.source;
  }

  /** The program ran: forget what was read. */
  invalidate(): void {
    this.queue = this.queue.then(() => {
      if (!this.closed) {
        this.reader.invalidate();
      }
    });
  }

  /** Run an operation after those before it, with the memory it needs. */
  run<T>(operation: (reader: NativeReader) => Promise<OrMissing<T>>): Promise<T> {
    const result = this.queue.then(() => this.attempt(operation));
    this.queue = result.catch(() => undefined);
    return result;
  }

  close(): void {
    if (!this.closed) {
      this.closed = true;
      this.reader.close();
    }
  }

  private async attempt<T>(operation: (reader: NativeReader) => Promise<OrMissing<T>>): Promise<T> {
    if (this.closed) {
      throw errors.programGone();
    }
    try {
      return await this.complete(operation);
    } catch (error) {
      if (codeOf(error) !== 'SPACES_PERM' || this.source === 'gdb') {
        throw readerError(error);
      }
    }
    this.reader.close();
    this.source = 'gdb';
    this.reader = new this.native.HeapReader({ image: true }, this.root);
    try {
      return await this.complete(operation);
    } catch (error) {
      throw readerError(error);
    }
  }

  private async complete<T>(operation: (reader: NativeReader) => Promise<OrMissing<T>>): Promise<T> {
    let before = '';
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const result = await operation(this.reader);
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
      }
    }
    throw errors.heapUnreadable('it is too scattered');
  }
}
