/** Stops that belong to blocks: at the n-th allocation of a stack, at a free, at a write; listed and removed. */
import * as assert from 'node:assert/strict';
import { compile } from './support/programs';
import * as dap from './support/session';

describe('breaking on blocks', () => {
  const program = compile('watched.c');
  const line = (marker: string) => program.line(marker);
  let session: dap.Session;

  beforeEach(async () => {
    session = await dap.open();
  });
  afterEach(() => dap.closeAll());

  const start = (allocator: 'debug' | 'fast' = 'debug') =>
    dap.launchTo(session, { program: program.path, allocator }, program.source, [{ line: line('@first') }]);

  async function topLine(threadId = 1): Promise<number | undefined> {
    return dap.topUserFrame(await dap.stack(session, threadId))?.line;
  }

  async function blockOf(variable: string) {
    const [frame] = await dap.stack(session);
    const located = await dap.ask(session, 'spaces/locate', {
      expression: variable,
      frameId: frame?.id ?? 0,
    });
    assert.ok(located.entry);
    return located.entry;
  }

  it('stops when a block is freed, once, on the line of the user', async () => {
    await start();
    const { address, sequence } = await blockOf('second');
    const { watches } = await dap.ask(session, 'spaces/watchBlock', { address, on: 'free' });
    assert.deepEqual(
      watches.map(({ on, hits, description }) => [on, hits, description]),
      [['free', 0, `Free of the 101-byte block at ${address}`]],
    );
    const stop = await dap.resume(session);
    assert.deepEqual([stop.reason, stop.description], ['data breakpoint', 'Block freed']);
    assert.equal(stop.text, `The 101-byte block at ${address} (allocation ${sequence}) is freed.`);
    assert.equal(await topLine(), line('@free'));
    assert.deepEqual((await dap.ask(session, 'spaces/watches', {})).watches, []);
    assert.equal(await dap.finish(session, () => session.client.continueRequest({ threadId: 1 })), 0);
  });

  it('stops at a write to a block, on the line that writes, and no more after its free', async () => {
    await start();
    const { address } = await blockOf('second');
    await dap.ask(session, 'spaces/watchBlock', { address, on: 'write', bytes: 1 });
    const stop = await dap.resume(session);
    assert.deepEqual([stop.reason, stop.description], ['data breakpoint', 'Block written']);
    assert.match(stop.text ?? '', /1 bytes at offset 0 of the 101-byte block .* becomes 98/);
    assert.equal(await topLine(), line('@write'));
    assert.equal(await dap.finish(session, () => session.client.continueRequest({ threadId: 1 })), 0);
    assert.match(dap.output(session, 'console'), /is over: the block was freed/);
  });

  it('stops at the n-th allocation of a stack, and at each, until it is removed', async () => {
    await dap.launchTo(session, { program: program.path }, program.source, [{ line: line('@loop') }]);
    // The loop's first allocation shows its stack.
    await dap.ask(session, 'spaces/watchBlock', { address: (await blockOf('second')).address, on: 'free' });
    const breakpoints = [{ line: line('@free'), hitCondition: '1' }];
    await session.client.setBreakpointsRequest({ source: { path: program.source }, breakpoints });
    await dap.resume(session);
    const { site } = await blockOf('block');
    const frames = site.map(({ address }) => address);
    await dap.ask(session, 'spaces/watchSite', { frames, pass: 4 });
    const fourth = await dap.resume(session);
    assert.equal(fourth.description, 'Block allocated');
    assert.match(fourth.text ?? '', /^The 105-byte block .* number 4 of its stack\) is allocated\.$/);
    assert.equal(await topLine(), line('@allocate'));
    const { watches } = await dap.ask(session, 'spaces/watchSite', { frames });
    const [, once, each] = watches;
    assert.deepEqual([once?.hits, each?.on], [1, 'allocate']);
    assert.match(
      each?.description ?? '',
      new RegExp(`^Each allocation at .*watched\\.c:${line('@allocate')}$`),
    );
    assert.match((await dap.resume(session)).text ?? '', /^The 106-byte block/);
    await dap.ask(session, 'spaces/unwatch', { id: each?.id ?? 0 });
    const last = await dap.resume(session);
    assert.equal(last.description, 'Block freed');
    assert.match(last.text ?? '', /^The 101-byte block/);
    assert.equal(await dap.finish(session, () => session.client.continueRequest({ threadId: 1 })), 0);
  });

  it('refuses what cannot be watched', async () => {
    await start();
    const { address, site } = await blockOf('second');
    const refuses = async (
      command: 'spaces/watchBlock' | 'spaces/watchSite' | 'spaces/unwatch',
      args: object,
    ) => dap.failure(session.client.customRequest(command, args));
    assert.match(
      await refuses('spaces/watchBlock', { address: '0x10', on: 'free' }),
      /no live block at 0x10/,
    );
    assert.match(await refuses('spaces/watchBlock', { address, on: 'read' }), /"on" is none of/);
    assert.match(
      await refuses('spaces/watchBlock', { address, on: 'write', offset: 101 }),
      /not in the block/,
    );
    assert.match(await refuses('spaces/watchBlock', { address, on: 'write', bytes: 33 }), /"bytes" is not/);
    assert.match(await refuses('spaces/watchSite', { frames: [] }), /"frames" is empty/);
    assert.match(await refuses('spaces/watchSite', { frames: [site[0]?.address], pass: 0 }), /counts from 1/);
    assert.match(await refuses('spaces/unwatch', { id: 7 }), /no watch 7/);
    for (let i = 0; i < 48; i++) {
      await dap.ask(session, 'spaces/watchBlock', { address, on: 'resize' });
    }
    assert.match(await refuses('spaces/watchBlock', { address, on: 'free' }), /All 48 places/);
  });

  it('says that the fast build watches no blocks', async () => {
    await start('fast');
    const { address } = await blockOf('second');
    assert.match(
      await dap.failure(dap.ask(session, 'spaces/watchBlock', { address, on: 'free' })),
      /The fast build watches no blocks/,
    );
  });
});
