/** The spaces/* requests on a real program: chunks, blocks, groups, checks, limits. */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { PROTOCOL_VERSION } from '../../adapter/src/protocol';
import { compile } from './support/programs';
import * as dap from './support/session';

describe('the heap', () => {
  const program = compile('blocks.c', [
    '-g',
    '-I',
    path.join(dap.ROOT, 'native/include'),
    '-L',
    path.join(dap.ROOT, 'dist/native'),
    '-lspaces-debug',
    `-Wl,-rpath,${path.join(dap.ROOT, 'dist/native')}`,
  ]);
  const launch = { program: program.path, allocator: 'linked' as const };
  let session: dap.Session;

  beforeEach(async () => {
    session = await dap.open();
  });
  afterEach(() => dap.closeAll());

  const stopAt = (marker: string, more: object = {}) =>
    dap.launchTo(session, { ...launch, ...more }, program.source, [{ line: program.line(marker) }]);

  it('shows chunks with names, counts and limits', async () => {
    await stopAt('@look');
    const heap = await dap.ask(session, 'spaces/heap', {});
    assert.equal(heap.protocol, PROTOCOL_VERSION);
    assert.equal(heap.pid, dap.programPid(session));
    assert.equal(heap.build, 'debug');
    assert.equal(heap.via, 'process');
    assert.ok(heap.process.heapTotal > 0);
    const chunk = heap.chunks.find(({ kind }) => kind === 'variable');
    assert.ok(chunk, JSON.stringify(heap.chunks));
    assert.equal(chunk.label, 'chunk');
    assert.equal(chunk.created.find((frame) => frame.user)?.function, 'make_chunk');
    assert.equal(chunk.liveCount, 20);
    assert.equal(chunk.ceiling, 8 * 2 ** 20);
    assert.ok(chunk.liveBytes >= 20 * 100 && chunk.footprint >= chunk.liveBytes);
    const fallback = heap.chunks.find(({ kind }) => kind === 'default');
    assert.equal(fallback?.label, 'Default chunk');
    assert.equal(fallback.ceiling, null);
  });

  it('lists blocks in pages, sorted and filtered, with their sites', async () => {
    await stopAt('@look');
    const heap = await dap.ask(session, 'spaces/heap', {});
    const chunk = heap.chunks.find(({ kind }) => kind === 'variable')?.id ?? '';
    const page = await dap.ask(session, 'spaces/entries', {
      chunk,
      sort: { by: 'size', descending: true },
      start: 0,
      count: 5,
    });
    assert.equal(page.total, 20);
    assert.equal(page.entries.length, 5);
    assert.equal(page.generation, heap.generation);
    assert.deepEqual(
      page.entries.map(({ requested }) => requested),
      [119, 118, 117, 116, 115],
    );
    const [entry] = page.entries;
    assert.equal(entry?.chunk, chunk);
    assert.equal(entry.inUse, true);
    assert.equal(entry.site.find((frame) => frame.user)?.function, 'fill');
    const large = await dap.ask(session, 'spaces/entries', { chunk, filter: { minSize: 118 } });
    assert.ok(large.total < 20 && large.total >= 2);
    const text = await dap.ask(session, 'spaces/entries', { filter: { text: 'only_here' } });
    assert.equal(text.total, 1);
    assert.equal(text.entries[0]?.requested, 77);
  });

  it('groups blocks by function', async () => {
    await stopAt('@look');
    const { groups } = await dap.ask(session, 'spaces/groups', { by: 'function' });
    assert.equal(groups.find(({ key }) => key === 'fill')?.count, 20);
    assert.equal(groups.find(({ key }) => key === 'only_here')?.bytes, 77);
  });

  it('locates what a pointer points at', async () => {
    await stopAt('@look');
    const top = dap.topUserFrame(await dap.stack(session));
    const frameId = top?.id ?? 0;
    const live = await dap.ask(session, 'spaces/locate', { expression: 'single', frameId });
    assert.equal(live.verdict, 'live');
    assert.equal(live.entry?.requested, 77);
    const interior = await dap.ask(session, 'spaces/locate', { expression: 'single + 10', frameId });
    assert.equal(interior.verdict, 'interior');
    assert.equal(interior.offset, 10);
    const freed = await dap.ask(session, 'spaces/locate', { expression: 'gone', frameId });
    assert.equal(freed.verdict, 'free');
    const wild = await dap.ask(session, 'spaces/locate', { address: '0x1234' });
    assert.equal(wild.verdict, 'wild');
  });

  it('finds damage at the first stop after it, once', async () => {
    await stopAt('@damaged');
    await dap.until('the report is there', () => dap.spacesEvents(session, 'spaces/report').length > 0);
    const [report] = dap.spacesEvents(session, 'spaces/report');
    assert.equal(report?.kind, 'overflow');
    assert.equal(report.byCheck, true);
    assert.match(report.message, /, before the first stop$/);
    assert.equal(report.allocated.find((frame) => frame.user)?.function, 'only_here');
    const check = await dap.ask(session, 'spaces/check', {});
    assert.ok(check.blocks > 20);
    assert.deepEqual(
      check.reports.map(({ id }) => id),
      [report.id],
    );
    assert.equal(dap.spacesEvents(session, 'spaces/report').length, 1);
  });

  it('says that damage is younger than the stop before', async () => {
    await dap.launch(session, launch);
    await session.client.setBreakpointsRequest({
      source: { path: program.source },
      breakpoints: [{ line: program.line('@look') }, { line: program.line('@damaged') }],
    });
    await dap.run(session);
    await dap.ask(session, 'spaces/check', {});
    await dap.resume(session);
    await dap.until('the report is there', () => dap.spacesEvents(session, 'spaces/report').length > 0);
    assert.match(dap.spacesEvents(session, 'spaces/report')[0]?.message ?? '', /, since the stop before$/);
  });

  it('is read through gdb where the system forbids to read it directly', async function () {
    if (process.getuid?.() !== 0) {
      this.skip();
    }
    const nobody = 65534;
    const private_ = compile('private.c');
    const one = await dap.open({ HOME: '/nonexistent' }, { uid: nobody, gid: nobody });
    await dap.launchTo(one, { program: private_.path }, private_.source, [{ line: private_.line('@look') }]);
    const heap = await dap.ask(one, 'spaces/heap', {});
    assert.equal(heap.via, 'gdb');
    const entries = await dap.ask(one, 'spaces/entries', { filter: { minSize: 5000, maxSize: 5100 } });
    assert.deepEqual(
      entries.entries.map(({ requested }) => requested),
      [5000],
    );
    await dap.ask(one, 'spaces/check', {});
    const told = dap.output(one, 'console').match(/the heap is read through gdb, which takes longer/g);
    assert.equal(told?.length, 1);
  });

  it('does not look at every stop where that is turned off', async () => {
    await stopAt('@damaged', { checkOnStop: false });
    await dap.ask(session, 'spaces/heap', {});
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(dap.spacesEvents(session, 'spaces/report').length, 0);
    assert.equal((await dap.ask(session, 'spaces/check', {})).reports.length, 1);
  });

  it('sets limits in the stopped program, and tells where one does not hold', async () => {
    await stopAt('@look');
    const heap = await dap.ask(session, 'spaces/heap', {});
    const chunk = heap.chunks.find(({ kind }) => kind === 'variable')?.id ?? '';
    assert.equal(
      (await dap.ask(session, 'spaces/set', { chunk, ceiling: 16 * 2 ** 20 })).ceiling,
      16 * 2 ** 20,
    );
    const after = await dap.ask(session, 'spaces/heap', {});
    assert.equal(after.chunks.find(({ id }) => id === chunk)?.ceiling, 16 * 2 ** 20);
    assert.ok(after.generation > heap.generation);
    assert.equal((await dap.ask(session, 'spaces/set', { chunk, ceiling: null })).ceiling, null);
    const limit = 2 ** 30;
    assert.equal((await dap.ask(session, 'spaces/set', { heapLimit: limit })).heapLimit, limit);
    assert.match(
      await dap.failure(dap.ask(session, 'spaces/set', { chunk, ceiling: 1 })),
      /ceiling was not changed/,
    );
    assert.match(
      await dap.failure(dap.ask(session, 'spaces/set', { chunk: '0x10', ceiling: 1 })),
      /no chunk at 0x10/,
    );
    await session.client.setExceptionBreakpointsRequest({ filters: [] });
    assert.equal(await dap.finish(session, () => session.client.continueRequest({ threadId: 1 })), 0);
  });

  it('applies the limits of the launch configuration', async () => {
    const plain = compile('heap.c');
    await dap.launchTo(session, { program: plain.path, heapLimit: '64MB', ceiling: '32 MiB' }, plain.source, [
      { line: plain.line('@second') },
    ]);
    const heap = await dap.ask(session, 'spaces/heap', {});
    assert.equal(heap.process.heapLimit, 64 * 2 ** 20);
    assert.equal(heap.chunks.find(({ kind }) => kind === 'default')?.ceiling, 32 * 2 ** 20);
  });

  it('says when there is nothing to see', async () => {
    assert.match(
      await dap.failure(dap.ask(session, 'spaces/heap', {})),
      /needs a program that has been started/,
    );
    const basic = compile('basic.c');
    await dap.launchTo(session, { program: basic.path, allocator: 'none' }, basic.source, [
      { line: basic.line('@call') },
    ]);
    assert.match(await dap.failure(dap.ask(session, 'spaces/heap', {})), /runs without Spaces/);
  });

  it('needs a stopped program', async () => {
    const looping = compile('loop.c');
    await dap.launch(session, { program: looping.path });
    await session.client.configurationDoneRequest();
    assert.match(await dap.failure(dap.ask(session, 'spaces/heap', {})), /needs a stopped program/);
  });

  it('is read while the program is killed from outside: a clear error', async () => {
    await stopAt('@look');
    const pid = dap.programPid(session);
    process.kill(pid, 'SIGKILL');
    await dap.until(
      'the process is gone',
      () =>
        !dap.isAlive(pid) ||
        !fs.existsSync(`/proc/${pid}/maps`) ||
        fs.readFileSync(`/proc/${pid}/maps`, 'utf8') === '',
    );
    assert.match(await dap.failure(dap.ask(session, 'spaces/entries', {})), /has ended/);
  });
});
