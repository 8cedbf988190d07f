/** Several processes, one session each: a chunk that they share, and programs that replace themselves. */
import * as assert from 'node:assert/strict';
import { compile, compileLinked, type Program } from './support/programs';
import * as dap from './support/session';

describe('a chunk that two processes share', () => {
  const program = compileLinked('shared.c');
  const key = `0x${(0x5350_0000 + (process.pid & 0xffff)).toString(16)}`;

  afterEach(() => dap.closeAll());

  const standing = async (how: string) => {
    const session = await dap.open();
    const launch = { program: program.path, allocator: 'linked' as const, args: [how, key] };
    await dap.launchTo(session, launch, program.source, [{ line: program.line('@stand') }]);
    return session;
  };
  const sharedOf = async (session: dap.Session) => {
    const { chunks } = await dap.ask(session, 'spaces/heap', {});
    const shared = chunks.find(({ kind }) => kind === 'shared');
    assert.ok(shared, JSON.stringify(chunks));
    return shared;
  };

  it('is seen from both sides under the same key, with the blocks of both', async () => {
    const creator = await standing('create');
    assert.equal((await sharedOf(creator)).liveCount, 1);
    const other = await standing('attach');
    const [seen, alsoSeen] = [await sharedOf(creator), await sharedOf(other)];
    assert.deepEqual([seen.label, alsoSeen.label], Array(2).fill(`chunk (shared, key ${key})`));
    assert.deepEqual([seen.liveCount, alsoSeen.liveCount], [2, 2]);
    for (const [session, chunk] of [
      [creator, seen.id],
      [other, alsoSeen.id],
    ] as const) {
      const { entries } = await dap.ask(session, 'spaces/entries', { chunk, state: 'live' });
      assert.deepEqual(entries.map(({ requested }) => requested).sort(), [1111, 2222]);
      assert.equal((await dap.ask(session, 'spaces/check', {})).damaged, 0);
    }
    for (const session of [creator, other]) {
      assert.equal(await dap.finish(session, () => session.client.continueRequest({ threadId: 1 })), 0);
    }
  });
});

describe('a child that calls exec', () => {
  const program = compile('execs.c');
  afterEach(() => dap.closeAll());

  /** Runs the parent; each child's session stops at its work and its error, and goes on to its end. */
  async function run(how: string, of: Program) {
    const parent = await dap.open({}, {}, { supportsStartDebuggingRequest: true });
    const stops: (string | number | undefined)[] = [];
    const ended: Promise<number>[] = [];
    dap.serveSessions(parent, async ({ configuration }) => {
      const child = await dap.open();
      const initialized = dap.waitFor(child, 'initialized');
      await child.client.attachRequest(configuration);
      await initialized;
      await child.client.setBreakpointsRequest({
        source: { path: of.source },
        breakpoints: [{ line: of.line('@work') }],
      });
      child.client.on('stopped', ({ body }: { body: { threadId?: number; description?: string } }) => {
        void (async () => {
          const { threadId = 1, description } = body;
          const frames = await dap.stack(child, threadId);
          stops.push(description, dap.topUserFrame(frames)?.line ?? frames[0]?.line);
          await child.client.continueRequest({ threadId });
        })();
      });
      ended.push(dap.finish(child, () => child.client.configurationDoneRequest()));
    });
    await dap.launch(parent, { program: of.path, args: [how], followChildren: true });
    const code = await dap.finish(parent, () => parent.client.configurationDoneRequest());
    assert.equal(code, 0);
    return { stops, codes: await Promise.all(ended), said: dap.output(parent) };
  }

  it('keeps its session, with breakpoints and errors of the program that it has become', async () => {
    const { stops, codes, said } = await run('itself', program);
    assert.deepEqual(
      stops.filter((_, index) => index % 2 === 1),
      [program.line('@work'), program.line('@twice')],
    );
    assert.equal(stops[2], 'Double free');
    assert.deepEqual(codes, [5]);
    assert.match(said, /child ended with 5/);
  });

  it('runs another program to its end', async () => {
    const { stops, codes, said } = await run('other', program);
    assert.deepEqual([stops, codes], [[], [0]]);
    assert.match(said, /other program[^]*child ended with 0/);
  });
});
