/** The parts of the heap's requests that need no program: arguments, call tree, exports, history, names. */
import * as assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import { Profile } from 'pprof-format';
import * as parse from '../../src/heap/arguments';
import { callTree, prune } from '../../src/heap/callTree';
import { csvLine } from '../../src/heap/csv';
import { partsOf } from '../../src/heap/looking';
import { ChunkNames, type NameSources } from '../../src/heap/names';
import { membersIn, pointerValue } from '../../src/heap/pointers';
import { pprofOf, speedscopeOf } from '../../src/heap/profiles';
import { History, KEPT, toStats } from '../../src/heap/stats';
import { snapshotPlace } from '../../src/launch/arguments';
import type { Frame } from '../../src/protocol';
import { parseData } from '../../src/symbols/modules';
import { memberAt, parseInfoSymbol, symbolAt } from '../../src/symbols/variables';

const frame = (name: string, line: number): Frame => ({
  address: `0x${line.toString(16)}`,
  function: name,
  module: '/app',
  source: { path: `/src/${name}.c` },
  line,
  user: true,
});

describe('arguments of the heap requests', () => {
  it('takes what the contract has', () => {
    assert.deepEqual(parse.callTreeArguments({}), { order: 'callers', nodes: 2000 });
    assert.deepEqual(parse.mapArguments({ start: 5, find: { minSize: 3 } }), {
      start: 5,
      count: Number.MAX_SAFE_INTEGER,
      cells: 1024,
      find: { minSize: 3 },
    });
    assert.deepEqual(parse.slabArguments({ address: '0x10' }), { address: '0x10', start: 0, count: 16384 });
    assert.deepEqual(parse.blockArguments({ expression: 'p', frameId: 1 }), {
      expression: 'p',
      frameId: 1,
      start: 0,
      count: 1024,
    });
    assert.deepEqual(parse.pointersArguments({ addresses: ['0xA', '0xb'] }), { addresses: ['0xa', '0xb'] });
    assert.deepEqual(parse.entriesArguments({ filter: { group: { by: 'line', key: '/a.c:3' } } }).filter, {
      group: { by: 'line', key: '/a.c:3' },
    });
    assert.deepEqual(
      parse.snapshotPlaces({ places: [{ function: 'f' }, { path: '/a.c', line: 3, most: 2 }] }),
      [{ function: 'f' }, { path: '/a.c', line: 3, most: 2 }],
    );
    assert.deepEqual(parse.exportArguments({ path: '/tmp/x', what: 'stacks', format: 'pprof' }), {
      path: '/tmp/x',
      what: 'stacks',
      format: 'pprof',
      query: {},
    });
  });

  it('refuses all else with a sentence that names it', () => {
    const wrong: [() => unknown, RegExp][] = [
      [() => parse.callTreeArguments({ nodes: 1e6 }), /"nodes" is more than/],
      [() => parse.linesArguments({}), /"path" is missing/],
      [() => parse.mapArguments({ cells: 20_000 }), /"cells" is more than/],
      [() => parse.mapArguments({ find: { address: 'here' } }), /"find\.address" is no address/],
      [() => parse.slabArguments({}), /"address" is missing/],
      [() => parse.blockArguments({ address: '0x1', count: 1e6 }), /"count" is more than/],
      [() => parse.pointersArguments({}), /"frameId" is missing/],
      [() => parse.pointersArguments({ addresses: [5] }), /no address/],
      [
        () => parse.pointersArguments({ addresses: Array<string>(5000).fill('0x1') }),
        /more than 4096 elements/,
      ],
      [
        () => parse.entriesArguments({ filter: { group: { by: 'colour', key: 'x' } } }),
        /"filter\.group\.by" is none of/,
      ],
      [
        () => parse.entriesArguments({ filter: { group: { by: 'size' } } }),
        /"filter\.group\.key" is missing/,
      ],
      [() => parse.entriesArguments({ sort: { by: 'size', descending: 'yes' } }), /neither true nor false/],
      [() => parse.diffArguments({ by: 'size' }), /"from" is missing/],
      [() => parse.growthArguments({ chunk: '0x1' }), /"enabled" is missing/],
      [() => parse.snapshotPlaces({ places: [{}] }), /"path" is missing/],
      [() => parse.snapshotPlaces({}), /"places" is no list/],
      [() => parse.exportArguments({ path: 'x', what: 'entries', format: 'csv' }), /not absolute/],
      [() => parse.exportArguments({ path: '/x', what: 'stacks', format: 'csv' }), /"format" is none of/],
      [() => parse.exportArguments({ path: '/x', what: 'groups', format: 'csv' }), /"by" is missing/],
      [() => parse.setArguments({ smallAllocator: 'v4' }), /"smallAllocator" is none of/],
      [() => parse.tokenOf('spaces/cancel', { token: 7 }), /"token" is no string/],
    ];
    for (const [work, message] of wrong) {
      assert.throws(work, message);
    }
  });

  it('reads the places of a launch configuration', () => {
    assert.deepEqual(snapshotPlace(' main.c:12 '), { path: 'main.c', line: 12 });
    assert.deepEqual(snapshotPlace('Server::run'), { function: 'Server::run' });
    assert.throws(() => snapshotPlace('-x'), /snapshotAt/);
  });
});

