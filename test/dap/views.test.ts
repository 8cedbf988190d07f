/** The heap looked at from every side on a real program: map, blocks, pointers, snapshots, growth, exports, progress. */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Snapshot } from '../../adapter/src/protocol';
import { compile, compileFile, compileLinked } from './support/programs';
import * as dap from './support/session';

describe('the heap from every side', () => {
  const program = compileLinked('views.c');
  const launch = { program: program.path, allocator: 'linked' as const };
  let session: dap.Session;
  let folder: string;

  beforeEach(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spaces-views-'));
    session = await dap.open();
  });
  afterEach(async () => {
    await dap.closeAll();
    fs.rmSync(folder, { recursive: true });
  });

  const stopAt = (markers: string[], more: object = {}) =>
    dap.launchTo(
      session,
      { ...launch, ...more },
      program.source,
      markers.map((marker) => ({ line: program.line(marker) })),
    );
  const topFrame = async () => dap.topUserFrame(await dap.stack(session))?.id ?? 0;

  it('names chunks by the variables that hold them', async () => {
    await stopAt(['@look']);
    const { chunks } = await dap.ask(session, 'spaces/heap', {});
    const labels = chunks.filter(({ kind }) => kind === 'variable').map(({ label }) => label);
    assert.deepEqual(labels.sort(), ['caches[1]', 'local', 'server.pool']);
    const pool = chunks.find(({ variable }) => variable === 'server.pool');
    assert.equal(pool?.settings?.serialized, true);
  });

  it('tells what the pointers in scope point at', async () => {
    await stopAt(['@look']);
    const { pointers, source } = await dap.ask(session, 'spaces/pointers', { frameId: await topFrame() });
    const of = (name: string) => pointers.find((pointer) => pointer.name === name);
    assert.equal(of('text')?.verdict, 'live');
    assert.equal(of('text')?.chunk, 'Default chunk');
    assert.equal(of('inside')?.verdict, 'interior');
    assert.equal(of('inside')?.offset, 8);
    assert.equal(of('gone')?.dangling, true);
    assert.equal(of('gone')?.freed?.find((frame) => frame.user)?.function, 'main');
    assert.equal(of('list.text')?.dangling, true, 'members of structures too');
    assert.equal(of('text')?.dangling, false);
    assert.equal(source?.path, program.source);
    const { pointers: asked } = await dap.ask(session, 'spaces/pointers', {
      addresses: [of('gone')?.address ?? '', '0x10'],
    });
    assert.deepEqual(
      asked.map(({ verdict }) => verdict),
      ['free', 'wild'],
    );
  });

  it('says behind the values of pointers what they point at', async () => {
    await stopAt(['@look']);
    const frameId = await topFrame();
    const freed = `dangling: freed at views.c:${program.line('@freed')}`;
    const valueOf = async (name: string) =>
      (await dap.locals(session, frameId)).find((variable) => variable.name === name);
    // The first answer may come before the heap was read; then the client is told to ask again.
    await dap.until('the Variables view tells', async () =>
      / → 40 B in Default chunk$/.test((await valueOf('text'))?.value ?? ''),
    );
    const all = await dap.locals(session, frameId);
    const of = (name: string) => all.find((variable) => variable.name === name);
    assert.match(of('text')?.value ?? '', /^0x[0-9a-f]+ '\\a' <repeats 40 times>.* → 40 B in Default chunk$/);
    assert.match(of('inside')?.value ?? '', / → 40 B in Default chunk, at \+8$/);
    assert.match(of('gone')?.value ?? '', new RegExp(`^0x[0-9a-f]+ → ${freed} `));
    assert.doesNotMatch(of('list')?.value ?? '', /→/);
    const { variables } = (
      await session.client.variablesRequest({ variablesReference: of('list')?.variablesReference ?? 0 })
    ).body;
    assert.deepEqual(
      variables.map(({ name, value }) => [name, value.includes(` → ${freed} `)]),
      [
        ['next', false],
        ['text', true],
      ],
    );
    const evaluate = async (expression: string, context: string) =>
      (await session.client.evaluateRequest({ expression, frameId, context })).body.result;
    assert.match(
      await evaluate('inside', 'hover'),
      new RegExp(
        `→ 40 B in Default chunk, at \\+8, allocated at views.c:${program.line('@keep')}, #\\d+, \\d+ allocations ago$`,
      ),
    );
    assert.match(await evaluate('blank[3]', 'watch'), /^-?\d+ → uninitialised heap bytes \(0xcb\)$/);
    assert.match(await evaluate('*(void **)gone', 'hover'), /^0x[0-9a-f]+ → freed heap bytes \(0xdb\)$/);
    assert.doesNotMatch(await evaluate('blank[3]', 'clipboard'), /→/);
    assert.match(await evaluate('inside', 'watch'), / → 40 B in Default chunk, at \+8$/);
    assert.doesNotMatch(await evaluate('inside', 'clipboard'), /→/);
    assert.doesNotMatch(await evaluate('server.port', 'watch'), /→/);
  });

  it('takes back a described value from an edit box, and knows what a call changed', async () => {
    await stopAt(['@look']);
    const frameId = await topFrame();
    const { scopes } = (await session.client.scopesRequest({ frameId })).body;
    const variablesReference = scopes[0]?.variablesReference ?? 0;
    const find = async (name: string) =>
      (await session.client.variablesRequest({ variablesReference })).body.variables.find(
        (variable) => variable.name === name,
      );
    await dap.until('the Variables view tells', async () =>
      ((await find('local'))?.value ?? '').startsWith('0x'),
    );
    const { result } = (
      await session.client.evaluateRequest({ expression: '(void *)inside', frameId, context: 'watch' })
    ).body;
    assert.match(result, /→/);
    const set = await session.client.setVariableRequest({ variablesReference, name: 'gone', value: result });
    assert.match(set.body.value, / → 40 B in Default chunk, at \+8$/);
    await session.client.evaluateRequest({ expression: 'free(text)', frameId, context: 'repl' });
    await dap.until('the freed block is told', async () =>
      ((await find('gone'))?.value ?? '').includes('→ dangling: freed'),
    );
  });

  it('leaves values as they are where that is switched off', async () => {
    await stopAt(['@look'], { describePointers: false });
    const frameId = await topFrame();
    await dap.ask(session, 'spaces/pointers', { frameId });
    assert.ok((await dap.locals(session, frameId)).every(({ value }) => !value.includes('→')));
  });

  it('shows a block with redzones and neighbours, and damage in it', async () => {
    await stopAt(['@look']);
    const frameId = await topFrame();
    const block = await dap.ask(session, 'spaces/block', { expression: 'inside', frameId });
    assert.equal(block.verdict, 'interior');
    assert.equal(block.entry?.requested, 40);
    assert.deepEqual(
      block.parts?.map(({ part }) => part),
      ['front-redzone', 'payload', 'back-redzone'],
    );
    const payload = block.parts?.find(({ part }) => part === 'payload');
    assert.equal(
      block.bytes?.slice(2 * (payload?.start ?? 0), 2 * (payload?.start ?? 0) + 80),
      '07'.repeat(40),
    );
    assert.ok(block.previous ?? block.next);
    assert.equal(block.damage, undefined);
    await session.client.evaluateRequest({ expression: 'text[41] = 9', frameId, context: 'watch' });
    await dap.ask(session, 'spaces/check', {});
    const damaged = await dap.ask(session, 'spaces/block', { expression: 'text', frameId });
    assert.equal(damaged.damage?.kind, 'overflow');
    assert.equal(damaged.damage?.offset, (payload?.start ?? 0) + 41);
    const found = await dap.ask(session, 'spaces/entries', { filter: { damaged: true } });
    assert.deepEqual(
      found.entries.map(({ requested }) => requested),
      [40],
    );
    const map = await dap.ask(session, 'spaces/map', { cells: 16384 });
    assert.equal(map.cells.filter((cell) => cell.damaged).length, 1);
  });

  it('draws the heap, zooms to a slab, and marks what is looked for', async () => {
    await stopAt(['@look']);
    const { chunks } = await dap.ask(session, 'spaces/heap', {});
    const map = await dap.ask(session, 'spaces/map', { cells: 16384, find: { minSize: 40, maxSize: 40 } });
    assert.equal(map.count, map.total);
    assert.equal(map.cells.length, map.total);
    const hit = map.cells.filter(({ hits }) => hits > 0);
    assert.equal(hit.length, 1);
    const live = chunks.filter(({ parent }) => parent === undefined);
    assert.equal(
      map.cells.reduce((sum, { liveBytes }) => sum + liveBytes, 0),
      live.reduce((sum, { liveBytes }) => sum + liveBytes, 0),
    );
    const slab = await dap.ask(session, 'spaces/slab', {
      address: hit[0]?.address ?? '',
      find: { minSize: 40, maxSize: 40 },
    });
    assert.equal(slab.blocks.length, slab.total);
    assert.equal(slab.blocks.filter((block) => block.hit && block.size === 40).length, 1);
  });

  it('groups by line, and lists the blocks of a group', async () => {
    await stopAt(['@before_growth']);
    const key = `${program.source}:${program.line('@keep')}`;
    const { groups, all } = await dap.ask(session, 'spaces/groups', { by: 'line', sort: { by: 'count' } });
    assert.equal(all, groups.length);
    assert.equal(groups.find((group) => group.key === key)?.count, 6);
    const { total } = await dap.ask(session, 'spaces/entries', { filter: { group: { by: 'line', key } } });
    assert.equal(total, 6);
    const { lines } = await dap.ask(session, 'spaces/lines', { path: program.source });
    const kept = 40 + 100 + 101 + 102 + 103 + 104;
    assert.deepEqual(
      lines.find(({ line }) => line === program.line('@keep')),
      { line: program.line('@keep'), count: 6, bytes: kept },
    );
    const { groups: sizes } = await dap.ask(session, 'spaces/groups', { by: 'chunk', text: '0x' });
    assert.equal(sizes.length, 4);
    const tree = await dap.ask(session, 'spaces/callTree', {});
    assert.equal(tree.nodes[0]?.parent, -1);
    const keep = tree.nodes.filter(({ frame }) => frame?.function === 'keep');
    assert.ok(keep.length >= 2, 'from main and from round_trip');
    assert.equal(
      keep.reduce((sum, { bytes }) => sum + bytes, 0),
      kept,
    );
  });

  it('compares snapshots taken by hand', async () => {
    await stopAt(['@look', '@before_growth']);
    const first = await dap.ask(session, 'spaces/snapshot', { name: 'start' });
    assert.equal(first.name, 'start');
    await dap.resume(session);
    const second = await dap.ask(session, 'spaces/snapshot', {});
    assert.equal(second.name, 'Snapshot 1');
    const diff = await dap.ask(session, 'spaces/diff', { from: first.id, to: second.id, by: 'function' });
    const keep = diff.groups.find(({ key }) => key === 'keep');
    assert.equal(keep?.allocated.count, 5);
    assert.equal(keep?.after.bytes - (keep?.before.bytes ?? 0), 510);
    const now = await dap.ask(session, 'spaces/diff', { from: first.id, by: 'function' });
    assert.deepEqual(now, diff);
    assert.deepEqual(
      dap.spacesEvents(session, 'spaces/snapshotTaken').map(({ id }) => id),
      [first.id, second.id],
    );
    const rest = await dap.ask(session, 'spaces/dropSnapshot', { id: first.id });
    assert.deepEqual(
      rest.snapshots.map(({ id }) => id),
      [second.id],
    );
    assert.match(
      await dap.failure(dap.ask(session, 'spaces/diff', { from: first.id, by: 'size' })),
      /no snapshot/,
    );
  });

  it('takes snapshots at places without stopping', async () => {
    await dap.launch(session, { ...launch, snapshotAt: ['round_trip'] });
    await session.client.setBreakpointsRequest({
      source: { path: program.source },
      breakpoints: [
        { line: program.line('@round'), mode: 'snapshot' },
        { line: program.line('@before_growth') },
      ],
    });
    const stop = await dap.run(session);
    assert.equal(stop.reason, 'breakpoint');
    const { snapshots, memory } = await dap.ask(session, 'spaces/snapshots', {});
    assert.equal(snapshots.length, 10, 'five rounds, two places each');
    assert.ok(memory > 0);
    const names = (one: Snapshot) => one.name;
    assert.ok(snapshots.map(names).includes('round_trip #1'));
    assert.equal(snapshots.filter(({ place }) => place?.endsWith(`:${program.line('@round')}`)).length, 5);
    assert.equal(session.events.filter(({ event }) => event === 'stopped').length, 1);
    const [one, two] = snapshots.filter(({ name }) => name.startsWith('round_trip'));
    const diff = await dap.ask(session, 'spaces/diff', {
      from: one?.id ?? 0,
      to: two?.id ?? 0,
      by: 'function',
    });
    assert.equal(diff.groups.find(({ key }) => key === 'keep')?.allocated.count, 1);
    const set = await dap.ask(session, 'spaces/snapshotAt', { places: [{ function: 'grow' }] });
    assert.equal(set.places[0]?.verified, true);
  });

  it('stops where a chunk grows, in the user’s code', async () => {
    await stopAt(['@look', '@done']);
    const { chunks } = await dap.ask(session, 'spaces/heap', {});
    const pool = chunks.find(({ label }) => label === 'server.pool');
    assert.ok(pool);
    const { watched } = await dap.ask(session, 'spaces/breakOnGrowth', { chunk: pool.id, enabled: true });
    assert.deepEqual(watched, [{ chunk: pool.id, above: pool.footprint }]);
    const stop = await dap.resume(session);
    assert.equal(stop.reason, 'data breakpoint');
    assert.match(stop.text ?? '', /^server\.pool grew to \d+ bytes/);
    const frame = dap.topUserFrame(await dap.stack(session));
    assert.equal(frame?.name, 'grow');
    const grown = (await dap.ask(session, 'spaces/heap', {})).chunks.find(({ id }) => id === pool.id);
    assert.ok(grown && grown.footprint > pool.footprint);
    const off = await dap.ask(session, 'spaces/breakOnGrowth', { chunk: pool.id, enabled: false });
    assert.deepEqual(off.watched, []);
    const end = await dap.resume(session);
    assert.equal(end.reason, 'breakpoint');
  });

  it('writes tables and profiles to files', async () => {
    await stopAt(['@before_growth']);
    const file = (name: string) => path.join(folder, name);
    const entries = await dap.ask(session, 'spaces/export', {
      path: file('entries.csv'),
      what: 'entries',
      format: 'csv',
      query: { sort: { by: 'size', descending: true } },
    });
    const lines = fs.readFileSync(file('entries.csv'), 'utf8').trimEnd().split('\r\n');
    assert.equal(lines.length, entries.rows + 1);
    assert.equal(entries.bytes, fs.statSync(file('entries.csv')).size);
    const { total } = await dap.ask(session, 'spaces/entries', { count: 0 });
    assert.equal(entries.rows, total);
    await dap.ask(session, 'spaces/export', {
      path: file('groups.json'),
      what: 'groups',
      format: 'json',
      query: { by: 'function' },
    });
    const groups = JSON.parse(fs.readFileSync(file('groups.json'), 'utf8')) as {
      key: string;
      count: number;
    }[];
    assert.equal(groups.find(({ key }) => key === 'keep')?.count, 6);
    for (const format of ['pprof', 'speedscope'] as const) {
      const answer = await dap.ask(session, 'spaces/export', { path: file(format), what: 'stacks', format });
      assert.ok(answer.rows > 3 && answer.bytes > 100);
    }
    const leaks = await dap.ask(session, 'spaces/export', {
      path: file('leaks.csv'),
      what: 'leaks',
      format: 'csv',
      query: { kinds: ['reachable'] },
    });
    const [head, ...records] = fs.readFileSync(file('leaks.csv'), 'utf8').trimEnd().split('\r\n');
    assert.match(head ?? '', /^class,count,bytes,.*function,file,line$/);
    assert.equal(records.length, leaks.rows);
    assert.ok(
      records.some((line) => /^reachable,.*,keep,.*,\d+$/.test(line)),
      records.join('\n'),
    );
    for (const what of ['chunks', 'reports', 'history'] as const) {
      await dap.ask(session, 'spaces/export', { path: file(`${what}.csv`), what, format: 'csv' });
      assert.ok(fs.existsSync(file(`${what}.csv`)));
    }
    assert.match(
      await dap.failure(
        dap.ask(session, 'spaces/export', {
          path: file('nowhere/x.csv'),
          what: 'chunks',
          format: 'csv',
        }),
      ),
      /could not be written/,
    );
    assert.deepEqual(
      fs.readdirSync(folder).filter((name) => name.endsWith('.part')),
      [],
    );
  });

  it('sets every knob of chunk and process', async () => {
    await stopAt(['@look']);
    const { chunks } = await dap.ask(session, 'spaces/heap', {});
    const chunk = chunks.find(({ label }) => label === 'caches[1]')?.id ?? '';
    const knobs = {
      floor: 2 ** 17,
      ceiling: 2 ** 24,
      freeBytes: 2 ** 18,
      growIncrement: 2 ** 18,
      pageSize: 8192,
      maxSuballoc: 16384,
      maxSubchunks: 4,
      serialized: true,
    };
    const set = await dap.ask(session, 'spaces/set', { chunk, ...knobs });
    assert.deepEqual(set, knobs);
    const after = (await dap.ask(session, 'spaces/heap', {})).chunks.find(({ id }) => id === chunk);
    assert.equal(after?.settings?.pageSize, 8192);
    assert.equal(after.settings.serialized, true);
    assert.equal(after.floor, knobs.floor);
    const process = {
      heapLimit: 2 ** 31,
      growIncrement: 2 ** 21,
      freeBytes: 2 ** 22,
      largeThreshold: 2 ** 23,
      useMunmap: false,
      coalesce: false,
    };
    const own = await dap.ask(session, 'spaces/set', process);
    assert.equal(own.useMunmap, false);
    const heap = await dap.ask(session, 'spaces/heap', {});
    assert.deepEqual(
      { ...process, growIncrement: own.growIncrement },
      {
        heapLimit: heap.process.heapLimit,
        growIncrement: heap.process.growIncrement,
        freeBytes: heap.process.freeBytes,
        largeThreshold: heap.process.largeThreshold,
        useMunmap: heap.process.useMunmap,
        coalesce: heap.process.coalesce,
      },
    );
    assert.match(
      await dap.failure(dap.ask(session, 'spaces/set', { chunk, heapLimit: 5 })),
      /"heapLimit" is the process's/,
    );
    assert.match(await dap.failure(dap.ask(session, 'spaces/set', { pageSize: 5 })), /"chunk" is missing/);
    assert.match(await dap.failure(dap.ask(session, 'spaces/set', {})), /sets nothing/);
  });

  it('refuses what is malformed, request by request', async () => {
    await stopAt(['@look']);
    const commands = [
      'spaces/entries',
      'spaces/groups',
      'spaces/callTree',
      'spaces/lines',
      'spaces/locate',
      'spaces/pointers',
      'spaces/block',
      'spaces/map',
      'spaces/slab',
      'spaces/check',
      'spaces/set',
      'spaces/dropSnapshot',
      'spaces/snapshotAt',
      'spaces/diff',
      'spaces/history',
      'spaces/breakOnGrowth',
      'spaces/export',
      'spaces/cancel',
    ] as const;
    const wrong = { address: 5, chunk: {}, path: 7, id: 'x', from: -1, since: 'now', token: 3, find: 'x' };
    for (const command of commands) {
      const message = await dap.failure(session.client.customRequest(command, wrong));
      assert.match(message, new RegExp(`The request "${command}" is malformed: .+\\.$`), command);
    }
    assert.match(await dap.failure(session.client.customRequest('spaces/unknown', {})), /is not supported/);
  });
});

