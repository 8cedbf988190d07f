/** Errors of the allocator as stops: where, why, with which stacks, and under which filters. */
import * as assert from 'node:assert/strict';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { compile } from './support/programs';
import * as dap from './support/session';

describe('errors of the allocator', () => {
  const program = compile('heap.c');
  const launch = { program: program.path };
  let session: dap.Session;

  beforeEach(async () => {
    session = await dap.open();
  });
  afterEach(() => dap.closeAll());

  const exceptionInfo = (threadId = 1) =>
    dap.request<DebugProtocol.ExceptionInfoResponse['body']>(session, 'exceptionInfo', { threadId });

  it('stop at a double free on the line of the user, with all three stacks', async () => {
    await dap.launch(session, launch);
    const stop = await dap.run(session);
    assert.equal(stop.reason, 'exception');
    assert.equal(stop.description, 'Double free');
    assert.match(stop.text ?? '', /^Double free/);
    const frames = await dap.stack(session);
    const top = dap.topUserFrame(frames);
    assert.equal(top?.name, 'release');
    assert.equal(top?.line, program.line('@free'));
    for (const frame of frames.slice(0, frames.indexOf(top))) {
      assert.equal(frame.presentationHint, 'subtle', frame.name);
    }
    assert.equal(frames[frames.indexOf(top) + 1]?.line, program.line('@second'));
    const info = await exceptionInfo();
    assert.equal(info.exceptionId, 'double-free');
    assert.equal(info.breakMode, 'always');
    for (const marker of ['@allocate', '@free']) {
      assert.match(info.details?.stackTrace ?? '', new RegExp(`heap\\.c:${program.line(marker)}\\b`), marker);
    }
    const stacks = (info.details?.innerException ?? []).map(({ stackTrace }) => stackTrace).join('\n');
    for (const marker of ['@allocate', '@free', '@first', '@second']) {
      assert.match(stacks, new RegExp(`heap\\.c:${program.line(marker)}\\b`), marker);
    }
    const [report] = dap.spacesEvents(session, 'spaces/report');
    assert.ok(report);
    assert.equal(report.kind, 'double-free');
    assert.equal(report.pid, dap.programPid(session));
    const userLine = (stack: typeof report.detected) => stack.find((frame) => frame.user)?.line;
    assert.equal(userLine(report.detected), program.line('@free'));
    assert.equal(userLine(report.allocated), program.line('@allocate'));
    assert.equal(userLine(report.freed), program.line('@free'));
    assert.equal(report.freed.filter((frame) => frame.user)[1]?.line, program.line('@first'));
    assert.deepEqual((await dap.ask(session, 'spaces/reports', {})).reports, [report]);
  });

  it('go on to the end of the program', async () => {
    await dap.launch(session, launch);
    await dap.run(session);
    assert.equal(await dap.finish(session, () => session.client.continueRequest({ threadId: 1 })), 0);
    assert.match(dap.output(session), /^start\n(spaces: .*\n)?end\n$/);
  });

  it('leave variables of the user frame readable, and step to the next line of the user', async () => {
    await dap.launch(session, launch);
    await dap.run(session);
    const top = dap.topUserFrame(await dap.stack(session));
    const [text] = await dap.locals(session, top?.id ?? 0);
    assert.equal(text?.name, 'text');
    const stopped = dap.nextStop(session);
    await session.client.nextRequest({ threadId: 1 });
    assert.equal((await stopped).reason, 'step');
    const [after] = await dap.stack(session);
    assert.equal(after?.name, 'release');
    assert.equal(after.line, program.line('@free') + 1);
  });

  it('do not stop where their filter is off, and are told all the same', async () => {
    await dap.launch(session, launch);
    await session.client.setExceptionBreakpointsRequest({ filters: ['overflow', 'signals'] });
    assert.equal(await dap.finish(session, () => session.client.configurationDoneRequest()), 0);
    assert.ok(!session.events.some(({ event }) => event === 'stopped'));
    assert.deepEqual(
      dap.spacesEvents(session, 'spaces/report').map(({ kind }) => kind),
      ['double-free'],
    );
  });

  it('are told of a program without debugging too, with lines', async () => {
    await dap.launch(session, { ...launch, noDebug: true, args: ['linger'] });
    assert.equal(await dap.finish(session, () => session.client.configurationDoneRequest()), 0);
    const [report] = dap.spacesEvents(session, 'spaces/report');
    assert.equal(report?.detected.find((frame) => frame.user)?.line, program.line('@free'));
    assert.equal(report.allocated.find((frame) => frame.user)?.line, program.line('@allocate'));
  });

  it('are caught by the fast build too', async () => {
    await dap.launch(session, { ...launch, allocator: 'fast' });
    const stop = await dap.run(session);
    assert.equal(stop.reason, 'exception');
    assert.equal(dap.topUserFrame(await dap.stack(session))?.line, program.line('@free'));
  });

  it('keep steps out of the allocator', async () => {
    await dap.launchTo(session, launch, program.source, [{ line: program.line('@allocate') }]);
    const stopped = dap.nextStop(session);
    await session.client.stepInRequest({ threadId: 1 });
    assert.equal((await stopped).reason, 'step');
    const [top] = await dap.stack(session);
    assert.equal(top?.name, 'make');
    assert.equal(top.line, program.line('@allocate') + 1);
  });

  it('stop the thread that made them', async () => {
    const threaded = compile('thread-error.c', ['-g', '-pthread']);
    await dap.launch(session, { program: threaded.path });
    const stop = await dap.run(session);
    assert.equal(stop.reason, 'exception');
    assert.notEqual(stop.threadId, 1);
    const top = dap.topUserFrame(await dap.stack(session, stop.threadId));
    assert.equal(top?.line, threaded.line('@bad'));
    assert.equal((await exceptionInfo(stop.threadId)).exceptionId, 'invalid-free');
  });

  it('tell invalid free, overflow, underflow and write after free apart', async () => {
    const kinds = compile('kinds.c');
    for (const kind of ['invalid-free', 'overflow', 'underflow', 'write-after-free'] as const) {
      const one = await dap.open();
      await dap.launch(one, { program: kinds.path, args: [kind] });
      const stop = await dap.run(one);
      assert.equal(stop.reason, 'exception', kind);
      const [report] = dap.spacesEvents(one, 'spaces/report');
      assert.equal(report?.kind, kind);
      await one.client.disconnectRequest();
    }
  });

  it('stop on the very access where blocks are guarded, reads too, and let the program go on', async () => {
    const accesses = compile('accesses.c');
    const kinds = {
      overread: 'overflow',
      underread: 'underflow',
      'use-after-free': 'use-after-free',
    } as const;
    for (const [access, kind] of Object.entries(kinds)) {
      const one = await dap.open();
      await dap.launch(one, { program: accesses.path, args: [access], guard: 'all' });
      const stop = await dap.run(one);
      assert.equal(stop.reason, 'exception', access);
      const reports = dap.spacesEvents(one, 'spaces/report');
      assert.deepEqual(
        reports.map((report) => report.kind),
        [kind],
        access,
      );
      assert.match(reports[0]?.message ?? '', /a read at offset -?\d+ of the (freed )?block of 64 bytes/);
      const top = dap.topUserFrame(await dap.stack(one));
      assert.equal(top?.line, accesses.line(`@${access}`), access);
      assert.equal(reports[0]?.detected[0]?.line, accesses.line(`@${access}`), access);
      // Flush with the start of its page or with the end, a guarded block is listed as what was asked for.
      const { entries } = await dap.ask(one, 'spaces/entries', { state: 'live' });
      assert.ok(entries.every(({ size, requested }) => requested > 0 && size === requested));
      assert.equal(await dap.finish(one, () => one.client.continueRequest({ threadId: 1 })), 0);
      assert.match(dap.output(one), /end/);
    }
  });

  it('tell calls of libc that leave a block, unless told not to', async () => {
    const accesses = compile('accesses.c', ['-g', '-fno-builtin']);
    await dap.launch(session, { program: accesses.path, args: ['call'] });
    const stop = await dap.run(session);
    assert.equal(stop.description, 'Overflow');
    assert.match(
      dap.spacesEvents(session, 'spaces/report')[0]?.message ?? '',
      /memcpy writes 65 bytes at offset 0 of the block of 64 bytes at 0x[0-9a-f]+: 1 byte past its end/,
    );
    assert.equal(dap.topUserFrame(await dap.stack(session))?.line, accesses.line('@call'));
    const other = await dap.open();
    await dap.launch(other, { program: accesses.path, args: ['call'], checkCalls: false });
    const late = await dap.run(other); // at the end, where the whole heap is checked
    assert.equal(late.description, 'Overflow');
    assert.match(dap.spacesEvents(other, 'spaces/report')[0]?.message ?? '', /was written past its end/);
  });

  it("leave the program's own faults what they are", async () => {
    const accesses = compile('accesses.c');
    await dap.launch(session, { program: accesses.path, args: ['own-fault'], guard: 'all' });
    const stop = await dap.run(session);
    assert.equal(stop.reason, 'exception');
    assert.match(stop.description ?? '', /SIGSEGV/);
    assert.equal(dap.topUserFrame(await dap.stack(session))?.line, accesses.line('@own-fault'));
    assert.equal(dap.spacesEvents(session, 'spaces/report').length, 0);
  });

  it('are told where a call from the console makes them, and the program stays where it was', async () => {
    await dap.launchTo(session, launch, program.source, [{ line: program.line('@second') }]);
    const [top] = await dap.stack(session);
    const frameId = top?.id ?? 0;
    await session.client.evaluateRequest({ expression: '(void)free(twice)', frameId, context: 'repl' });
    await dap.until('the report is there', () => dap.spacesEvents(session, 'spaces/report').length > 0);
    assert.equal(dap.spacesEvents(session, 'spaces/report').length, 1);
    assert.equal((await dap.stack(session))[0]?.line, program.line('@second'));
    const stop = await dap.resume(session);
    assert.equal(stop.description, 'Double free');
  });

  it('reach a program in the terminal of the client', async () => {
    const terminals = dap.serveTerminals(session);
    await dap.launch(session, { ...launch, console: 'integratedTerminal' });
    const stop = await dap.run(session);
    assert.equal(stop.description, 'Double free');
    assert.equal(await dap.finish(session, () => session.client.continueRequest({ threadId: 1 })), 0);
    await dap.until('the output is there', () => terminals.text().includes('end'));
    assert.match(terminals.text(), /^start\r\n(spaces: .*\r\n)?end\r\n$/);
    assert.equal(dap.output(session), '');
  });
});
