/**
 * The heap reader on images: the same answers as on the process, whatever way the bytes come; and an
 * end to every operation, whatever the bytes are.
 */
import * as assert from 'node:assert';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readSync } from 'node:fs';
import type { NativeReader, OrMissing, RawEntries, RawQuery } from '../../src/reader/native';
import { BUILDS, compile, filled, native, start, stopAll, whole, type Build, type Subject } from './support';

const ALL: RawQuery = { state: 'all', sort: 'address', descending: false, start: 0, count: 1e9 };
const PAGE = 4096n;

interface Layout {
  rootSize: number;
  chunkSize: number;
  heapSize: number;
  slabSize: number;
  recordSize: number;
  segments: number;
  segmentCount: number;
  chunks: number;
  chunkCount: number;
  slabs: number;
  slabsPerSegment: number;
  slabHeap: number;
  slabKind: number;
  slabRecords: number;
  slabBase: number;
}

function layout(): Layout {
  return JSON.parse(spawnSync(compile('layout'), { input: '', encoding: 'utf8' }).stdout) as Layout;
}

/** The pages of a process that a reader asked for, to be handed to other readers, damaged or not. */
class Pages {
  private readonly pages = new Map<bigint, Buffer>();

  constructor(
    private readonly memory: number,
    readonly root: bigint,
  ) {}

  fetch(address: bigint, length: number): void {
    for (let page = address & ~(PAGE - 1n); page < address + BigInt(length); page += PAGE) {
      const bytes = Buffer.alloc(Number(PAGE));
      try {
        readSync(this.memory, bytes, 0, bytes.length, page);
        this.pages.set(page, bytes);
      } catch {
        // Not mapped: it stays away.
      }
    }
  }

  page(address: bigint): Uint8Array | undefined {
    return this.pages.get(address);
  }

  /** A byte where there is one. */
  byte(address: bigint): number | undefined {
    return this.pages.get(address & ~(PAGE - 1n))?.[Number(address % PAGE)];
  }

  u64(address: bigint): bigint {
    const page = this.pages.get(address & ~(PAGE - 1n));
    assert.ok(page, `0x${address.toString(16)} was not asked for`);
    return page.readBigUInt64LE(Number(address % PAGE));
  }

  u8(address: bigint): number {
    const byte = this.byte(address);
    assert.ok(byte !== undefined);
    return byte;
  }

  /** A reader that has all pages, some bytes of them changed. */
  reader(changes: ReadonlyMap<bigint, number> = new Map()): NativeReader {
    const reader = new native.HeapReader({ image: true }, this.root);
    for (const [address, bytes] of this.pages) {
      reader.provide(address, bytes);
    }
    for (const [address, value] of changes) {
      reader.provide(address, Uint8Array.of(value));
    }
    return reader;
  }

  /** Runs an operation to its end; what is not there counts as unreadable. */
  async ask<T>(reader: NativeReader, operation: () => Promise<OrMissing<T>>): Promise<T> {
    for (let round = 0; round < 200; round++) {
      const answer = await operation();
      if (answer.missing === undefined) {
        return answer;
      }
      for (const { address } of answer.missing) {
        reader.provide(address, new Uint8Array(0));
      }
    }
    throw new Error('the reader asks for ever');
  }
}

async function pagesOf(subject: Subject<unknown>): Promise<{ pages: Pages; done: () => void }> {
  const memory = openSync(`/proc/${subject.pid}/mem`, 'r');
  const pages = new Pages(memory, BigInt(subject.facts.root));
  const reader = new native.HeapReader({ image: true }, pages.root);
  for (const operation of [() => reader.summary(), () => reader.entries(ALL), () => reader.check()]) {
    for (;;) {
      const answer: OrMissing<unknown> = await operation();
      if (answer.missing === undefined) {
        break;
      }
      for (const { address, length } of answer.missing) {
        pages.fetch(address, length);
        for (let page = address; page < address + BigInt(length); page += PAGE) {
          reader.provide(page, pages.page(page) ?? new Uint8Array(0));
        }
      }
    }
  }
  reader.close();
  return { pages, done: () => closeSync(memory) };
}

