/** Which blocks the reader finds lost: on a process and an image alike, in areas, and with any bytes changed. */
import * as assert from 'node:assert';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import type { NativeReader, RawLeaks, RawRoots } from '../../src/reader/native';
import { rootsOf, waitingThreads } from '../../src/leaks/roots';
import { BUILDS, filled, freeze, native, start, stopAll, whole, type Subject } from './support';

const DEFINITE = 0;
const INDIRECT = 1;
const POSSIBLE = 2;
const REACHABLE = 3;

async function rootsOfProcess(pid: number): Promise<RawRoots> {
  return rootsOf(readFileSync(`/proc/${pid}/maps`, 'utf8'), await waitingThreads(pid, new Map()));
}

/** Without the allocator's own tables in its data, which are large and sparse. */
async function smallRoots(pid: number): Promise<RawRoots> {
  const roots = await rootsOfProcess(pid);
  return { ...roots, ranges: roots.ranges.filter(({ length }) => length < 8 << 20) };
}

/** Blocks of each class, as [count, bytes]. */
function classes(raw: RawLeaks): [number, number][] {
  return Array.from(raw.classCount, (count, index) => [count, raw.classBytes[index] ?? 0]);
}

interface Lost {
  held: string;
  lost: string;
  child: string;
  middle: string;
  area: { parent: string; held: string; lost: string };
}

/** Class of the block at an address, by the examples of records. */
function classOf(raw: RawLeaks, address: string): number {
  const row = raw.examples.findIndex((some) => some.includes(BigInt(address)));
  return row < 0 ? -1 : (raw.reach[row] ?? -1);
}

describe('lost blocks', function () {
  this.timeout(120_000);
  afterEach(stopAll);

  for (const build of BUILDS) {
    it(`of chunks, and in an area inside a block (${build})`, async () => {
      const subject = await start<Lost>('lost', build);
      const raw = await whole(subject.reader.leaks(await rootsOfProcess(subject.pid)));
      const { held, lost, child, middle, area } = subject.facts;
      assert.strictEqual(classOf(raw, held), REACHABLE);
      assert.strictEqual(classOf(raw, lost), DEFINITE);
      assert.strictEqual(classOf(raw, child), INDIRECT);
      assert.strictEqual(classOf(raw, middle), POSSIBLE);
      assert.strictEqual(classOf(raw, area.parent), REACHABLE, 'the area is in use');
      assert.strictEqual(classOf(raw, area.held), REACHABLE);
      assert.strictEqual(classOf(raw, area.lost), DEFINITE);
      await subject.stop();
    });

    it(`are the same on an image (${build})`, async () => {
      const subject = await start<Lost>('lost', build);
      await freeze(subject.pid);
      const roots = await smallRoots(subject.pid);
      const expected = await whole(subject.reader.leaks(roots));
      const image = new native.HeapReader({ image: true }, BigInt(subject.facts.root));
      const { answer, rounds } = await filled(image, subject.pid, () => image.leaks(roots));
      assert.deepStrictEqual(answer, expected);
      assert.ok(rounds < 30, `${rounds} rounds`);
      image.close();
      process.kill(subject.pid, 'SIGCONT');
      await subject.stop();
    });
  }

  it('are counted once each: the classes add up to all live blocks', async () => {
    const subject = await start<{ count: number }>('many', 'debug', ['30000']);
    const raw = await whole(subject.reader.leaks(await rootsOfProcess(subject.pid)));
    const summary = await whole(subject.reader.summary());
    const [first] = summary.chunks;
    const sum = (at: 0 | 1) => classes(raw).reduce((total, one) => total + one[at], 0);
    assert.ok(first && sum(0) >= first.liveCount && first.liveCount >= subject.facts.count);
    assert.strictEqual(
      raw.count.reduce((total, count) => total + count, 0),
      sum(0),
    );
    await subject.stop();
  });

  it('of one chunk alone', async () => {
    const subject = await start<Lost>('lost', 'debug');
    const roots = await rootsOfProcess(subject.pid);
    const all = await whole(subject.reader.leaks(roots));
    const chunks = [...new Set(all.chunk)];
    assert.ok(chunks.length > 1);
    let count = 0;
    for (const chunk of chunks) {
      const raw = await whole(subject.reader.leaks(roots, chunk));
      assert.ok(raw.chunk.every((one) => one === chunk));
      count += raw.count.reduce((total, one) => total + one, 0);
    }
    assert.strictEqual(
      count,
      all.count.reduce((total, one) => total + one, 0),
    );
    await subject.stop();
  });

  it('are looked for to an end, whatever the roots say', async () => {
    const subject = await start<Lost>('lost', 'debug');
    const nowhere: RawRoots = {
      ranges: [
        { address: 0n, length: 1 << 20, sparse: false, stack: false },
        { address: (1n << 64n) - 4096n, length: 4095, sparse: true, stack: true },
        { address: BigInt(subject.facts.root) + 3n, length: 5, sparse: false, stack: true },
      ],
      registers: BigUint64Array.of(1n, (1n << 64n) - 1n),
      stackPointers: BigUint64Array.of(0n, (1n << 64n) - 1n),
      everyThread: true,
      constants: [{ address: (1n << 64n) - 8n, length: 7 }],
      code: [],
    };
    const raw = await whole(subject.reader.leaks(nowhere));
    const [definite, indirect, possible, reachable] = classes(raw);
    assert.ok(definite?.[0] && indirect?.[0]);
    assert.deepStrictEqual([possible, reachable?.[0]], [[0, 0], 1], 'only what the area lies in');
    assert.throws(() => subject.reader.leaks({} as RawRoots), /ranges must be an array/);
    await subject.stop();
  });

  it('are looked for to an end in a damaged heap', async () => {
    const subject = await start<Lost>('lost', 'debug');
    await freeze(subject.pid);
    const roots = await smallRoots(subject.pid);
    const pieces = await readPieces(subject, roots);
    const root = BigInt(subject.facts.root);
    let seed = 12345;
    let answers = 0;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return seed % below;
    };
    for (let round = 0; round < 20; round++) {
      const image = new native.HeapReader({ image: true }, BigInt(subject.facts.root));
      for (const { address, bytes } of pieces) {
        const changed = Uint8Array.from(bytes);
        // The root itself is told to be damaged, and nothing else is looked at.
        const holdsRoot = root >= address && root < address + BigInt(bytes.length);
        for (let n = 0; !holdsRoot && n < 4 + bytes.length / 1024; n++) {
          changed[random(changed.length)] = random(256);
        }
        image.provide(address, changed);
      }
      answers += Number(await ends(image, roots));
      image.close();
    }
    assert.ok(answers > 10, `${answers} answers`);
    process.kill(subject.pid, 'SIGCONT');
    await subject.stop();
  });
});