describe('names that hold anything', () => {
  afterEach(() => dap.closeAll());

  it('arrive as they are', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spaces-<b>&amp;-'));
    const source = path.join(folder, 'od"d <img src=x> \u0007\té.c');
    fs.writeFileSync(
      source,
      '#include <stdio.h>\n#include <stdlib.h>\nint main(void)\n{\n    void *p = malloc(321);\n    printf("%p", p); /* @look */\n    return 0;\n}\n',
    );
    try {
      const program = compileFile(source, ['-g'], path.join(folder, 'odd <b>'));
      const session = await dap.open();
      await dap.launchTo(session, { program: program.path }, source, [{ line: program.line('@look') }]);
      const { entries } = await dap.ask(session, 'spaces/entries', {
        filter: { minSize: 321, maxSize: 321 },
      });
      const site = entries[0]?.site.find((frame) => frame.user);
      assert.equal(site?.source?.path, source);
      assert.equal(site.module, program.path);
      const { groups } = await dap.ask(session, 'spaces/groups', { by: 'file' });
      assert.ok(groups.some(({ key }) => key === source));
      const { lines } = await dap.ask(session, 'spaces/lines', { path: source });
      assert.deepEqual(lines, [{ line: 5, count: 1, bytes: 321 }]);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});

describe('a heap while the program runs', () => {
  afterEach(() => dap.closeAll());

  it('sends gauges at most five times a second, and answers nothing else', async () => {
    const session = await dap.open();
    const program = compile('rising.c');
    await dap.launch(session, { program: program.path });
    await session.client.configurationDoneRequest();
    const stats = () => dap.spacesEvents(session, 'spaces/stats');
    await dap.until('gauges have come', () => stats().length >= 6);
    const running = stats().filter((one) => one.running);
    const times = running.map(({ time }) => time);
    times.slice(1).forEach((time, index) => {
      assert.ok(time - (times[index] ?? 0) >= 190, `${time - (times[index] ?? 0)} ms apart`);
    });
    assert.ok((running.at(-1)?.liveBytes ?? 0) > (running[0]?.liveBytes ?? 0), 'it rises');
    assert.ok((running.at(-1)?.chunks.length ?? 0) > 0);
    assert.match(await dap.failure(dap.ask(session, 'spaces/heap', {})), /needs a stopped program/);
    const { samples } = await dap.ask(session, 'spaces/history', {});
    assert.ok(samples.length >= 6);
    const later = await dap.ask(session, 'spaces/history', { since: samples[2]?.time ?? 0 });
    assert.ok(later.samples.every(({ time }) => time > (samples[2]?.time ?? 0)));
  });

  it('sends them for a run without debugging too', async () => {
    const session = await dap.open();
    const program = compile('rising.c');
    await dap.launch(session, { program: program.path, noDebug: true });
    await session.client.configurationDoneRequest();
    await dap.until('gauges have come', () => dap.spacesEvents(session, 'spaces/stats').length >= 3);
    assert.match(await dap.failure(dap.ask(session, 'spaces/heap', {})), /without debugging/);
  });
});

describe('a heap of a million blocks', () => {
  const program = compile('million.c');
  let session: dap.Session;

  beforeEach(async () => {
    session = await dap.open();
    await dap.launchTo(session, { program: program.path, checkOnStop: false }, program.source, [
      { line: program.line('@look') },
    ]);
  });
  afterEach(() => dap.closeAll());

  const cancelled = async (cancel: () => Promise<unknown>, token: string) => {
    const failed = dap.failure(dap.ask(session, 'spaces/check', { token }));
    await cancel();
    return failed;
  };

  it('cancels a request by its token', async () => {
    const message = await cancelled(() => dap.ask(session, 'spaces/cancel', { token: 'mine' }), 'mine');
    assert.match(message, /^Cancelled/);
    const { blocks } = await dap.ask(session, 'spaces/check', {});
    assert.ok(blocks >= 1_000_000, `${blocks} blocks`);
  });

  it('ends what was asked when the program runs on, and is stepped at once', async () => {
    await dap.ask(session, 'spaces/heap', {});
    const failed = dap.failure(dap.ask(session, 'spaces/check', {}));
    const start = performance.now();
    const stopped = dap.nextStop(session);
    await session.client.nextRequest({ threadId: 1 });
    await stopped;
    const took = performance.now() - start;
    assert.match(await failed, /ran on before/);
    assert.ok(took < 3000, `the step took ${took.toFixed(0)} ms`);
  });
});
