/** From a report to the write that made it: the program is started again and stops at the instruction that writes. */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { LaunchArguments, Report, WriteSearch } from '../../adapter/src/protocol';
import { compile } from './support/programs';
import * as dap from './support/session';

describe('finding the write', () => {
  const program = compile('written.c', ['-g', '-pthread']);

  afterEach(() => dap.closeAll());

  /** The report of one run, and the launch that looks for its write. */
  async function reported(args: string[], more: Partial<LaunchArguments> = {}) {
    const session = await dap.open();
    await dap.launch(session, { program: program.path, args, ...more });
    await session.client.setExceptionBreakpointsRequest({ filters: [] });
    await dap.finish(session, () => session.client.configurationDoneRequest());
    const [report] = dap.spacesEvents(session, 'spaces/report');
    assert.ok(report, 'no report');
    const { launch } = await dap.ask(session, 'spaces/findWrite', { report: report.id });
    await session.client.disconnectRequest();
    return { report, launch };
  }

  async function search(launch: LaunchArguments) {
    const session = await dap.open();
    await dap.launch(session, launch);
    return session;
  }

  function result(session: dap.Session): WriteSearch {
    const [ended] = dap.spacesEvents(session, 'spaces/writeSearch');
    assert.ok(ended, 'no spaces/writeSearch');
    return ended;
  }

  async function finds(args: string[], line: number, more: Partial<LaunchArguments> = {}) {
    const { report, launch } = await reported(args, more);
    const session = await search({ ...launch, ...more });
    const stop = await dap.run(session);
    const where = `${args.join(' ')}: ${stop.description}; ${dap.output(session, 'important')}`;
    assert.equal(stop.reason, 'data breakpoint', where);
    const top = dap.topUserFrame(await dap.stack(session, stop.threadId));
    assert.equal(top?.line, line, where);
    const ended = result(session);
    assert.ok(ended.found && ended.write);
    assert.equal(stop.description, ended.message);
    assert.equal(ended.write.frames.find((frame) => frame.user)?.line, line);
    return { session, report, stop, ended, write: ended.write };
  }

  it('stops at the write past the end of the n-th block of a loop, with the values', async () => {
    const { session, report, stop, ended, write } = await finds(['loop'], program.line('@store'));
    assert.equal(report.pass, 38);
    assert.equal(ended.attempts, 1);
    assert.deepEqual([write.offset, write.before, write.after, write.by], [60, 0xa5, 0x41, 'watchpoint']);
    const checked = await dap.ask(session, 'spaces/check', {});
    assert.deepEqual(
      checked.reports.map(({ id, written }) => [id, written?.offset]),
      [[ended.report, 60]],
      'the damage is the one that was looked for',
    );
    assert.equal(
      stop.description,
      'This write damages the block: byte at offset 60 of the 60-byte block changes from 0xa5 to 0x41',
    );
    // The report of the earlier run stands beside it.
    const [adopted] = dap.spacesEvents(session, 'spaces/report');
    assert.deepEqual({ ...adopted, id: 0 }, { ...report, id: 0 });
    assert.equal(ended.report, adopted?.id);
    // The session goes on as any other: the damage is told where it is found.
    const next = await dap.resume(session);
    assert.equal(next.description, 'Overflow');
    assert.equal(dap.topUserFrame(await dap.stack(session))?.line, program.line('@found'));
    assert.equal(await dap.finish(session, () => session.client.continueRequest({ threadId: 1 })), 0);
  });

  it('shows the line of the user that called the library', async () => {
    const { write } = await finds(['library'], program.line('@library'));
    assert.deepEqual([write.offset, write.after], [20, 0x42]);
  });

  it('finds a write before the start, and one after the free, not those before it', async () => {
    assert.equal((await finds(['underflow'], program.line('@store'))).write.offset, -3);
    const { stop, write } = await finds(['after-free'], program.line('@store'));
    assert.deepEqual([write.offset, write.before, write.after], [50, 0xdb, 0x44]);
    assert.match(stop.description ?? '', /freed 100-byte block/);
  });

  it('finds what was reported at the exit', async () => {
    const { report } = await finds(['leak'], program.line('@store'));
    assert.equal(report.byCheck, true);
  });

  it('lets breakpoints of the user stop the program only after the write', async () => {
    const { launch } = await reported(['loop']);
    const session = await search(launch);
    const breakpoints = [{ line: program.line('@allocate') }, { line: program.line('@found') }];
    await session.client.setBreakpointsRequest({ source: { path: program.source }, breakpoints });
    const stop = await dap.run(session);
    assert.equal(stop.reason, 'data breakpoint');
    const next = await dap.resume(session);
    assert.equal(next.reason, 'breakpoint');
    assert.equal((await dap.stack(session))[0]?.line, program.line('@found'));
  });

  it('finds a write of the kernel at the second attempt', async () => {
    const { ended, write } = await finds(['kernel'], program.line('@kernel'));
    assert.equal(write.by, 'system call');
    assert.equal(ended.attempts, 2);
    assert.match(ended.message, /^This system call damages the block: byte at offset 16/);
  });

  it('finds the write of one of the threads that race', async () => {
    const { write } = await finds(['threads'], program.line('@store'));
    assert.deepEqual([write.offset, write.after], [40, 0x46]);
  });

  it('steps through the program where there is no hardware watchpoint', async () => {
    const { session, write } = await finds(['library'], program.line('@library'), {
      setupCommands: ['set can-use-hw-watchpoints 0'],
    });
    assert.equal(write.by, 'steps');
    assert.match(dap.output(session, 'console'), /No hardware watchpoint is available/);
  });

  it('says what was different where the damage does not come again', async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'spaces-once-'));
    for (const [way, difference] of [
      [
        'once',
        /None of 3 runs.*the block of 10 bytes came, and until the end nobody but the allocator wrote/,
      ],
      ['absent', /None of 3 runs.*its site allocated never, and the damaged block was the 1st of it/],
    ] as const) {
      const { launch } = await reported([way, path.join(directory, way)]);
      const session = await search(launch);
      assert.equal(await dap.finish(session, () => session.client.configurationDoneRequest()), 0);
      const ended = result(session);
      assert.deepEqual([ended.found, ended.attempts, ended.write], [false, 3, undefined]);
      assert.match(ended.message, difference);
      assert.match(dap.output(session, 'important'), difference);
      await session.client.disconnectRequest();
    }
    fs.rmSync(directory, { recursive: true });
  });

  it('is cancelled by a pause', async () => {
    const { report } = await reported(['loop']);
    const loop = compile('loop.c');
    const session = await search({ program: loop.path, findWrite: report });
    await session.client.configurationDoneRequest();
    await dap.until('the program runs', () => session.events.some(({ event }) => event === 'process'));
    const stopped = dap.nextStop(session);
    await session.client.pauseRequest({ threadId: 1 });
    assert.equal((await stopped).reason, 'pause');
    assert.match(result(session).message, /cancelled/);
  });

  it('refuses what it cannot look for', async () => {
    const { report, launch } = await reported(['loop']);
    const launches = async (findWrite: unknown, more: Partial<LaunchArguments> = {}) => {
      const session = await dap.open();
      const refused = await dap.failure(
        session.client.launchRequest({
          ...launch,
          ...more,
          findWrite: findWrite as Report,
        } as DebugProtocol.LaunchRequestArguments),
      );
      await session.client.disconnectRequest();
      return refused;
    };
    assert.match(await launches({ ...report, kind: 'double-free' }), /"findWrite" is a report of kind/);
    assert.match(
      await launches({ ...report, sequence: 0, site: undefined }),
      /does not say which allocation/,
    );
    assert.match(await launches({ ...report, address: 'here' }), /"address" is no address/);
    assert.match(await launches('yes'), /"findWrite" must be a report/);
    assert.match(await launches(report, { allocator: 'fast' }), /needs the debug build/);
    const session = await dap.open();
    await dap.launch(session, launch);
    assert.match(await dap.failure(dap.ask(session, 'spaces/findWrite', { report: 99 })), /no report 99/);
  });
});