describe('call tree', () => {
  const stacks = [
    { addresses: [1n, 2n, 9n], count: 2, bytes: 20 },
    { addresses: [3n, 2n, 9n], count: 1, bytes: 50 },
    { addresses: [4n, 9n], count: 1, bytes: 5 },
  ];

  it('adds up what lives below each call', () => {
    const { kept, omitted } = prune(callTree(stacks, 'callers'), 100);
    assert.equal(omitted, 0);
    assert.deepEqual(
      kept.map(({ parent, address, count, bytes }) => [parent, Number(address), count, bytes]),
      [
        [-1, 0, 4, 75],
        [0, 9, 4, 75],
        [1, 2, 3, 70],
        [2, 3, 1, 50],
        [2, 1, 2, 20],
        [1, 4, 1, 5],
      ],
    );
  });

  it('keeps the largest nodes, each with its callers', () => {
    const { kept, omitted } = prune(callTree(stacks, 'callers'), 4);
    assert.deepEqual(
      kept.map(({ address }) => Number(address)),
      [0, 9, 2, 3],
    );
    assert.equal(omitted, 2);
    const outwards = prune(callTree(stacks, 'callees'), 2).kept;
    assert.deepEqual(
      outwards.map(({ address }) => Number(address)),
      [0, 3],
    );
  });
});

describe('exports', () => {
  const samples = [
    { frames: [frame('alloc', 3), frame('main', 9)], count: 2, bytes: 64 },
    { frames: [frame('other', 4), frame('main', 9)], count: 1, bytes: 8 },
  ];

  it('quotes what a table needs quoted, and lets no cell be a formula', () => {
    assert.equal(csvLine(['a', 1, 'b,c', 'say "x"', '=1+1', -5]), `a,1,"b,c","say ""x""",'=1+1,-5\r\n`);
  });

  it('writes what pprof reads', async () => {
    const profile = Profile.decode(gunzipSync(await pprofOf(samples)));
    const text = (index: number | bigint) => profile.stringTable.strings[Number(index)];
    assert.deepEqual(
      profile.sampleType.map(({ type, unit }) => [text(type), text(unit)]),
      [
        ['inuse_objects', 'count'],
        ['inuse_space', 'bytes'],
      ],
    );
    assert.equal(text(profile.stringTable.strings.indexOf('inuse_space')), 'inuse_space');
    assert.equal(profile.location.length, 3, 'main is there once');
    const names = profile.sample.map(({ locationId }) =>
      locationId.map((id) => {
        const [line] = profile.location.find((one) => one.id === id)!.line;
        return text(profile.function.find((one) => one.id === line!.functionId)!.name);
      }),
    );
    assert.deepEqual(names, [
      ['alloc', 'main'],
      ['other', 'main'],
    ]);
    assert.deepEqual(
      profile.sample.map(({ value }) => value.map(Number)),
      [
        [2, 64],
        [1, 8],
      ],
    );
  });

  it('writes what speedscope reads', () => {
    const file = JSON.parse(speedscopeOf(samples)) as {
      shared: { frames: { name: string; line: number }[] };
      profiles: { samples: number[][]; weights: number[]; endValue: number }[];
    };
    const [bytes] = file.profiles;
    assert.deepEqual(
      bytes?.samples.map((stack) => stack.map((index) => file.shared.frames[index]?.name)),
      [
        ['main', 'alloc'],
        ['main', 'other'],
      ],
    );
    assert.deepEqual(bytes?.weights, [64, 8]);
    assert.equal(bytes?.endValue, 72);
  });
});

