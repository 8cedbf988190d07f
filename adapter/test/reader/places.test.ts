/**
 * The heap reader on blocks that lie elsewhere than in slabs of one size: packed ones, those in areas (in static
 * memory, in a block of malloc), those in a shared chunk that two processes have attached.
 */
import * as assert from 'node:assert';
import { once } from 'node:events';
import type { NativeReader, RawDamage, RawEntries, RawQuery } from '../../src/reader/native';
import { CHUNK_KIND, VERDICT } from '../../src/reader/native';
import { chunkLabel } from '../../src/heap/convert';
import { BUILDS, start, stopAll, whole, type Build, type Subject } from './support';

const NAMES = ['packed', 'none', 'v3', 'inStatic', 'inBlock', 'shared'] as const;
const KINDS = ['variable', 'variable', 'variable', 'area', 'area', 'shared'];
const ALGORITHMS = [5, 0, 3, 0, 0, 0];

interface Place {
  chunk: string;
  bad: string;
  live: string[];
  freed: string[];
  sizes: number[];
  count: number;
  footprint: number;
}
type Facts = Record<(typeof NAMES)[number], Place> & { block: string };

let keys = 0;
/** A key that no other test process uses. */
const newKey = (): number => 0x52000000 + (process.pid & 0xffff) * 256 + (keys++ % 256);

const run = (build: Build, what: string, key: number, ...more: string[]): Promise<Subject<Facts>> =>
  start<Facts>('places', build, [what, String(key), ...more]);

async function entries(
  reader: NativeReader,
  chunk: string,
  state: RawQuery['state'] = 'live',
): Promise<RawEntries> {
  return whole(
    reader.entries({
      chunk: BigInt(chunk),
      state,
      sort: 'address',
      descending: false,
      start: 0,
      count: 1e6,
    }),
  );
}

/** Where a chunk's first block lies: processes may see a shared chunk at different addresses. */
const origin = async (reader: NativeReader, chunk: string): Promise<bigint> =>
  (await entries(reader, chunk, 'all')).address[0]!;

async function verdict(reader: NativeReader, address: bigint) {
  const {
    verdict: verdicts,
    offset,
    entries: found,
  } = await whole(reader.locate(BigUint64Array.of(address)));
  return {
    verdict: VERDICT[verdicts[0]!],
    offset: offset[0]!,
    chunk: found.chunk[0]!,
    at: found.address[0]!,
  };
}

/** The program's chunks alone: what lies in a block of malloc is damage of that block, too. */
async function damageOf(reader: NativeReader, place: Place): Promise<RawDamage[]> {
  return (await whole(reader.check(BigInt(place.chunk)))).damage;
}

