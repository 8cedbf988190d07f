/** The heap reader on real programs, compared with what they know about their own heap. */
import * as assert from 'node:assert';
import type { NativeReader, RawChunk, RawEntries, RawQuery } from '../../src/reader/native';
import { CHUNK_KIND, ENTRY_TYPE, VERDICT } from '../../src/reader/native';
import { BUILDS, freeze, native, start, stopAll, whole, type Subject } from './support';

const ALL: RawQuery = { state: 'live', sort: 'address', descending: false, start: 0, count: 1e9 };

interface Found {
  size: number;
  requested: number;
  type: string;
  thread: number;
  chunk: bigint;
  stack: number;
  damaged: number;
}

function byAddress(entries: RawEntries): Map<bigint, Found> {
  return new Map(
    Array.from(entries.address, (address, i) => [
      address,
      {
        size: entries.size[i]!,
        requested: entries.requested[i]!,
        type: ENTRY_TYPE[entries.type[i]!]!,
        thread: entries.thread[i]!,
        chunk: entries.chunk[i]!,
        stack: entries.stack[i]!,
        damaged: entries.damaged[i]!,
      },
    ]),
  );
}

/** What one address points at. */
async function locate(reader: NativeReader, address: bigint) {
  const raw = await whole(reader.locate(BigUint64Array.of(address)));
  return {
    verdict: VERDICT[raw.verdict[0]!],
    address: raw.entries.address[0]!,
    offset: raw.offset[0]!,
  };
}

async function live(subject: Subject<unknown>, more: Partial<RawQuery> = {}): Promise<Map<bigint, Found>> {
  return byAddress(await whole(subject.reader.entries({ ...ALL, ...more })));
}