describe('gauges', () => {
  const summary = (chunks: object[]) =>
    ({ heapTotal: 10, heapLimit: 2 ** 60, totalFree: 3, chunks }) as unknown as Parameters<typeof toStats>[0];

  it('adds up chunks, thread heaps within them once', () => {
    const stats = toStats(
      summary([
        { address: 1n, parent: 0n, footprint: 5, liveCount: 2, liveBytes: 4 },
        { address: 2n, parent: 0n, footprint: 50, liveCount: 1, liveBytes: 40 },
        { address: 3n, parent: 1n, footprint: 5, liveCount: 2, liveBytes: 4 },
      ]),
      true,
      7,
    );
    assert.equal(stats.footprint, 55);
    assert.equal(stats.liveCount, 3);
    assert.equal(stats.heapLimit, null);
    assert.deepEqual(
      stats.chunks.map(({ id }) => id),
      ['0x2', '0x1'],
    );
  });

  it('keeps a bounded history whose young part is dense', () => {
    const history = new History();
    const total = 3 * KEPT;
    for (let time = 1; time <= total; time++) {
      history.add(toStats(summary([]), true, time));
    }
    const { samples } = history.since(0);
    assert.ok(samples.length <= KEPT && samples.length > KEPT / 2);
    assert.deepEqual(
      samples.slice(-3).map(({ time }) => time),
      [total - 2, total - 1, total],
    );
    assert.equal(samples[0]?.time, 1);
    assert.equal(history.since(total - 5).samples.length, 5);
  });
});