describe('heap reader on an image', function () {
  this.timeout(120_000);
  afterEach(stopAll);

  const SUBJECTS = [
    ['blocks', []],
    ['threads', []],
    ['chunks', []],
    ['damage', ['overflow']],
    ['damage', ['link']],
    ['many', ['30000']],
  ] as const;
  for (const build of BUILDS) {
    for (const [name, args] of SUBJECTS) {
      it(`answers as on the process: ${name} ${args.join(' ')} (${build})`, async () => {
        const subject = await start<unknown>(name, build, args);
        const { reader: process, pid } = subject;
        const image = new native.HeapReader({ image: true }, BigInt(subject.facts.root));
        const first = await image.summary();
        assert.ok(first.missing);
        assert.strictEqual(first.missing.length, 1);
        assert.strictEqual(first.missing[0]!.address % PAGE, 0n);
        let total = 0;
        const same = async <T>(ask: (reader: NativeReader) => Promise<OrMissing<T>>): Promise<T> => {
          const expected = await whole(ask(process));
          const { answer, rounds } = await filled(image, pid, () => ask(image));
          assert.deepStrictEqual(answer, expected);
          total += rounds;
          return answer;
        };
        const entries = await same((reader) => reader.entries(ALL));
        await same((reader) => reader.summary());
        await same((reader) => reader.groups({ by: 'size' }));
        await same((reader) => reader.check());
        await same((reader) => reader.locate(BigUint64Array.of(entries.address[10]!, 1n)));
        await same((reader) => reader.stacks(entries.stack.slice(0, 200)));
        await same((reader) => reader.block(entries.address[10]!, 0, 4096));
        await same((reader) => reader.slab(entries.address[10]!, 0, 1000));
        await same((reader) => reader.picture(undefined, 0, 1e9, 1000));
        await same((reader) => reader.snapshot());
        await same((reader) => reader.diff(1, 0, 'stack'));
        assert.ok(total < 40, `${total} rounds`);
        image.close();
        await subject.stop();
      });
    }
  }

  it('takes bytes in any pieces', async () => {
    const subject = await start<unknown>('blocks', 'debug');
    const expected = await whole(subject.reader.entries(ALL));
    const image = new native.HeapReader({ image: true }, BigInt(subject.facts.root));
    const memory = openSync(`/proc/${subject.pid}/mem`, 'r');
    let found: RawEntries | undefined;
    for (let round = 1; !found; round++) {
      const answer = await image.entries(ALL);
      if (answer.missing === undefined) {
        found = answer;
        break;
      }
      for (const { address, length } of answer.missing) {
        const bytes = Buffer.alloc(length);
        readSync(memory, bytes, 0, length, address);
        image.provide(address, Buffer.alloc(length, 0xee)); // wrong ones first
        const step = 1000 + (round % 7) * 331;
        for (let at = 0; at < length; at += step) {
          const from = Math.max(0, at - 100); // overlapping
          image.provide(address + BigInt(from), bytes.subarray(from, at + step));
        }
      }
    }
    closeSync(memory);
    assert.deepStrictEqual(found, expected);
    await subject.stop();
  });

  it('forgets its bytes when told to', async () => {
    const subject = await start<unknown>('blocks', 'fast');
    const { pages, done } = await pagesOf(subject);
    const reader = pages.reader();
    assert.strictEqual((await reader.summary()).missing, undefined);
    reader.invalidate();
    assert.ok((await reader.summary()).missing);
    done();
    await subject.stop();
  });

  it('asks for ranges of sensible size and number', async () => {
    const subject = await start<unknown>('many', 'debug', ['600000']);
    const image = new native.HeapReader({ image: true }, BigInt(subject.facts.root));
    let most = 0;
    await filled(image, subject.pid, async () => {
      const answer = await image.check();
      const ranges = answer.missing ?? [];
      ranges.forEach((range, i) => {
        const next = ranges[i + 1];
        assert.ok(range.length > 0 && range.length <= 4 << 20);
        assert.strictEqual(range.length % Number(PAGE), 0);
        assert.ok(!next || next.address >= range.address + BigInt(range.length));
      });
      most = Math.max(
        most,
        ranges.reduce((sum, range) => sum + range.length, 0),
      );
      return answer;
    });
    assert.ok(most > 16 << 20 && most <= 64 << 20, `${most} bytes in one answer`);
    image.close();
    await subject.stop();
  });

  it('ends where nothing is ever provided', async () => {
    const image = new native.HeapReader({ image: true }, 0x7f0000001000n);
    let rounds = 0;
    await assert.rejects(
      async () => {
        for (; rounds < 100; rounds++) {
          assert.ok((await image.summary()).missing);
        }
      },
      { code: 'SPACES_NO_HEAP' },
    );
    assert.ok(rounds < 20);
  });

  describe('damaged headers', () => {
    async function damaged(
      build: Build,
      change: (at: Layout, chunk: bigint, slabs: bigint[]) => Map<bigint, number>,
    ): Promise<{
      before: RawEntries;
      after: RawEntries;
      chunk: bigint;
      messages: string[];
      flagged: boolean;
    }> {
      const subject = await start<unknown>('blocks', build);
      const { pages, done } = await pagesOf(subject);
      const at = layout();
      const chunk = pages.u64(pages.u64(pages.root + BigInt(at.chunks)));
      const before = await pages.ask(subject.reader, () => subject.reader.entries(ALL));
      const reader = pages.reader(change(at, chunk, slabHeaders(pages, at)));
      const summary = await pages.ask(reader, () => reader.summary());
      const after = await pages.ask(reader, () => reader.entries(ALL));
      const checked = await pages.ask(reader, () => reader.check());
      done();
      await subject.stop();
      const kinds = new Set(checked.damage.map((damage) => damage.kind));
      assert.deepStrictEqual([...kinds], ['metadata']);
      return {
        before,
        after,
        chunk,
        messages: checked.damage.map((damage) => damage.message),
        flagged: summary.chunks.some((one) => one.address === chunk && one.damaged),
      };
    }

    it('a chunk: told, marked, its blocks still shown', async () => {
      const { before, after, messages, flagged } = await damaged(
        'debug',
        (_, chunk) => new Map([[chunk, 0]]),
      );
      assert.ok(flagged);
      assert.match(messages[0]!, /^A chunk at 0x[0-9a-f]+: its magic number was overwritten\.$/);
      assert.deepStrictEqual(after.address, before.address);
    });

    for (const build of BUILDS) {
      it(`a slab: told, its chunk marked, all other slabs still shown (${build})`, async () => {
        const { before, after, messages, flagged } = await damaged(
          build,
          (at, _, slabs) => new Map([[slabs[0]! + BigInt(at.slabKind), 77]]),
        );
        assert.ok(flagged);
        assert.strictEqual(messages.length, 1);
        assert.match(messages[0]!, /^The slab header at 0x[0-9a-f]+: /);
        assert.ok(after.total < before.total && after.total > before.total / 2);
      });
    }

    it('a slab that names no heap: told, its blocks still shown, without a chunk', async () => {
      const { before, after, messages } = await damaged(
        'fast',
        (at, _, slabs) => new Map([[slabs[0]! + BigInt(at.slabHeap), 1]]),
      );
      assert.match(messages.join(), /names a heap that does not exist/);
      assert.strictEqual(after.total, before.total);
      assert.ok(after.chunk.includes(0n));
    });

    it('records that cannot be read: told, the rest still shown', async () => {
      const { before, after, messages } = await damaged(
        'debug',
        (at, _, slabs) => new Map([[slabs[0]! + BigInt(at.slabRecords) + 5n, 0x33]]),
      );
      assert.match(messages.join(), /cannot be read/);
      assert.ok(after.total < before.total);
    });
  });

  for (const build of BUILDS) {
    it(`ends on a heap damaged in any byte of its metadata (${build})`, async () => {
      const subject = await start<unknown>('damage', build, ['none']);
      const { pages, done } = await pagesOf(subject);
      const at = layout();
      const targets = metadata(pages, at, build);
      const rounds = targets.length + Number(process.env['FUZZ_ROUNDS'] ?? 2500);
      const outcomes = new Map<string, number>();
      let seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1e9);
      const first = seed;
      const random = (below: number): number => {
        seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
        return (seed >>> 8) % below;
      };
      for (let round = 0; round < rounds; round++) {
        const changes = new Map<bigint, number>();
        // Each byte in turn, then several at random.
        for (let hits = round < targets.length ? 0 : random(4); hits >= 0; hits--) {
          const address = targets[round < targets.length ? round : random(targets.length)]!;
          changes.set(address, random(3) ? random(256) : (pages.byte(address) ?? 0) ^ (1 << random(8)));
        }
        const reader = pages.reader(changes);
        const operations: (() => Promise<OrMissing<unknown>>)[] = [
          () => reader.summary(),
          () => reader.entries({ ...ALL, sort: 'size' }),
          () => reader.groups({ by: 'stack' }),
          () => reader.check(),
          () => reader.locate(BigUint64Array.of(targets[random(targets.length)]!)),
          () => reader.block(targets[random(targets.length)]!, 0, 4096),
          () => reader.slab(targets[random(targets.length)]!, 0, 1000),
          () => reader.picture(undefined, 0, 1e9, 1000),
          () => reader.snapshot(),
          () => reader.diff(1, 0, 'stack'),
          () => reader.gauges(),
        ];
        for (const operation of operations) {
          let outcome = 'answered';
          try {
            await pages.ask(reader, operation);
          } catch (error) {
            outcome = (error as NodeJS.ErrnoException).code ?? String(error);
          }
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        }
        reader.close();
      }
      const told = `seed ${first}: ${JSON.stringify(Object.fromEntries(outcomes))}`;
      for (const outcome of outcomes.keys()) {
        assert.match(outcome, /^(answered|SPACES_(NO_HEAP|VERSION|DAMAGED|SNAPSHOT))$/, told);
      }
      assert.ok((outcomes.get('answered') ?? 0) > rounds, told);
      done();
      await subject.stop();
    });
  }
});