describe('heap reader on packed blocks, areas and shared chunks', function () {
  this.timeout(120_000);
  afterEach(stopAll);

  for (const build of BUILDS) {
    describe(`${build} build`, () => {
      it('tells of each chunk what the program knows', async () => {
        const key = newKey();
        const subject = await run(build, 'none', key);
        const { reader, facts } = subject;
        const { chunks } = await whole(reader.summary());
        for (const [i, name] of NAMES.entries()) {
          const place = facts[name];
          const raw = chunks.find(({ address }) => address === BigInt(place.chunk));
          assert.ok(raw, name);
          assert.equal(CHUNK_KIND[raw.kind], KINDS[i], name);
          assert.equal(raw.smallAllocator, ALGORITHMS[i], name);
          assert.equal(raw.liveCount, place.count, `${name}: live blocks`);
          assert.equal(raw.footprint, place.footprint, `${name}: footprint`);
          assert.equal(raw.key, name === 'shared' ? key : 0);
          const live = await entries(reader, place.chunk);
          assert.deepEqual(
            [...live.address],
            place.live.map(BigInt).sort((a, b) => (a < b ? -1 : 1)),
            name,
          );
          const at = new Map(Array.from(live.address, (address, row) => [address, row]));
          place.live.forEach((pointer, n) => {
            const row = at.get(BigInt(pointer))!;
            const [size, asked] = [live.size[row]!, place.sizes[n]!];
            assert.ok(size >= asked && size < asked + 96, `${name}: ${size} bytes of ${asked}`);
            if (build === 'debug') assert.equal(live.requested[row], asked, name);
            assert.equal(live.chunk[row], BigInt(place.chunk));
            assert.equal(live.stack[row]! > 0, build === 'debug');
          });
          const all = await entries(reader, place.chunk, 'all');
          const free = await entries(reader, place.chunk, 'free');
          assert.equal(all.total, live.total + free.total);
          assert.deepEqual(await damageOf(reader, place), [], name);
        }
        assert.deepEqual((await whole(reader.check())).damage, []);
        await subject.stop();
      });

      it('locates live, freed and interior addresses', async () => {
        const subject = await run(build, 'none', newKey());
        const { reader, facts } = subject;
        for (const name of NAMES) {
          const place = facts[name];
          for (const n of [0, 1, 60, 119]) {
            const pointer = BigInt(place.live[n]!);
            const last = place.sizes[n]! - 1;
            const chunk = BigInt(place.chunk);
            assert.deepEqual(
              await verdict(reader, pointer),
              { verdict: 'live', offset: 0, chunk, at: pointer },
              name,
            );
            assert.deepEqual(
              await verdict(reader, pointer + BigInt(last)),
              { verdict: 'interior', offset: last, chunk, at: pointer },
              name,
            );
            /* The last one may be part of what was given up again. */
            const freed = (await verdict(reader, BigInt(place.freed[n]!))).verdict;
            assert.ok(freed === 'free' || (n === 119 && freed === 'wild'), `${name}: freed is ${freed}`);
          }
        }
        assert.equal((await verdict(reader, BigInt(facts.block))).chunk, BigInt(facts.inBlock.chunk));
        await subject.stop();
      });

      for (const what of build === 'debug' ? ['overflow', 'late'] : ['late']) {
        it(`finds ${what === 'late' ? 'a write after free' : 'an overflow'} in each`, async () => {
          const subject = await run(build, what, newKey());
          for (const name of NAMES) {
            const place = subject.facts[name];
            const damage = await damageOf(subject.reader, place);
            assert.equal(damage.length, 1, `${name}: ${JSON.stringify(damage.map((d) => d.message))}`);
            const [found] = damage;
            assert.equal(found!.kind, what === 'late' ? 'write-after-free' : 'overflow', name);
            assert.equal(found!.chunk, BigInt(place.chunk), name);
            assert.equal(
              found!.address + BigInt(found!.offset),
              BigInt(place.bad) + (what === 'late' ? 0n : BigInt(place.sizes[10]!)),
              name,
            );
            const at = (found!.offset - found!.bytesOffset) * 2;
            assert.equal(found!.bytes.slice(at, at + 2), '78', name);
          }
          await subject.stop();
        });
      }

      it('compares two moments', async () => {
        const subject = await run(build, 'none', newKey());
        const { reader, facts } = subject;
        const first = await whole(reader.snapshot());
        const answered = once(subject.child.stdout!, 'data');
        subject.child.stdin!.write('x');
        await answered;
        reader.invalidate();
        const second = await whole(reader.snapshot());
        for (const name of NAMES) {
          const chunk = BigInt(facts[name].chunk);
          const groups = await whole(reader.diff(first.id, second.id, 'chunk', chunk));
          const gone = [...groups.freedCount].reduce((a, b) => a + b, 0);
          const come = [...groups.allocatedCount].reduce((a, b) => a + b, 0);
          assert.deepEqual([gone, come], [1, 3], name);
        }
        await subject.stop();
      });

      it('shows the blocks of both processes that use a shared chunk, and their damage', async () => {
        const key = newKey();
        const one = await run(build, 'none', key);
        const two = await run(build, 'late', key, 'attach');
        const [mine, theirs] = [one.facts.shared, two.facts.shared];
        assert.equal(theirs.count, mine.count * 2);
        const a = await entries(one.reader, mine.chunk);
        const b = await entries(two.reader, theirs.chunk);
        assert.equal(a.total, theirs.count);
        const [from, to] = [await origin(one.reader, mine.chunk), await origin(two.reader, theirs.chunk)];
        assert.deepEqual(
          Array.from(a.address, (address) => address - from),
          Array.from(b.address, (address) => address - to),
        );
        const own = new Set(mine.live.map(BigInt));
        a.address.forEach((address, row) => {
          const stack = build === 'debug' && own.has(address);
          assert.equal(a.stack[row]! > 0, stack, 'stacks are numbers of the process that allocated');
        });
        const damage = await damageOf(one.reader, mine);
        assert.equal(damage.length, 1);
        assert.equal(damage[0]!.kind, 'write-after-free');
        assert.equal(damage[0]!.address - from, BigInt(theirs.bad) - to);
        const labels = await Promise.all(
          [one, two].map(async ({ reader }) => {
            const { chunks } = await whole(reader.summary());
            const raw = chunks.find(({ kind }) => CHUNK_KIND[kind] === 'shared');
            return chunkLabel('shared', raw!, []);
          }),
        );
        assert.deepEqual(labels, Array<string>(2).fill(`Shared chunk 0x${key.toString(16)}`));
        await two.stop();
        await one.stop();
      });
    });
  }
});
