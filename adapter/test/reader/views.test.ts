/** What the heap reader tells beside lists: pictures, slabs, blocks, snapshots, the running heap. */
import * as assert from 'node:assert';
import { once } from 'node:events';
import {
  ENTRY_STATE,
  SLAB_KIND,
  VERDICT,
  type NativeReader,
  type RawChanges,
  type RawFilter,
} from '../../src/reader/native';
import { BUILDS, freeze, start, stopAll, whole, type Subject } from './support';

const LIVE: RawFilter = { state: 'live', sort: 'address', descending: false };
const ALL_SLABS = 2 ** 40;

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((a, b) => a + b, 0);

async function step(subject: Subject<unknown>): Promise<void> {
  const answered = once(subject.child.stdout!, 'data');
  subject.child.stdin!.write('x');
  await answered;
  subject.reader.invalidate();
}

interface Change {
  before: [number, number];
  after: [number, number];
  allocated: [number, number];
  freed: [number, number];
}

function byKey(raw: RawChanges): Map<number, Change> {
  return new Map(
    Array.from(raw.key, (key, row) => [
      key,
      {
        before: [raw.beforeCount[row]!, raw.beforeBytes[row]!],
        after: [raw.afterCount[row]!, raw.afterBytes[row]!],
        allocated: [raw.allocatedCount[row]!, raw.allocatedBytes[row]!],
        freed: [raw.freedCount[row]!, raw.freedBytes[row]!],
      },
    ]),
  );
}