/** Addresses of the headers of slabs in use. */
function slabHeaders(pages: Pages, at: Layout): bigint[] {
  const table = pages.u64(pages.root + BigInt(at.segments));
  const count = pages.u64(pages.root + BigInt(at.segmentCount));
  const headers: bigint[] = [];
  for (let i = 0n; i < count; i++) {
    const segment = pages.u64(table + i * 8n);
    for (let slab = 1; segment && slab < at.slabsPerSegment; slab++) {
      const header = segment + BigInt(at.slabs + slab * at.slabSize);
      const kind = pages.u8(header + BigInt(at.slabKind));
      if (kind >= 1 && kind <= 3) {
        headers.push(header);
      }
    }
  }
  return headers;
}

/** Every byte that the reader relies on: tables, headers, records, links. */
function metadata(pages: Pages, at: Layout, build: Build): bigint[] {
  const addresses: bigint[] = [];
  const add = (from: bigint, length: number): void => {
    for (let i = 0; i < length; i++) {
      addresses.push(from + BigInt(i));
    }
  };
  const segments = pages.u64(pages.root + BigInt(at.segments));
  const chunks = pages.u64(pages.root + BigInt(at.chunks));
  add(pages.root, at.rootSize);
  add(segments, 8);
  add(chunks, 8);
  add(pages.u64(segments), 80);
  add(pages.u64(chunks), at.chunkSize);
  for (const header of slabHeaders(pages, at)) {
    add(header, at.slabSize);
    add(pages.u64(header + BigInt(at.slabBase)), 64);
    if (build === 'debug') {
      add(pages.u64(header + BigInt(at.slabRecords)), at.recordSize);
    }
  }
  return addresses.filter((address) => pages.byte(address) !== undefined);
}