function kindOf(chunk: RawChunk): string {
  return CHUNK_KIND[chunk.kind]!;
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((a, b) => a + b, 0);

describe('heap reader on a process', function () {
  this.timeout(60_000);
  afterEach(stopAll);

  for (const build of BUILDS) {
    describe(`${build} build`, () => {
      it('finds every live block with its size, and no freed one', async () => {
        type Facts = { live: string[]; freed: string[]; sizes: number[]; usable: number[]; code: string[] };
        const subject = await start<Facts>('blocks', build);
        const { facts, reader } = subject;
        const summary = await whole(reader.summary());
        assert.strictEqual(summary.debug, build === 'debug');
        assert.strictEqual(summary.pid, subject.pid);
        assert.match(summary.version, /^\d+\.\d+\.\d+$/);
        const found = await live(subject);
        facts.live.forEach((pointer, i) => {
          const entry = found.get(BigInt(pointer));
          assert.ok(entry, `block ${i} of ${facts.sizes[i]} bytes at ${pointer} is not found`);
          assert.strictEqual(entry.size, facts.usable[i], `usable size of block ${i}`);
          assert.strictEqual(entry.requested, build === 'debug' ? facts.sizes[i] : facts.usable[i]);
          assert.strictEqual(entry.damaged, 0);
        });
        const reused = new Set(facts.live);
        for (const pointer of facts.freed) {
          assert.ok(reused.has(pointer) || !found.has(BigInt(pointer)), `${pointer} was freed`);
        }
        assert.ok(
          found.size < facts.live.length + 40,
          `${found.size} entries for ${facts.live.length} blocks`,
        );
        const fallback = summary.chunks.find((chunk) => kindOf(chunk) === 'default');
        assert.ok(fallback);
        assert.strictEqual(fallback.liveCount, found.size);
        assert.strictEqual(fallback.liveBytes, sum([...found.values()].map((entry) => entry.size)));
        assert.ok([...found.values()].some((entry) => entry.type === 'external'));
        const checked = await whole(reader.check());
        assert.deepStrictEqual(checked.damage, []);
        assert.ok(checked.blocks >= found.size);
        await subject.stop();
      });

      it('tells live, free, interior and wild pointers apart', async () => {
        type Facts = { live: string[]; freed: string[]; sizes: number[]; code: string[] };
        const subject = await start<Facts>('blocks', build);
        const { facts, reader } = subject;
        for (const i of [0, 1, 77, 399, 450, 599]) {
          const pointer = BigInt(facts.live[i]!);
          const exact = await locate(reader, pointer);
          assert.strictEqual(exact.verdict, 'live');
          assert.strictEqual(exact.address, pointer);
          assert.strictEqual(exact.offset, 0);
          if (facts.sizes[i]! > 1) {
            const inside = await locate(reader, pointer + BigInt(facts.sizes[i]! - 1));
            assert.strictEqual(inside.verdict, 'interior');
            assert.strictEqual(inside.address, pointer);
            assert.strictEqual(inside.offset, facts.sizes[i]! - 1);
          }
        }
        const reused = new Set(facts.live);
        const small = facts.freed.filter((pointer, i) => i < 100 && !reused.has(pointer));
        let free = 0;
        for (const pointer of small) {
          const { verdict } = await locate(reader, BigInt(pointer));
          assert.notStrictEqual(verdict, 'live');
          free += Number(verdict === 'free');
        }
        assert.ok(free > 0);
        for (const wild of [0n, 1n, BigInt(facts.code[0]!), 0x7fffffffffffn, 2n ** 64n - 1n]) {
          const located = await locate(reader, wild);
          assert.strictEqual(located.verdict, 'wild');
          assert.strictEqual(located.address, 0n);
        }
        await subject.stop();
      });

      it('attributes blocks of threads, those freed by others and those of a thread that ended', async () => {
        type Facts = { live: string[]; freed: string[]; left: string[]; ids: number[] };
        const subject = await start<Facts>('threads', build);
        const { facts, reader } = subject;
        const summary = await whole(reader.summary());
        const fallback = summary.chunks.find((chunk) => kindOf(chunk) === 'default');
        assert.ok(fallback);
        const found = await live(subject);
        assert.strictEqual(fallback.liveCount, found.size);
        for (const pointer of [...facts.live, ...facts.left]) {
          assert.ok(found.has(BigInt(pointer)), `${pointer} is live`);
        }
        const reused = new Set([...facts.live, ...facts.left]);
        for (const pointer of facts.freed) {
          assert.ok(reused.has(pointer) || !found.has(BigInt(pointer)), `${pointer} was freed`);
        }
        for (const [index, id] of facts.ids.entries()) {
          const heap = summary.chunks.find((chunk) => kindOf(chunk) === 'thread' && chunk.thread === id);
          assert.ok(heap, `thread ${id} has a heap`);
          assert.strictEqual(heap.parent, fallback.address);
          const own = await live(subject, { chunk: heap.address });
          assert.strictEqual(own.size, heap.liveCount);
          for (const pointer of facts.live.slice(index * 500, index * 500 + 500)) {
            const entry = own.get(BigInt(pointer));
            assert.ok(entry);
            assert.strictEqual(entry.thread, id);
            assert.strictEqual(entry.chunk, fallback.address);
          }
        }
        const heaps = summary.chunks.filter((chunk) => chunk.parent === fallback.address);
        assert.ok(sum(heaps.map((heap) => heap.liveCount)) <= fallback.liveCount);
        const groups = await whole(reader.groups({ by: 'thread' }));
        assert.strictEqual(sum(groups.count), found.size);
        assert.deepStrictEqual((await whole(reader.check())).damage, []);
        await subject.stop();
      });

      it('shows chunks of the program with their limits and blocks', async () => {
        type Facts = Record<'variable' | 'fixed' | 'large' | 'freed', string[]> &
          Record<'a' | 'b' | 'gone', string> &
          Record<'counts' | 'footprints', number[]>;
        const subject = await start<Facts>('chunks', build);
        const { facts, reader } = subject;
        const { chunks } = await whole(reader.summary());
        const at = (address: string): RawChunk | undefined =>
          chunks.find((chunk) => chunk.address === BigInt(address));
        const a = at(facts.a);
        const b = at(facts.b);
        assert.ok(a && b);
        assert.deepStrictEqual([kindOf(a), kindOf(b)], ['variable', 'fixed']);
        assert.ok(facts.gone === facts.a || facts.gone === facts.b || !at(facts.gone));
        assert.deepStrictEqual([a.liveCount, b.liveCount], facts.counts);
        assert.deepStrictEqual([a.footprint, b.footprint], facts.footprints);
        assert.strictEqual(b.ceiling, 1 << 20);
        assert.ok(a.ceiling >= Number.MAX_SAFE_INTEGER);
        assert.strictEqual(a.floor, 1 << 17);
        assert.strictEqual(a.lockDepth, 1);
        assert.strictEqual(a.createdStack > 0, build === 'debug');
        const inA = await live(subject, { chunk: a.address });
        const inB = await live(subject, { chunk: b.address });
        const sorted = (pointers: string[]): bigint[] =>
          pointers.map(BigInt).sort((x, y) => (x < y ? -1 : 1));
        assert.deepStrictEqual([...inA.keys()], sorted([...facts.variable, ...facts.large]));
        assert.deepStrictEqual([...inB.keys()], sorted(facts.fixed));
        assert.strictEqual(inA.get(BigInt(facts.large[1]!))?.type, 'external');
        assert.ok([...inB.values()].every((entry) => entry.type === 'fixed' && entry.chunk === b.address));
        assert.strictEqual(sum([...inB.values()].map((entry) => entry.size)), b.liveBytes);
        const types = await whole(reader.groups({ chunk: a.address, by: 'type' }));
        assert.deepStrictEqual(
          [...types.key].map((type) => ENTRY_TYPE[type]),
          ['external', 'variable'],
        );
        await subject.stop();
      });

      it('sorts, filters and pages', async () => {
        const subject = await start<{ count: number }>('many', build, ['20000']);
        const { reader, facts } = subject;
        const page = async (query: Partial<RawQuery>): Promise<RawEntries> =>
          whole(reader.entries({ ...ALL, ...query }));
        const every = await page({});
        assert.ok(every.total >= facts.count);
        const sizes = [...every.size];
        for (const descending of [false, true]) {
          const sorted = await page({ sort: 'size', descending });
          const expected = sizes.slice().sort((x, y) => (descending ? y - x : x - y));
          assert.deepStrictEqual([...sorted.size], expected);
          const part = await page({ sort: 'size', descending, start: 1234, count: 50 });
          assert.strictEqual(part.total, every.total);
          assert.deepStrictEqual([...part.address], [...sorted.address.slice(1234, 1284)]);
        }
        const age = await page({ sort: 'age', descending: true });
        assert.ok(
          age.sequence.every((n, i) => i === 0 || n >= age.sequence[i - 1]!),
          'the oldest first',
        );
        const down = await page({ descending: true });
        assert.deepStrictEqual([...down.address], [...every.address].reverse());
        const middle = await page({ minSize: 40, maxSize: 60 });
        assert.strictEqual(middle.total, sizes.filter((size) => size >= 40 && size <= 60).length);
        const one = every.address[4711]!;
        const holding = await page({ address: one + 1n });
        assert.deepStrictEqual([...holding.address], [one]);
        const stack = every.stack[4711]!;
        const site = await page({ stacks: new Uint32Array([stack, 999999999]) });
        assert.strictEqual(site.total, every.stack.filter((id) => id === stack).length);
        assert.strictEqual((await page({ stacks: new Uint32Array(0) })).total, 0);
        const all = await page({ state: 'all' });
        const free = await page({ state: 'free' });
        assert.strictEqual(all.total, every.total + free.total);
        assert.ok(free.inUse.every((flag) => flag === 0));
        assert.strictEqual((await page({ start: 1e9, count: 10 })).address.length, 0);
        assert.strictEqual((await page({ chunk: 0x1000n })).total, 0);
        const bySize = await whole(reader.groups({ by: 'size' }));
        assert.strictEqual(sum(bySize.count), every.total);
        assert.strictEqual(sum(bySize.bytes), sum(sizes));
        bySize.key.forEach((size, i) => {
          assert.strictEqual(bySize.count[i], sizes.filter((other) => other === size).length);
        });
        await subject.stop();
      });

      it('sees the same after the program ran on only once it is told to', async () => {
        const subject = await start<{ live: string[] }>('blocks', build);
        const before = await whole(subject.reader.summary());
        assert.deepStrictEqual(await whole(subject.reader.summary()), before);
        subject.reader.invalidate();
        assert.deepStrictEqual(await whole(subject.reader.summary()), before);
        subject.child.kill('SIGKILL');
        await new Promise((resolve) => subject.child.once('exit', resolve));
        assert.deepStrictEqual(await whole(subject.reader.summary()), before);
        subject.reader.invalidate();
        await assert.rejects(subject.reader.summary(), { code: 'SPACES_GONE', message: /has ended/ });
        subject.reader.close();
      });

      it('answers SPACES_GONE when the program is killed while it is read', async () => {
        let gone = 0;
        for (let delay = 0; delay < 12 && gone < 3; delay++) {
          const subject = await start<{ count: number }>('many', build, ['100000']);
          const answers = [subject.reader.entries({ ...ALL, count: 10 }), subject.reader.check()];
          setTimeout(() => subject.child.kill('SIGKILL'), delay / 2);
          for (const answer of await Promise.allSettled(answers)) {
            if (answer.status === 'rejected') {
              assert.strictEqual((answer.reason as NodeJS.ErrnoException).code, 'SPACES_GONE');
              gone++;
            }
          }
          subject.reader.close();
        }
        assert.ok(gone > 0, 'no read met the end of the program');
      });

      it('tells of no damage wherever a busy program is stopped', async () => {
        const subject = await start<unknown>('busy', build);
        for (let stop = 0; stop < 60; stop++) {
          await freeze(subject.pid);
          subject.reader.invalidate();
          const checked = await whole(subject.reader.check());
          assert.deepStrictEqual(checked.damage, []);
          const { chunks } = await whole(subject.reader.summary());
          const { total } = await whole(subject.reader.entries({ ...ALL, count: 0 }));
          const counted = sum(chunks.filter((chunk) => !chunk.parent).map((chunk) => chunk.liveCount));
          // Three threads may each have a block on its way.
          assert.ok(Math.abs(counted - total) <= 3, `${counted} counted, ${total} found`);
          process.kill(subject.pid, 'SIGCONT');
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
        }
        await subject.stop();
      });

      it('can be closed while it reads', async () => {
        const subject = await start<{ count: number }>('many', build, ['200000']);
        const running = subject.reader.check();
        const waiting = subject.reader.entries(ALL);
        subject.reader.close();
        for (const answer of await Promise.allSettled([running, waiting])) {
          assert.ok(
            answer.status === 'fulfilled' ||
              (answer.reason as NodeJS.ErrnoException).code === 'SPACES_CLOSED',
          );
        }
        await assert.rejects(subject.reader.summary(), { code: 'SPACES_CLOSED' });
        await subject.stop();
      });
    });
  }

  it('resolves stacks of the debug build to the calls that allocated', async () => {
    type Facts = { live: string[]; code: string[] };
    const subject = await start<Facts>('blocks', 'debug');
    const found = await live(subject);
    const [make, main] = subject.facts.code.map(BigInt);
    for (const i of [3, 103, 599]) {
      const stack = found.get(BigInt(subject.facts.live[i]!))!.stack;
      const { frames } = await whole(subject.reader.stacks(new Uint32Array([stack, 0, 4_000_000_000, 1])));
      assert.strictEqual(frames.length, 4);
      assert.ok(frames[0]!.length >= 2);
      assert.ok(
        [...frames[0]!].some((frame) => frame > make! && frame < make! + 400n),
        'called in make',
      );
      assert.ok(
        [...frames[0]!].some((frame) => frame > main! && frame < main! + 800n),
        'called in main',
      );
      assert.deepStrictEqual([frames[1]!.length, frames[2]!.length], [0, 0]);
    }
    const groups = await whole(subject.reader.groups({ by: 'stack' }));
    assert.strictEqual(sum(groups.count), found.size);
    await subject.stop();
  });

  const DAMAGE = [
    ['debug', 'overflow', 'overflow', 43, 40],
    ['debug', 'underflow', 'underflow', -2, 40],
    ['debug', 'write-after-free', 'write-after-free', 8, 40],
    ['debug', 'large-overflow', 'overflow', 200000, 200000],
    ['fast', 'link', 'write-after-free', 0, 48],
  ] as const;
  for (const [build, what, kind, offset, size] of DAMAGE) {
    it(`finds ${what} in the ${build} build`, async () => {
      const subject = await start<{ bad: string[] }>('damage', build, [what]);
      const bad = BigInt(subject.facts.bad[0]!);
      const checked = await whole(subject.reader.check());
      assert.strictEqual(checked.totalDamage, 1, JSON.stringify(checked.damage.map((d) => d.message)));
      const [damage] = checked.damage;
      assert.ok(damage);
      assert.strictEqual(damage.kind, kind);
      assert.strictEqual(damage.address, bad);
      assert.strictEqual(damage.offset, offset);
      assert.strictEqual(damage.size, size);
      const at = offset - damage.bytesOffset;
      assert.strictEqual(damage.bytes.slice(at * 2, at * 2 + 2), '78');
      const { chunks } = await whole(subject.reader.summary());
      assert.ok(chunks.some((chunk) => chunk.address === damage.chunk));
      assert.strictEqual((await live(subject, { state: 'all' })).get(bad)?.damaged, 1);
      if (build === 'debug') {
        const { frames } = await whole(
          subject.reader.stacks(new Uint32Array([damage.allocStack, damage.freeStack])),
        );
        assert.ok(frames[0]!.length > 0);
        assert.strictEqual(frames[1]!.length > 0, kind === 'write-after-free');
      }
      await subject.stop();
    });
  }

  it('refuses what is no heap, another version, a damaged root', async () => {
    const subject = await start<{ roots: string[]; other: number }>('raw', 'none');
    const at = (index: number): ReturnType<Subject<unknown>['reader']['summary']> =>
      new native.HeapReader({ pid: subject.pid }, BigInt(subject.facts.roots[index]!)).summary();
    await assert.rejects(at(0), { code: 'SPACES_NO_HEAP' });
    await assert.rejects(at(1), (error: NodeJS.ErrnoException) => {
      assert.strictEqual(error.code, 'SPACES_VERSION');
      assert.ok(error.message.includes(`version ${subject.facts.other}`));
      assert.ok(error.message.includes(`version ${native.LAYOUT_VERSION}`));
      return true;
    });
    await assert.rejects(at(2), { code: 'SPACES_DAMAGED' });
    await assert.rejects(at(3), { code: 'SPACES_DAMAGED' });
    const empty = await whole(at(4));
    assert.deepStrictEqual(empty.chunks, []);
    assert.strictEqual(empty.version, '1.2.3');
    for (const garbage of [0n, 7n, 0xdeadbeefn, 0x7fffffffffffn, 2n ** 64n - 8n]) {
      const reader = new native.HeapReader({ pid: subject.pid }, garbage);
      await assert.rejects(reader.entries(ALL), { code: 'SPACES_NO_HEAP' });
      await assert.rejects(reader.locate(BigUint64Array.of(1n)), { code: 'SPACES_NO_HEAP' });
    }
    await subject.stop();
  });

  it('names arguments that are not as the interface says', () => {
    const reader = new native.HeapReader({ pid: process.pid }, 1n);
    const loose = reader as unknown as Record<string, (...args: unknown[]) => unknown>;
    const construct = native.HeapReader as unknown as new (...args: unknown[]) => unknown;
    assert.throws(() => new construct({ pid: 1 }), /root must be a bigint/);
    assert.throws(() => new construct({}, 1n), /source must be/);
    assert.throws(() => new construct({ pid: -4 }, 1n), /id of a process/);
    assert.throws(() => new construct({ pid: 4, image: true }, 1n), /source must be/);
    assert.throws(() => loose['block']!(5, 0, 1), /address must be a bigint/);
    assert.throws(() => loose['block']!(-5n, 0, 1), /address must be a bigint/);
    assert.throws(() => loose['block']!(2n ** 64n, 0, 1), /address must be a bigint/);
    assert.throws(() => loose['locate']!([5n]), /addresses must be a BigUint64Array/);
    assert.throws(() => loose['picture']!(undefined, 0, 1, 0), /cells must be at least 1/);
    assert.throws(
      () => loose['search']!([{ address: 1n, length: -1 }], BigUint64Array.of(1n), 1),
      /range\.length/,
    );
    assert.throws(() => loose['diff']!(0, 0, 'colour'), /query\.by must be one of/);
    assert.throws(() => loose['entries']!({ ...ALL, sort: 'colour' }), /query\.sort must be one of/);
    assert.throws(() => loose['entries']!({ ...ALL, start: -1 }), /query\.start/);
    assert.throws(() => loose['entries']!({ ...ALL, stacks: [1] }), /Uint32Array/);
    assert.throws(() => loose['entries']!(), /query must be an object/);
    assert.throws(() => loose['groups']!({ by: 'colour' }), /query\.by must be one of/);
    assert.throws(() => loose['provide']!(1n, 'x'), /Uint8Array/);
  });
});
