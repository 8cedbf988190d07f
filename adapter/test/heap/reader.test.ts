/** Who may ask the reader when: the background steps aside, cancelled and outrun questions end. */
import * as assert from 'node:assert/strict';
import { HeapReader } from '../../src/heap/reader';
import type { NativeModule, NativeReader, OrMissing } from '../../src/reader/native';

type Operation = (reader: NativeReader) => Promise<OrMissing<object>>;

/** An addon whose questions end when the test says so, or with an interruption. */
class Fake {
  interrupts = 0;
  invalidations = 0;
  private pending: { resolve(value: object): void; reject(error: Error): void }[] = [];

  readonly module = {
    LAYOUT_VERSION: 1,
    FILLS: { fresh: 1, freed: 2, front: 3, back: 4 },
    ROOT_MAGIC: 1n,
    HeapReader: function (this: void) {
      return undefined;
    } as unknown as NativeModule['HeapReader'],
  };

  constructor() {
    const reader = {
      invalidate: () => this.invalidations++,
      interrupt: () => {
        this.interrupts++;
        for (const one of this.pending.splice(0)) {
          one.reject(Object.assign(new Error('withdrawn'), { code: 'SPACES_INTERRUPTED' }));
        }
      },
      progress: () => ({ done: 3, total: 4 }),
      close: () => undefined,
    };
    this.module.HeapReader = class {
      constructor() {
        return reader;
      }
    } as unknown as NativeModule['HeapReader'];
  }

  /** A question; resolves to `answer` once it is let go. */
  ask(answer: object, started: () => void): Operation {
    return () =>
      new Promise<OrMissing<object>>((resolve, reject) => {
        this.pending.push({ resolve: () => resolve(answer), reject });
        started();
      });
  }

  /** Let the question that runs end. */
  finish(): void {
    this.pending.shift()?.resolve({});
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

function make(): { fake: Fake; reader: HeapReader; log: string[]; ask: (name: string) => Operation } {
  const fake = new Fake();
  const log: string[] = [];
  const reader = new HeapReader(fake.module, { pid: 1 }, 0n, () => Promise.resolve(new Uint8Array(0)));
  return { fake, reader, log, ask: (name) => fake.ask({ name }, () => log.push(name)) };
}

describe('turns of the heap reader', () => {
  it('lets the background wait, and begin again after others', async () => {
    const { fake, reader, log, ask } = make();
    const check = reader.runInBackground(ask('check'));
    await settled();
    const first = reader.run(ask('first'));
    const second = reader.run(ask('second'));
    await settled();
    assert.deepEqual(log, ['check', 'first']);
    assert.equal(fake.interrupts, 1);
    fake.finish();
    assert.deepEqual(await first, { name: 'first' });
    await settled();
    fake.finish();
    assert.deepEqual(await second, { name: 'second' });
    await settled();
    assert.deepEqual(log, ['check', 'first', 'second', 'check']);
    fake.finish();
    assert.deepEqual(await check, { name: 'check' });
  });

  it('ends what was asked when the program runs, waiting or not, and reads anew after', async () => {
    const { fake, reader, ask } = make();
    const running = reader.run(ask('a'));
    const waiting = reader.run(ask('b'));
    const background = reader.runInBackground(ask('c'));
    await settled();
    reader.programRuns();
    for (const one of [running, waiting, background]) {
      await assert.rejects(one, /ran on before/);
    }
    const later = reader.run(ask('d'));
    await settled();
    assert.equal(fake.invalidations, 1);
    fake.finish();
    assert.deepEqual(await later, { name: 'd' });
  });

  it('cancels one question and no other, and tells how far it is', async () => {
    const { fake, reader, ask } = make();
    const abort = new AbortController();
    const seen: number[] = [];
    const task = { signal: abort.signal, progress: (done: number, total: number) => seen.push(done, total) };
    const cancelled = reader.run(ask('a'), task);
    const other = reader.run(ask('b'));
    await new Promise((resolve) => setTimeout(resolve, 250));
    abort.abort();
    await assert.rejects(cancelled, /^AdapterError: Cancelled/);
    assert.deepEqual(seen.slice(0, 2), [3, 4]);
    await settled();
    fake.finish();
    assert.deepEqual(await other, { name: 'b' });
    await assert.rejects(reader.run(ask('c'), task), /Cancelled/);
  });
});
