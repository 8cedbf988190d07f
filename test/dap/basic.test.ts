/** Debugging without the allocator: breakpoints, stepping, variables, expressions, memory, output, the end. */
import * as assert from 'node:assert/strict';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { compile } from './support/programs';
import * as dap from './support/session';

describe('debugging', () => {
  const program = compile('basic.c');
  const launch = { program: program.path, allocator: 'none' as const };
  let session: dap.Session;

  beforeEach(async () => {
    session = await dap.open();
  });
  afterEach(() => dap.closeAll());

  const value = (variables: DebugProtocol.Variable[], name: string) =>
    variables.find((variable) => variable.name === name)?.value;

  it('runs a program to its end: output, exit code, process', async () => {
    await dap.launch(session, { ...launch, args: ['one'] });
    const code = await dap.finish(session, () => session.client.configurationDoneRequest());
    assert.equal(code, 28);
    assert.equal(dap.output(session), 'total 28\narg 1: one\n');
    assert.ok(dap.programPid(session) > 0);
  });

  it('stops at a breakpoint, with its frames and their variables', async () => {
    const stop = await dap.launchTo(session, launch, program.source, [{ line: program.line('@inner') }]);
    assert.equal(stop.reason, 'breakpoint');
    const frames = await dap.stack(session);
    assert.deepEqual(
      frames.slice(0, 3).map(({ name }) => name),
      ['add', 'outer', 'main'],
    );
    assert.equal(frames[0]?.line, program.line('@inner'));
    assert.equal(frames[0]?.source?.path, program.source);
    const [inner, outer, main] = frames;
    assert.ok(inner && outer && main);
    assert.equal(value(await dap.locals(session, inner.id), 'sum'), '11');
    // Arrays in a frame that is not the top one.
    const variables = await dap.locals(session, outer.id);
    assert.match(value(variables, 'text') ?? '', /^"hello/);
    const array = variables.find(({ name }) => name === 'array');
    assert.match(array?.memoryReference ?? '', /^0x[0-9a-f]+$/);
    const elements = (
      await session.client.variablesRequest({ variablesReference: array?.variablesReference ?? 0 })
    ).body.variables;
    assert.deepEqual(
      elements.map(({ name, value: text }) => [name, text]),
      [
        ['[0]', '1'],
        ['[1]', '2'],
        ['[2]', '3'],
        ['[3]', '4'],
      ],
    );
    assert.equal(value(await dap.locals(session, main.id), 'total'), '10');
  });

  it('pages through the stack, and tells of more frames only where there are more', async () => {
    const stop = await dap.launchTo(session, launch, program.source, [{ line: program.line('@inner') }]);
    const threadId = stop.threadId ?? 0;
    const page = async (startFrame: number, levels: number): Promise<[string[], number | undefined]> => {
      const { body } = await session.client.stackTraceRequest({ threadId, startFrame, levels });
      return [body.stackFrames.map(({ name }) => name), body.totalFrames];
    };
    assert.deepEqual(await page(0, 1), [['add'], 2]);
    assert.deepEqual(await page(0, 20), [['add', 'outer', 'main'], 3]);
    assert.deepEqual(await page(2, 1), [['main'], 3]);
    assert.deepEqual(await page(3, 20), [[], 3]);
  });

  it('gives no frame the id of one of an earlier stop', async () => {
    await dap.launchTo(session, launch, program.source, [
      { line: program.line('@inner') },
      { line: program.line('@call') },
    ]);
    const before = (await dap.stack(session)).map(({ id }) => id);
    await dap.resume(session);
    const after = (await dap.stack(session)).map(({ id }) => id);
    assert.deepEqual(
      after.filter((id) => before.includes(id)),
      [],
    );
    const stale = await session.client.scopesRequest({ frameId: before[0] ?? 0 });
    assert.deepEqual(stale.body.scopes, []);
  });

  it('follows pointers to structs, and sets members', async () => {
    await dap.launchTo(session, launch, program.source, [{ line: program.line('@call') }]);
    const [top] = await dap.stack(session);
    assert.ok(top);
    const where = (await dap.locals(session, top.id)).find(({ name }) => name === 'where');
    assert.ok(where && where.variablesReference > 0);
    const members = (await session.client.variablesRequest({ variablesReference: where.variablesReference }))
      .body.variables;
    assert.deepEqual(
      members.map(({ name }) => name),
      ['x', 'y', 'next'],
    );
    const set = await session.client.setVariableRequest({
      variablesReference: where.variablesReference,
      name: 'x',
      value: '100',
    });
    assert.equal(set.body.value, '100');
    const sum = await session.client.evaluateRequest({
      expression: 'where->x + where->y',
      frameId: top.id,
      context: 'watch',
    });
    assert.equal(sum.body.result, '106');
    const assigned = await dap.request<{ value: string }>(session, 'setExpression', {
      expression: 'where->y',
      value: '7',
      frameId: top.id,
    });
    assert.equal(assigned.value, '7');
  });

  it('evaluates with and without a frame, and tells what is wrong', async () => {
    await dap.launchTo(session, launch, program.source, [{ line: program.line('@loop') }]);
    const [top] = await dap.stack(session);
    const hover = await session.client.evaluateRequest({ expression: 'counter', context: 'hover' });
    assert.equal(hover.body.result, '7');
    const gdb = await session.client.evaluateRequest({
      expression: '>info line main',
      frameId: top?.id ?? 0,
      context: 'repl',
    });
    assert.match(gdb.body.result, /^Line \d+ of ".*basic\.c"/);
    const wrong = await dap.failure(
      session.client.evaluateRequest({
        expression: 'nothing_like_it',
        frameId: top?.id ?? 0,
        context: 'watch',
      }),
    );
    assert.match(wrong, /No symbol "nothing_like_it"/);
  });

  it('tells of a stop inside of a function that an expression called', async () => {
    await dap.launchTo(session, launch, program.source, [{ line: program.line('@loop') }]);
    const [top] = await dap.stack(session);
    await session.client.setBreakpointsRequest({
      source: { path: program.source },
      breakpoints: [{ line: program.line('@inner') }],
    });
    const stopped = dap.nextStop(session);
    const call = session.client.evaluateRequest({
      expression: 'add(1, 2)',
      frameId: top?.id ?? 0,
      context: 'repl',
    });
    await call.catch(() => undefined);
    assert.match((await stopped).description ?? '', /called from the debugger/);
    assert.equal((await dap.stack(session))[0]?.name, 'add');
  });

  it('pages through large arrays', async () => {
    await dap.launchTo(session, launch, program.source, [{ line: program.line('@print') }]);
    const [top] = await dap.stack(session);
    const { body } = await session.client.evaluateRequest({
      expression: 'numbers',
      frameId: top?.id ?? 0,
      context: 'watch',
    });
    assert.equal(body.indexedVariables, 300);
    const page = await session.client.variablesRequest({
      variablesReference: body.variablesReference,
      filter: 'indexed',
      start: 249,
      count: 3,
    });
    assert.deepEqual(
      page.body.variables.map(({ name, value: text }) => `${name}=${text}`),
      ['[249]=0', '[250]=42', '[251]=0'],
    );
  });

  it('keeps conditions, hit counts and log messages', async () => {
    const line = program.line('@loop');
    let stop = await dap.launchTo(session, launch, program.source, [{ line, condition: 'i == 3' }]);
    assert.equal(stop.reason, 'breakpoint');
    const at = async () => {
      const [top] = await dap.stack(session);
      return (await session.client.evaluateRequest({ expression: 'i', frameId: top?.id ?? 0 })).body.result;
    };
    assert.equal(await at(), '3');
    await session.client.disconnectRequest();
    session = await dap.open();
    stop = await dap.launchTo(session, launch, program.source, [{ line, hitCondition: '%2' }]);
    assert.equal(await at(), '1');
    stop = await dap.resume(session);
    assert.equal(await at(), '3');
    await session.client.disconnectRequest();
    session = await dap.open();
    await dap.launch(session, launch);
    await session.client.setBreakpointsRequest({
      source: { path: program.source },
      breakpoints: [{ line, logMessage: 'i is {i}, twice {i * 2}' }],
    });
    await dap.finish(session, () => session.client.configurationDoneRequest());
    assert.equal(
      dap.output(session, 'console'),
      [0, 1, 2, 3, 4].map((i) => `i is ${i}, twice ${2 * i}\n`).join(''),
    );
  });

  it('keeps unknown functions pending and verifies known ones', async () => {
    await dap.launch(session, launch);
    const set = await session.client.setFunctionBreakpointsRequest({
      breakpoints: [{ name: 'add' }, { name: 'not_there_yet' }],
    });
    assert.deepEqual(
      set.body.breakpoints.map(({ verified }) => verified),
      [true, false],
    );
    const stop = await dap.run(session);
    assert.equal(stop.reason, 'function breakpoint');
    assert.equal((await dap.stack(session))[0]?.name, 'add');
  });

  it('names breakpoints by file name and path, and moves them while the program runs', async () => {
    await dap.launch(session, launch);
    const set = await session.client.setBreakpointsRequest({
      source: { path: program.source },
      breakpoints: [{ line: program.line('@end') }],
    });
    assert.deepEqual(set.body.breakpoints[0]?.source, { name: 'basic.c', path: program.source });
    assert.equal(set.body.breakpoints[0]?.verified, true);
    const again = await session.client.setBreakpointsRequest({
      source: { path: program.source },
      breakpoints: [{ line: program.line('@end') }, { line: program.line('@inner') }],
    });
    assert.equal(again.body.breakpoints[0]?.id, set.body.breakpoints[0]?.id);
    await dap.run(session);
    assert.equal((await dap.stack(session))[0]?.line, program.line('@inner'));
    assert.ok(
      session.events.every(
        ({ event, body }) =>
          event !== 'breakpoint' ||
          !(body as { breakpoint: DebugProtocol.Breakpoint }).breakpoint.source?.name?.includes('/'),
      ),
    );
  });

  it('steps over, in and out', async () => {
    await dap.launchTo(session, launch, program.source, [{ line: program.line('@call') }]);
    const step = async (request: () => Promise<unknown>) => {
      const stopped = dap.nextStop(session);
      await request();
      assert.equal((await stopped).reason, 'step');
      const [top] = await dap.stack(session);
      return `${top?.name}:${top?.line}`;
    };
    assert.match(await step(() => session.client.stepInRequest({ threadId: 1 })), /^add:/);
    assert.match(await step(() => session.client.stepOutRequest({ threadId: 1 })), /^outer:/);
    assert.match(await step(() => session.client.nextRequest({ threadId: 1 })), /^outer:/);
    const instruction = await step(() =>
      session.client.nextRequest({ threadId: 1, granularity: 'instruction' }),
    );
    assert.match(instruction, /^outer:/);
  });

  it('runs out of main when stepping past its end', async () => {
    await dap.launchTo(session, launch, program.source, [{ line: program.line('@end') }]);
    const stopped = dap.nextStop(session);
    await session.client.nextRequest({ threadId: 1 });
    await stopped;
    const code = await dap.finish(session, () => session.client.nextRequest({ threadId: 1 }));
    assert.equal(code, 28);
  });

  it('stops on entry', async () => {
    await dap.launch(session, { ...launch, stopOnEntry: true });
    const stop = await dap.run(session);
    assert.equal(stop.reason, 'entry');
    assert.equal((await dap.stack(session))[0]?.name, 'main');
  });

  it('stops on entry of a program without symbols', async () => {
    const stripped = compile('basic.c', ['-s']);
    await dap.launch(session, { ...launch, program: stripped.path, stopOnEntry: true });
    assert.match(dap.output(session, 'console'), /no debug information/);
    const stop = await dap.run(session);
    assert.equal(stop.reason, 'entry');
    assert.equal(await dap.finish(session, () => session.client.continueRequest({ threadId: 1 })), 28);
  });

  it('pauses and continues', async () => {
    const looping = compile('loop.c');
    await dap.launch(session, { ...launch, program: looping.path });
    const going = dap.waitFor(session, 'output', ({ body }) =>
      (body as { output: string }).output.includes('going'),
    );
    await session.client.configurationDoneRequest();
    await going;
    const stopped = dap.nextStop(session);
    await session.client.pauseRequest({ threadId: 1 });
    assert.equal((await stopped).reason, 'pause');
    assert.ok((await dap.stack(session)).some(({ name }) => name === 'main'));
    // A breakpoint set while it runs takes hold.
    await session.client.continueRequest({ threadId: 1 });
    const hit = dap.nextStop(session);
    const set = await session.client.setBreakpointsRequest({
      source: { path: looping.source },
      breakpoints: [{ line: looping.line('@loop') }],
    });
    assert.equal(set.body.breakpoints[0]?.verified, true);
    assert.equal((await hit).reason, 'breakpoint');
  });

  it('reads and writes memory, and says how much is unreadable', async () => {
    await dap.launchTo(session, launch, program.source, [{ line: program.line('@after') }]);
    const [top] = await dap.stack(session);
    const text = (await dap.locals(session, top?.id ?? 0)).find(({ name }) => name === 'text');
    const reference = text?.memoryReference ?? '';
    const read = await dap.request<DebugProtocol.ReadMemoryResponse['body']>(session, 'readMemory', {
      memoryReference: reference,
      count: 5,
    });
    assert.equal(Buffer.from(read?.data ?? '', 'base64').toString(), 'hello');
    await session.client.send('writeMemory', {
      memoryReference: reference,
      data: Buffer.from('HE').toString('base64'),
    });
    const again = await dap.request<DebugProtocol.ReadMemoryResponse['body']>(session, 'readMemory', {
      memoryReference: reference,
      count: 5,
    });
    assert.equal(Buffer.from(again?.data ?? '', 'base64').toString(), 'HEllo');
    const wild = await dap.request<DebugProtocol.ReadMemoryResponse['body']>(session, 'readMemory', {
      memoryReference: '0x10',
      count: 16,
    });
    assert.equal(wild?.unreadableBytes, 16);
  });

  it('watches a variable', async () => {
    await dap.launchTo(session, launch, program.source, [{ line: program.line('@loop') }]);
    const [top] = await dap.stack(session);
    const { scopes } = (await session.client.scopesRequest({ frameId: top?.id ?? 0 })).body;
    await session.client.variablesRequest({ variablesReference: scopes[0]?.variablesReference ?? 0 });
    const info = await dap.request<DebugProtocol.DataBreakpointInfoResponse['body']>(
      session,
      'dataBreakpointInfo',
      {
        name: 'total',
        variablesReference: scopes[0]?.variablesReference,
      },
    );
    assert.match(info.dataId ?? '', /^0x[0-9a-f]+\/4$/);
    const set = await dap.request<DebugProtocol.SetDataBreakpointsResponse['body']>(
      session,
      'setDataBreakpoints',
      {
        breakpoints: [{ dataId: info.dataId, accessType: 'write' }],
      },
    );
    assert.equal(set.breakpoints[0]?.verified, true);
    await session.client.setBreakpointsRequest({ source: { path: program.source }, breakpoints: [] });
    const stop = await dap.resume(session);
    assert.equal(stop.reason, 'data breakpoint');
    assert.match(stop.description ?? '', /changed from 0 to 1/);
  });

  it('knows the lines with code, jumps to one, and completes expressions', async () => {
    await dap.launchTo(session, launch, program.source, [{ line: program.line('@call') }]);
    const line = program.line('@after');
    const locations = await dap.request<DebugProtocol.BreakpointLocationsResponse['body']>(
      session,
      'breakpointLocations',
      {
        source: { path: program.source },
        line: 1,
        endLine: 400,
      },
    );
    assert.ok(locations?.breakpoints.some((one) => one.line === line));
    assert.ok(!locations?.breakpoints.some((one) => one.line === 1));
    const targets = await dap.request<DebugProtocol.GotoTargetsResponse['body']>(session, 'gotoTargets', {
      source: { path: program.source },
      line,
    });
    const stopped = dap.nextStop(session);
    await session.client.send('goto', { threadId: 1, targetId: targets.targets[0]?.id });
    assert.equal((await stopped).reason, 'goto');
    assert.equal((await dap.stack(session))[0]?.line, line);
    const [top] = await dap.stack(session);
    const completions = await dap.request<DebugProtocol.CompletionsResponse['body']>(session, 'completions', {
      frameId: top?.id,
      text: 'coun',
      column: 5,
    });
    assert.ok(completions.targets.some(({ label }) => label === 'counter'));
  });

  it('disassembles', async () => {
    await dap.launchTo(session, launch, program.source, [{ line: program.line('@call') }]);
    const [top] = await dap.stack(session);
    const response = await dap.request<DebugProtocol.DisassembleResponse['body']>(session, 'disassemble', {
      memoryReference: top?.instructionPointerReference,
      instructionCount: 4,
    });
    assert.equal(response?.instructions.length, 4);
  });

  it('tells of a crash: signal as a stop, then exit by it', async () => {
    const crashing = compile('crash.c');
    await dap.launch(session, { ...launch, program: crashing.path });
    const stop = await dap.run(session);
    assert.equal(stop.reason, 'exception');
    assert.match(stop.description ?? '', /SIGSEGV/);
    const info = await dap.request<DebugProtocol.ExceptionInfoResponse['body']>(session, 'exceptionInfo', {
      threadId: stop.threadId,
    });
    assert.equal(info.exceptionId, 'SIGSEGV');
    assert.equal((await dap.stack(session))[0]?.line, crashing.line('@crash'));
    assert.equal(await dap.finish(session, () => session.client.continueRequest({ threadId: 1 })), 139);
    assert.match(dap.output(session, 'console'), /SIGSEGV/);
  });

  it('lists threads by name as they come and go', async () => {
    const threaded = compile('threads.c', ['-g', '-pthread']);
    await dap.launchTo(session, { ...launch, program: threaded.path }, threaded.source, [
      { line: threaded.line('@work') },
    ]);
    const { threads } = (await session.client.threadsRequest()).body;
    assert.ok(threads.length >= 2);
    assert.ok(
      session.events.some(
        ({ event, body }) => event === 'thread' && (body as { reason: string }).reason === 'started',
      ),
    );
  });

  it('runs without debugging: output and exit code', async () => {
    await dap.launch(session, { ...launch, noDebug: true, args: ['x'] });
    assert.equal(await dap.finish(session, () => session.client.configurationDoneRequest()), 28);
    assert.equal(dap.output(session), 'total 28\narg 1: x\n');
  });

  it('applies env, cwd and setup commands', async () => {
    const showing = compile('environment.c');
    await dap.launch(session, {
      ...launch,
      program: showing.path,
      cwd: '/usr',
      env: { SPACES_TEST_VALUE: 'a b\n"c"' },
      setupCommands: ['set print pretty on'],
    });
    await dap.finish(session, () => session.client.configurationDoneRequest());
    assert.match(dap.output(session), /^cwd \/usr$/m);
    assert.ok(dap.output(session).includes('value a b\n"c"\n'));
    assert.match(dap.output(session), /^preload \(none\)$/m);
    assert.match(dap.output(session), /^lines \(none\)$/m);
  });
});