/** What a search read, piece by piece. */
async function readPieces(
  subject: Subject<unknown>,
  roots: RawRoots,
): Promise<{ address: bigint; bytes: Uint8Array }[]> {
  const pieces: { address: bigint; bytes: Uint8Array }[] = [];
  const image = new native.HeapReader({ image: true }, BigInt(subject.facts.root));
  const memory = openSync(`/proc/${subject.pid}/mem`, 'r');
  for (;;) {
    const { missing } = await image.leaks(roots);
    if (missing === undefined) {
      break;
    }
    for (const { address, length } of missing) {
      const bytes = new Uint8Array(length);
      let got = 0;
      try {
        got = readSync(memory, bytes, 0, length, address);
      } catch {
        // Not mapped.
      }
      image.provide(address, bytes.subarray(0, got));
      if (got > 0) {
        pieces.push({ address, bytes: bytes.subarray(0, got) });
      }
    }
  }
  closeSync(memory);
  image.close();
  return pieces;
}

/** Runs a search on an image that lacks what it lacks; whether it has an answer. */
async function ends(image: NativeReader, roots: RawRoots): Promise<boolean> {
  for (let round = 0; round < 300; round++) {
    try {
      const answer = await image.leaks(roots);
      if (answer.missing === undefined) {
        return true;
      }
      answer.missing.forEach(({ address }) => image.provide(address, new Uint8Array(0)));
    } catch (error) {
      assert.match(String((error as { code?: unknown }).code), /^SPACES_(DAMAGED|NO_HEAP|VERSION)$/);
      return false;
    }
  }
  assert.fail('the reader asks for ever');
}
