import * as assert from 'node:assert/strict';
import * as parse from '../../src/heap/arguments';
import { chunkLabel, limit, toChunk, toEntries } from '../../src/heap/convert';
import { compareKeys, groupKey, merge, siteOf, stackMatches } from '../../src/heap/groups';
import { HeapReader } from '../../src/heap/reader';
import type { Frame, Group } from '../../src/protocol';
import type {
  NativeModule,
  NativeReader,
  Range,
  RawChunk,
  RawSummary,
  Source,
} from '../../src/reader/native';

const frame = (name: string, user: boolean, line = 1): Frame => ({
  address: '0x1',
  function: name,
  module: user ? '/app' : '/libspaces.so',
  source: { path: `/src/${name}.c` },
  line,
  user,
});

const chunk: RawChunk = {
  address: 0x1000n,
  kind: 2,
  flags: 0,
  liveCount: 1,
  liveBytes: 2,
  footprint: 3,
  peak: 4,
  ceiling: Number.MAX_SAFE_INTEGER,
  floor: 0,
  pageSize: 0,
  smallBlockSize: 0,
  blockSize: 0,
  thread: 0,
  lockDepth: 0,
  createdStack: 0,
  damaged: true,
  parent: 0n,
  footprintAt: 0x1100n,
  quarantined: 0,
  freeBytes: 5,
  growIncrement: 6,
  maxSuballoc: 7,
  maxSubchunks: 8,
  smallAllocator: 5,
  serialized: false,
  pageResizing: false,
  key: 0,
};

/** A reader that needs some ranges before it answers. */
function fakeNative(
  needs: Range[],
  failure?: string,
): { module: NativeModule; sources: Source[]; provided: bigint[] } {
  const sources: Source[] = [];
  const provided: bigint[] = [];
  class Reader {
    private readonly direct: boolean;

    constructor(source: Source) {
      sources.push(source);
      this.direct = 'pid' in source;
    }

    invalidate(): void {
      provided.length = 0;
    }

    provide(address: bigint): void {
      provided.push(address);
    }

    close(): void {
      provided.length = 0;
    }

    summary(): Promise<unknown> {
      if (this.direct && failure !== undefined) {
        return Promise.reject(Object.assign(new Error('refused'), { code: failure }));
      }
      const missing = this.direct
        ? []
        : needs.filter(({ address }) => !provided.includes(address)).slice(0, 1);
      return Promise.resolve(missing.length > 0 ? { missing } : { pid: 1 });
    }
  }
  return {
    module: {
      HeapReader: Reader as unknown as NativeModule['HeapReader'],
      LAYOUT_VERSION: 1,
      FILLS: { fresh: 1, freed: 2, front: 3, back: 4 },
      ROOT_MAGIC: 1n,
    },
    sources,
    provided,
  };
}

const summary = (native: NativeReader) => native.summary();

describe('reading the heap', () => {
  it('goes through gdb where the system forbids it', async () => {
    const needs = [
      { address: 1n, length: 8 },
      { address: 2n, length: 8 },
    ];
    const { module, sources, provided } = fakeNative(needs, 'SPACES_PERM');
    const read: bigint[] = [];
    const reader = new HeapReader(module, { pid: 5 }, 0n, ({ address }) => {
      read.push(address);
      return Promise.resolve(new Uint8Array(8));
    });
    assert.equal((await reader.run<RawSummary>(summary)).pid, 1);
    assert.deepEqual(read, [1n, 2n]);
    assert.deepEqual(sources, [{ pid: 5 }, { image: true }]);
    assert.equal(reader.via, 'gdb');
    assert.equal(provided.length, 2);
  });

  it('gives up where the same bytes are asked for again', async () => {
    const { module } = fakeNative([{ address: 1n, length: 8 }], 'SPACES_PERM');
    const reader = new HeapReader(module, { pid: 5 }, 0n, () => Promise.resolve(new Uint8Array(8)));
    await assert.rejects(
      reader.run(() => Promise.resolve({ missing: [{ address: 9n, length: 8 }] })),
      /again and again/,
    );
  });

  it('says in words what the addon says in codes', async () => {
    for (const [code, expected] of Object.entries({
      SPACES_NO_HEAP: /not set up its heap yet/,
      SPACES_VERSION: /refused/,
      SPACES_GONE: /has ended/,
      SPACES_DAMAGED: /root is damaged/,
      EOTHER: /cannot be read: refused/,
    })) {
      const reader = new HeapReader(fakeNative([], code).module, { pid: 5 }, 0n, () =>
        Promise.reject(new Error('no')),
      );
      await assert.rejects(reader.run(summary), expected, code);
    }
  });

  it('answers nothing once it is closed', async () => {
    const reader = new HeapReader(fakeNative([]).module, { pid: 5 }, 0n, () =>
      Promise.reject(new Error('no')),
    );
    reader.close();
    reader.close();
    reader.invalidate();
    await assert.rejects(reader.run(summary), /has ended/);
  });
});