describe('heap reader: pictures, blocks and snapshots', function () {
  this.timeout(60_000);
  afterEach(stopAll);

  for (const build of BUILDS) {
    describe(`${build} build`, () => {
      it('draws the whole heap, at any width, with all that lives in it', async () => {
        const subject = await start<unknown>('many', build, ['100000']);
        const { reader } = subject;
        const { total: blocks, bytes } = await whole(reader.entries({ ...LIVE, start: 0, count: 1 }));
        for (const cells of [1, 7, 100, 16384]) {
          const picture = await whole(reader.picture(undefined, 0, ALL_SLABS, cells));
          assert.equal(picture.count, picture.total);
          assert.ok(picture.cellStart.length <= cells && picture.cellStart.length > 0);
          assert.equal(sum(picture.cellCount), picture.total);
          assert.equal(sum(picture.liveCount), blocks);
          assert.equal(sum(picture.liveBytes), bytes);
          assert.equal(sum(picture.segmentSlabs), picture.total);
        }
        const fine = await whole(reader.picture(undefined, 0, ALL_SLABS, 16384));
        const kinds = [...fine.kind].map((kind) => SLAB_KIND[kind]);
        assert.equal(kinds.filter((kind) => kind === 'header').length, fine.segmentStart.length);
        assert.ok(kinds.includes('small') && kinds.includes('large'));
        const busiest = [...fine.liveCount].indexOf(Math.max(...fine.liveCount));
        const part = await whole(reader.picture(undefined, busiest, 1, 10));
        assert.deepEqual([...part.liveCount], [fine.liveCount[busiest]]);
        assert.equal(part.address[0], fine.address[busiest]);
        const beyond = await whole(reader.picture(undefined, fine.total + 5, 10, 10));
        assert.equal(beyond.cellStart.length, 0);
        await subject.stop();
      });

      it('marks what is looked for, and counts one chunk alone', async () => {
        const subject = await start<{ a: string; b: string }>('chunks', build);
        const { reader, facts } = subject;
        const wanted: RawFilter = { ...LIVE, chunk: BigInt(facts.b) };
        const { total, bytes } = await whole(reader.entries({ ...wanted, start: 0, count: 1 }));
        const picture = await whole(reader.picture(BigInt(facts.b), 0, ALL_SLABS, 16384, wanted));
        assert.equal(sum(picture.hits), total);
        assert.equal(sum(picture.liveCount), total);
        assert.equal(sum(picture.liveBytes), bytes);
        const cell = [...picture.hits].findIndex((hits) => hits > 0);
        assert.equal(picture.chunk[cell], BigInt(facts.b));
        const large = [...picture.kind].filter((kind) => SLAB_KIND[kind] === 'large').length;
        assert.ok(large >= Math.ceil(9000000 / picture.slabBytes), `${large} slabs of large blocks`);
        await subject.stop();
      });

      it('lists the blocks of a slab as the entries do', async () => {
        const subject = await start<{ fixed: string[]; b: string }>('chunks', build);
        const { reader, facts } = subject;
        const address = BigInt(facts.fixed[3]!);
        const slab = await whole(
          reader.slab(address, 0, 16384, { ...LIVE, minSize: 40, maxSize: 40, chunk: BigInt(facts.b) }),
        );
        assert.equal(slab.chunk, BigInt(facts.b));
        assert.equal(SLAB_KIND[slab.kind], 'small');
        assert.equal(slab.blockAddress.length, slab.total);
        const live = [...slab.blockState].filter((state) => ENTRY_STATE[state] === 'live').length;
        const { total } = await whole(
          reader.entries({ ...LIVE, chunk: BigInt(facts.b), start: 0, count: 0 }),
        );
        assert.equal(live, total);
        assert.equal(sum(slab.blockHit), total);
        assert.ok([...slab.blockAddress].includes(address));
        let end = 0;
        slab.blockStart.forEach((from, i) => {
          assert.equal(from, end, 'blocks leave no gap');
          end = from + slab.blockLength[i]!;
        });
        assert.equal(end, slab.carved);
        const page = await whole(reader.slab(address, 5, 10));
        assert.deepEqual([...page.blockAddress], [...slab.blockAddress.slice(5, 15)]);
        const outside = await whole(reader.slab(0x1000n, 0, 10));
        assert.equal(outside.total, 0);
        assert.equal(SLAB_KIND[outside.kind], 'free');
        await subject.stop();
      });

      it('shows a block with its bytes, redzones and neighbours', async () => {
        const subject = await start<{ live: string[]; sizes: number[] }>('blocks', build);
        const { reader, facts } = subject;
        const i = 99; // 1684 bytes of value 99
        const address = BigInt(facts.live[i]!);
        const block = await whole(reader.block(address + 5n, 0, 100_000));
        assert.equal(VERDICT[block.location.verdict[0]!], 'interior');
        assert.equal(block.location.offset[0], 5);
        assert.equal(block.redzones, build === 'debug');
        assert.equal(block.from + BigInt(block.front), address);
        assert.equal(block.bytes.length, block.length);
        const own = block.bytes.subarray(block.front, block.front + facts.sizes[i]!);
        assert.ok(own.every((byte) => byte === i));
        if (build === 'debug') {
          assert.ok(block.front >= 16);
          assert.ok(block.bytes.subarray(0, block.front).every((byte) => byte === block.bytes[0]));
          assert.notEqual(block.bytes[0], i);
        }
        assert.equal(block.damage, undefined);
        const around = [...block.neighbours.address];
        assert.equal(around.length, Number(block.hasPrevious) + Number(block.hasNext));
        assert.ok(around.length > 0);
        assert.equal(block.gapBefore + block.gapAfter, 0);
        const part = await whole(reader.block(address, block.front, 10));
        assert.deepEqual([...part.bytes], Array<number>(10).fill(i));
        const wild = await whole(reader.block(1n, 0, 10));
        assert.equal(wild.length, 0);
        assert.equal(VERDICT[wild.location.verdict[0]!], 'wild');
        await subject.stop();
      });

      it('compares two moments block by block', async () => {
        const subject = await start<unknown>('phases', build);
        const { reader } = subject;
        const sizes = await whole(reader.groups({ by: 'size' }));
        const first = await whole(reader.snapshot());
        assert.equal(first.count, sum(sizes.count));
        assert.equal(first.bytes, sum(sizes.bytes));
        assert.ok(first.memory > 0 && first.memory < 64 * first.count + 4096);
        await step(subject);
        const second = await whole(reader.snapshot());
        const changes = byKey(await whole(reader.diff(first.id, second.id, 'size')));
        const of = (size: number): Change =>
          changes.get([...changes.keys()].find((key) => key >= size && key < size * 1.5)!)!;
        assert.deepEqual(of(64).freed[0], 20);
        assert.deepEqual(of(64).allocated[0], 0);
        assert.equal(of(64).before[0] - of(64).after[0], 20);
        assert.deepEqual(of(5000).allocated[0], 30);
        assert.equal(of(5000).after[1] - of(5000).before[1], of(5000).allocated[1]);
        assert.deepEqual(of(1000).freed[0] + of(1000).allocated[0], 0);
        assert.equal(of(1000).before[0], of(1000).after[0]);
        assert.deepEqual(byKey(await whole(reader.diff(first.id, 0, 'size'))), changes, 'now is the second');
        for (const by of ['stack', 'type', 'thread', 'chunk'] as const) {
          const groups = [...byKey(await whole(reader.diff(first.id, second.id, by))).values()];
          assert.equal(sum(groups.map(({ freed }) => freed[0])), 20);
          assert.equal(sum(groups.map(({ allocated }) => allocated[0])), 30);
          assert.equal(sum(groups.map(({ before }) => before[1])), first.bytes);
          assert.equal(sum(groups.map(({ after }) => after[1])), second.bytes);
        }
        await step(subject);
        const back = byKey(await whole(reader.diff(second.id, 0, 'size')));
        assert.equal(sum([...back.values()].map(({ freed }) => freed[0])), 30);
        const nothing = await whole(reader.diff(first.id, second.id, 'size', 1n));
        assert.equal(nothing.key.length, 0, 'no chunk at 1');
        assert.deepEqual(await whole(reader.drop(first.id)), { dropped: true });
        assert.deepEqual(await whole(reader.drop(first.id)), { dropped: false });
        await assert.rejects(reader.diff(first.id, 0, 'size'), { code: 'SPACES_SNAPSHOT' });
        await subject.stop();
      });

      it('tells totals of a program that runs', async () => {
        const subject = await start<unknown>('busy', build);
        const { reader } = subject;
        for (let round = 0; round < 50; round++) {
          const gauges = await whole(reader.gauges());
          assert.ok(gauges.heapTotal > 0);
          const chunk = gauges.chunks.find(({ kind }) => kind === 0);
          assert.ok(chunk && chunk.footprint > 0 && chunk.liveCount > 100 && chunk.liveBytes > 0);
        }
        await freeze(subject.pid);
        reader.invalidate();
        const exact = await whole(reader.summary());
        const gauges = await whole(reader.gauges());
        exact.chunks.forEach((chunk, i) => {
          assert.equal(gauges.chunks[i]!.footprint, chunk.footprint);
          const difference = Math.abs(gauges.chunks[i]!.liveCount - chunk.liveCount);
          assert.ok(difference < 2000, `${difference} blocks`);
        });
        process.kill(subject.pid, 'SIGKILL');
      });

      it('ends what was asked before an interruption, and nothing after it', async () => {
        const subject = await start<unknown>('many', build, ['300000']);
        const { reader } = subject;
        const asked = [
          reader.entries({ ...LIVE, sort: 'size', start: 0, count: 1 }),
          reader.check(),
          reader.snapshot(),
        ];
        const outcomes = Promise.allSettled(asked);
        reader.interrupt();
        const after = whole(reader.entries({ ...LIVE, sort: 'size', start: 0, count: 1 }));
        for (const outcome of await outcomes) {
          const reason: unknown = outcome.status === 'rejected' && outcome.reason;
          assert.equal((reason as NodeJS.ErrnoException).code, 'SPACES_INTERRUPTED');
        }
        assert.ok((await after).total > 200_000);
        const { done, total } = reader.progress();
        assert.ok(total > 0 && done === total, `${done} of ${total}`);
        await subject.stop();
      });
    });
  }

  it('finds the words that name things in memory', async () => {
    const subject = await start<{ small: string }>('phases', 'fast');
    const { reader, facts } = subject;
    const place = BigInt(facts.small);
    const search = (words: bigint[], most: number) =>
      whole(reader.search([{ address: place - 3n, length: 64 * 8 }], BigUint64Array.from(words), most));
    const bytes = (await entriesOf(reader)).address;
    const found = await search([bytes[0]!, 5n, bytes[1]!, bytes[2]!], 10);
    assert.ok(found.address.length >= 1);
    found.address.forEach((address, i) => {
      assert.equal((address - place) % 8n, 0n);
      assert.notEqual(found.word[i], 1);
    });
    assert.equal((await search([bytes[0]!, bytes[1]!, bytes[2]!], 1)).address.length, 1);
    assert.equal((await search([], 10)).address.length, 0);
    await subject.stop();
  });

  it('tells where the program keeps a footprint', async () => {
    const subject = await start<{ a: string }>('chunks', 'fast');
    const { chunks } = await whole(subject.reader.summary());
    const chunk = chunks.find(({ address }) => address === BigInt(subject.facts.a))!;
    const found = await whole(
      subject.reader.search(
        [{ address: chunk.footprintAt, length: 8 }],
        BigUint64Array.of(BigInt(chunk.footprint)),
        1,
      ),
    );
    assert.deepEqual([...found.address], [chunk.footprintAt]);
    await subject.stop();
  });
});

async function entriesOf(reader: NativeReader) {
  return whole(reader.entries({ ...LIVE, minSize: 64, maxSize: 80, start: 0, count: 100 }));
}