describe('names of chunks', () => {
  it('reads what gdb says of a symbol', () => {
    assert.deepEqual(parseInfoSymbol('server + 16 in section .bss of /tmp/app\n'), {
      symbol: 'server',
      offset: 16,
    });
    assert.deepEqual(parseInfoSymbol('cache in section .data\n'), { symbol: 'cache', offset: 0 });
    assert.equal(parseInfoSymbol('No symbol matches 0x1.\n'), undefined);
  });

  const PTYPE = `/* offset      |    size */  type = struct server {
/*      0      |       4 */    int port;
/* XXX  4-byte hole      */
/*      8      |      24 */    struct pools {
/*      8      |       8 */        SpacesChunk small;
/*     16      |       8 */        SpacesChunk *others;
/*     24      |       8 */        char *name;

                                   /* total size (bytes):   24 */
                               } pools;
/*     32      |       8 */    SpacesChunk cache;

                               /* total size (bytes):   40 */
                             }
`;

  it('finds the member at an offset, nested ones too', () => {
    assert.equal(memberAt(PTYPE, 32), 'cache');
    assert.equal(memberAt(PTYPE, 8), 'pools.small');
    assert.equal(memberAt(PTYPE, 16), 'pools.others');
    assert.equal(memberAt(PTYPE, 4), undefined);
  });

  it('names plain variables, members, elements, and statics of functions', async () => {
    const answers: Record<string, string> = {
      'info symbol 0x10': 'cache in section .bss of /app',
      'info symbol 0x20': 'server + 32 in section .bss of /app',
      'info symbol 0x30': 'pools + 24 in section .bss of /app',
      'info symbol 0x40': 'hidden.0 in section .bss of /app',
      'info symbol 0x50': 'No symbol matches 0x50.',
      "whatis 'cache'": 'type = SpacesChunk\n',
      "whatis 'server'": 'type = struct server\n',
      "whatis 'pools'": 'type = SpacesChunk [8]\n',
      "ptype /o 'server'": PTYPE,
    };
    const console = (command: string) =>
      answers[command] === undefined
        ? Promise.reject(new Error('no symbol'))
        : Promise.resolve(answers[command]);
    assert.equal(await symbolAt(0x10n, console), 'cache');
    assert.equal(await symbolAt(0x20n, console), 'server.cache');
    assert.equal(await symbolAt(0x30n, console), 'pools[3]');
    assert.equal(await symbolAt(0x40n, console), 'hidden');
    assert.equal(await symbolAt(0x50n, console), undefined);
  });

  it('asks once a generation, keeps what it found, and drops it with its chunk', async () => {
    let searches = 0;
    const sources: NameSources = {
      data: () => Promise.resolve([{ address: 0n, length: 64 }]),
      search: (_ranges, values) => {
        searches++;
        return Promise.resolve(values.includes(7n) ? [{ address: 0x10n, value: 7n }] : []);
      },
      console: (command) =>
        Promise.resolve(command.startsWith('info symbol') ? 'cache in section .bss' : 'type = SpacesChunk'),
      locals: () => Promise.resolve([{ name: 'local', address: 8n }]),
      log: () => undefined,
    };
    const names = new ChunkNames(sources);
    await names.lookUp([7n, 8n, 9n], 1);
    assert.deepEqual(
      [7n, 8n, 9n].map((chunk) => names.nameOf(chunk)),
      ['cache', 'local', undefined],
    );
    await names.lookUp([7n, 8n, 9n], 1);
    assert.equal(searches, 1);
    await names.lookUp([7n, 8n], 2);
    assert.equal(searches, 1, 'all are named');
    await names.lookUp([8n, 9n], 3);
    assert.equal(searches, 2);
    assert.equal(names.nameOf(7n), undefined);
  });

  it('takes data and what follows it without a name, of chosen files only', () => {
    const maps = `5500-5600 r--p 00000000 08:01 1      /app
5600-5700 rw-p 00000000 08:01 1      /app
5700-5900 rw-p 00000000 00:00 0
6000-6100 rw-p 00000000 00:00 0      [heap]
7000-7100 rw-p 00000000 08:01 1      /lib/libc.so.6
`;
    assert.deepEqual(
      parseData(maps, (path) => path === '/app'),
      [
        { address: 0x5600n, length: 0x100 },
        { address: 0x5700n, length: 0x200 },
      ],
    );
  });
});

describe('pointers in scope', () => {
  it('finds those in a structure, strings and symbols apart', () => {
    const text =
      '{x = 3, next = 0x4052a0, name = 0x4052b0 "a = 0x1, {\\"}", inner = {handler = 0x401136 <main+4>, p = 0x0}, list = {0x10, 0x20}}';
    assert.deepEqual(membersIn('v', text), [
      { name: 'v.next', address: 0x4052a0n },
      { name: 'v.name', address: 0x4052b0n },
      { name: 'v.inner.handler', address: 0x401136n },
      { name: 'v.inner.p', address: 0n },
    ]);
  });

  it('reads the value of a pointer as gdb prints it', () => {
    assert.equal(pointerValue('0x4052a0 "text"'), 0x4052a0n);
    assert.equal(pointerValue('(int *) 0x10'), 0x10n);
    assert.equal(pointerValue('42'), undefined);
  });
});

describe('parts of a block', () => {
  it('covers it without gaps', () => {
    assert.deepEqual(partsOf({ length: 80, front: 16, redzones: true }, { inUse: true, size: 40 }), [
      { part: 'front-redzone', start: 0, length: 16 },
      { part: 'payload', start: 16, length: 40 },
      { part: 'back-redzone', start: 56, length: 24 },
    ]);
    assert.deepEqual(partsOf({ length: 64, front: 0, redzones: false }, { inUse: false, size: 64 }), [
      { part: 'free', start: 0, length: 64 },
    ]);
  });
});