describe('the heap in words', () => {
  it('names chunks', () => {
    const created = [frame('spaces_chunk_create', false), frame('parse', true, 42)];
    assert.equal(chunkLabel('default', chunk, []), 'Default chunk');
    assert.equal(chunkLabel('thread', { ...chunk, thread: 4711 }, []), 'Thread 4711');
    assert.equal(chunkLabel('variable', chunk, created), 'Chunk of parse (parse.c:42)');
    assert.equal(chunkLabel('fixed', chunk, []), 'Fixed chunk 0x1000');
  });

  it('has no limit where the number says so', () => {
    assert.equal(limit(5), 5);
    assert.equal(limit(2 ** 64), null);
    assert.equal(limit(-1), null);
    const converted = toChunk(chunk, []);
    assert.equal(converted.ceiling, null);
    assert.equal(converted.status, 'damaged');
    assert.ok(!('parent' in converted));
  });

  it('turns columns into entries', () => {
    const [entry] = toEntries(
      {
        total: 1,
        address: BigUint64Array.of(0x7f00n),
        size: Float64Array.of(64),
        requested: Float64Array.of(50),
        type: Uint8Array.of(2),
        inUse: Uint8Array.of(1),
        state: Uint8Array.of(0),
        age: Float64Array.of(5),
        damaged: Uint8Array.of(0),
        chunk: BigUint64Array.of(0x10n),
        sequence: Float64Array.of(3),
        thread: Uint32Array.of(7),
        stack: Uint32Array.of(1),
      },
      [[frame('f', true)]],
    );
    assert.deepEqual(entry, {
      address: '0x7f00',
      size: 64,
      requested: 50,
      type: 'variable',
      inUse: true,
      state: 'live',
      chunk: '0x10',
      sequence: 3,
      age: 5,
      thread: 7,
      site: [frame('f', true)],
      status: 'ok',
    });
  });

  it('groups stacks by what their own frame says', () => {
    const inner = frame('malloc', false);
    assert.equal(siteOf([inner, frame('f', true)])?.function, 'f');
    assert.equal(siteOf([inner])?.function, 'malloc');
    assert.equal(groupKey('site', [inner, frame('f', true, 3)]), 'f (f.c:3)');
    assert.equal(groupKey('file', [frame('f', true)]), '/src/f.c');
    assert.equal(groupKey('module', []), 'unknown');
    const raw = {
      total: 3,
      key: Float64Array.of(1, 2, 3),
      count: Float64Array.of(1, 1, 1),
      bytes: Float64Array.of(5, 9, 6),
    };
    const groups = merge<Group>(
      [frame('a', true), frame('b', true), frame('a', true, 9)].map((one) => ({
        key: groupKey('function', [one]),
        frames: [one],
      })),
      () => ({ count: 0, bytes: 0 }),
      (group, row) => {
        group.count += raw.count[row] ?? 0;
        group.bytes += raw.bytes[row] ?? 0;
      },
    );
    assert.deepEqual([...['10', '9', 'b', 'a']].sort(compareKeys), ['9', '10', 'a', 'b']);
    assert.deepEqual(
      groups.map(({ key, count, bytes }) => [key, count, bytes]),
      [
        ['a', 2, 11],
        ['b', 1, 9],
      ],
    );
    assert.ok(stackMatches([frame('Parser', true)], 'parse'));
    assert.ok(!stackMatches([frame('a', true)], 'zzz'));
  });

  it('takes only arguments that hold', () => {
    assert.deepEqual(parse.entriesArguments(undefined), { filter: {} });
    assert.deepEqual(
      parse.entriesArguments({ sort: { by: 'size', descending: true }, filter: { text: '' }, count: 5 }),
      {
        sort: { by: 'size', descending: true },
        filter: {},
        count: 5,
      },
    );
    assert.deepEqual(parse.setArguments({ chunk: '0xAB', ceiling: null }), { chunk: '0xab', ceiling: null });
    for (const wrong of [
      5,
      [],
      { start: 1.5 },
      { count: 1001 },
      { chunk: 'x' },
      { sort: 5 },
      { filter: { minSize: '1' } },
    ]) {
      assert.throws(() => parse.entriesArguments(wrong), /malformed/, JSON.stringify(wrong));
    }
    assert.throws(() => parse.groupsArguments({ by: 'colour' }), /malformed/);
    assert.throws(() => parse.locateArguments({ expression: 'x' }), /malformed/);
    assert.throws(() => parse.setArguments({ floor: -1 }), /malformed/);
    assert.throws(() => parse.checkArguments({ chunk: '0x' }), /malformed/);
  });
});
