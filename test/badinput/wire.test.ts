/** What a client may send or do: malformed requests, garbage, and going away. */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { compile } from '../dap/support/programs';
import * as dap from '../dap/support/session';

/** The private directory of a session, as its program sees it. */
function directoryOf(pid: number): string {
  const variables = fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  const socket = variables.find((one) => one.startsWith('SPACES_REPORT_SOCKET='))?.split('=')[1];
  assert.ok(socket);
  return path.dirname(socket);
}

describe('a client', () => {
  const looping = compile('loop.c');
  const basic = compile('basic.c');
  let session: dap.Session;

  beforeEach(async () => {
    session = await dap.open();
  });
  afterEach(() => dap.closeAll());

  /** Put bytes on the adapter's stdin. */
  function raw(text: string): void {
    session.adapter.stdin?.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  /** A response to a request that was put on the wire by hand. */
  function answerTo(seq: number): Promise<DebugProtocol.Response> {
    return new Promise((resolve) => {
      const wire = session.client as unknown as { dispatch(body: string): void };
      const dispatch = wire.dispatch.bind(session.client);
      wire.dispatch = (body) => {
        const message = JSON.parse(body) as DebugProtocol.Response;
        if (message.type === 'response' && message.request_seq === seq) {
          resolve(message);
        } else {
          dispatch(body);
        }
      };
    });
  }

  async function startLoop(): Promise<number> {
    await dap.launch(session, { program: looping.path });
    const going = dap.waitFor(session, 'output', ({ body }) =>
      (body as { output: string }).output.includes('going'),
    );
    await session.client.configurationDoneRequest();
    await going;
    return dap.programPid(session);
  }

  it('gets an error for each malformed request, and the session goes on', async () => {
    await dap.launchTo(session, { program: basic.path, allocator: 'none' }, basic.source, [
      { line: basic.line('@call') },
    ]);
    const malformed: [string, unknown][] = [
      ['setBreakpoints', {}],
      ['setBreakpoints', { source: { path: basic.source }, breakpoints: 'all' }],
      ['setBreakpoints', { source: { path: basic.source }, breakpoints: [{}] }],
      ['setExceptionBreakpoints', { filters: [1] }],
      ['setInstructionBreakpoints', { breakpoints: [{ instructionReference: 'nowhere' }] }],
      ['stackTrace', {}],
      ['stackTrace', { threadId: 'main' }],
      ['stackTrace', { threadId: 4711 }],
      ['variables', 'everything'],
      ['evaluate', { frameId: 1 }],
      ['setVariable', { variablesReference: 4711, name: 'x', value: '1' }],
      ['readMemory', { memoryReference: 'no symbol', count: 8 }],
      ['disassemble', { memoryReference: 'nowhere', instructionCount: 3 }],
      ['exceptionInfo', { threadId: 1 }],
      ['goto', { threadId: 1, targetId: 99 }],
      ['launch', { program: basic.path }],
      ['no/such/request', {}],
      ['spaces/no-such-request', {}],
      ['cdt-gdb-tests/executeCommand', { command: '-gdb-exit' }],
    ];
    for (const [command, args] of malformed) {
      const message = await dap.failure(session.client.send(command, args));
      assert.ok(message.length > 0 && !/undefined|TypeError/.test(message), `${command}: ${message}`);
    }
    assert.equal((await dap.stack(session))[0]?.name, 'outer');
  });

  it('gets an error for each malformed request on the heap', async () => {
    await dap.launchTo(session, { program: basic.path }, basic.source, [{ line: basic.line('@end') }]);
    const malformed: [string, unknown, RegExp][] = [
      ['spaces/entries', { count: 1e9 }, /"count" is more than 1000/],
      ['spaces/entries', { start: -1 }, /"start" is no whole number/],
      ['spaces/entries', { chunk: 'default' }, /"chunk" is no address/],
      ['spaces/entries', { sort: { by: 'colour' } }, /"by" is none of/],
      ['spaces/entries', { filter: { text: 5 } }, /"filter\.text" is no string/],
      ['spaces/groups', {}, /"by" is missing/],
      ['spaces/locate', {}, /needs "address"/],
      ['spaces/locate', { expression: 'nothing_like_it', frameId: 1000 }, /No symbol/],
      ['spaces/set', {}, /sets nothing/],
      ['spaces/set', { ceiling: 5 }, /"chunk" is missing/],
    ];
    for (const [command, args, expected] of malformed) {
      assert.match(await dap.failure(session.client.customRequest(command, args)), expected);
    }
  });

  it('may ask before anything is launched', async () => {
    for (const [command, args] of [
      ['stackTrace', { threadId: 1 }],
      ['continue', { threadId: 1 }],
      ['pause', { threadId: 1 }],
      ['evaluate', { expression: '1' }],
      ['configurationDone', {}],
    ] as const) {
      assert.match(await dap.failure(session.client.send(command, args)), /started/, command);
    }
  });

  it('may launch twice: the first program goes on', async () => {
    await dap.launch(session, { program: basic.path, allocator: 'none' });
    const again = session.client.launchRequest({ program: basic.path } as object);
    assert.match(await dap.failure(again), /has its program already/);
    assert.equal(await dap.finish(session, () => session.client.configurationDoneRequest()), 28);
  });

  it('may send what is no request at all', async () => {
    for (const text of [
      '{',
      'null',
      '5',
      '[]',
      '"x"',
      '{}',
      '{"type":"request"}',
      '{"type":"response"}',
      '{"type":"event"}',
    ]) {
      raw(text);
    }
    const answered = answerTo(77);
    raw('{"type":"request","seq":77}');
    assert.equal((await answered).success, false);
    assert.deepEqual((await session.client.threadsRequest()).body.threads, []);
  });

  it('may send garbage to the report socket', async () => {
    const pid = await startLoop();
    const socket = path.join(directoryOf(pid), 'reports');
    const hello = JSON.stringify({ v: 1, t: 'hello' });
    const frame = (text: string) =>
      Buffer.concat([Buffer.from(Uint32Array.of(text.length).buffer), Buffer.from(text)]);
    for (const bytes of [
      Buffer.alloc(64, 0xff),
      frame('{'),
      frame(hello),
      frame('{"v":9}'),
      Buffer.from([1]),
    ]) {
      await new Promise((resolve, reject) => {
        const connection = net.connect(socket, () => connection.end(bytes));
        connection.on('close', resolve).on('error', reject).resume();
      });
    }
    assert.ok(dap.isAlive(pid));
    assert.equal(dap.spacesEvents(session, 'spaces/report').length, 0);
    assert.match(session.log(), /report socket/);
    assert.equal((await session.client.threadsRequest()).body.threads.length, 1);
  });

  it('may go away: nothing keeps running, nothing is left behind', async () => {
    const pid = await startLoop();
    const directory = directoryOf(pid);
    assert.equal(fs.statSync(directory).mode & 0o777, 0o700);
    const others = dap.descendants(session.adapter.pid ?? 0);
    assert.ok(others.includes(pid));
    session.adapter.stdin?.end();
    await dap.until('the adapter ends', () => dap.hasEnded(session.adapter), 5000);
    await dap.until('gdb and program end', () => !others.some(dap.isAlive), 5000);
    assert.ok(!fs.existsSync(directory));
  });

  it('may go away without reading what it is told', async () => {
    const flood = compile('flood.c');
    await dap.launch(session, { program: flood.path });
    await session.client.configurationDoneRequest();
    const pid = dap.programPid(session);
    session.adapter.stdout?.destroy();
    session.adapter.stdin?.destroy();
    await dap.until('the adapter ends', () => dap.hasEnded(session.adapter), 5000);
    await dap.until('the program ends', () => !dap.isAlive(pid), 5000);
  });

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGKILL'] as const) {
    it(`may end the adapter by ${signal}`, async () => {
      const pid = await startLoop();
      const directory = directoryOf(pid);
      const others = dap.descendants(session.adapter.pid ?? 0);
      session.adapter.kill(signal);
      await dap.until('the adapter ends', () => dap.hasEnded(session.adapter), 5000);
      await dap.until('gdb and program end', () => ![pid, ...others].some(dap.isAlive), 5000);
      // Killed, it can remove nothing.
      assert.equal(fs.existsSync(directory), signal === 'SIGKILL');
      fs.rmSync(directory, { recursive: true, force: true });
    });
  }

  it('may disconnect while the program runs', async () => {
    const pid = await startLoop();
    await session.client.disconnectRequest();
    await dap.until('the program ends', () => !dap.isAlive(pid), 5000);
    await dap.until('the adapter ends', () => dap.hasEnded(session.adapter), 5000);
  });

  it('is told when gdb is killed', async () => {
    const pid = await startLoop();
    const gdb = dap
      .descendants(session.adapter.pid ?? 0)
      .find((one) => fs.readFileSync(`/proc/${one}/comm`, 'utf8').startsWith('gdb'));
    assert.ok(gdb);
    const terminated = dap.waitFor(session, 'terminated');
    process.kill(gdb, 'SIGKILL');
    await terminated;
    assert.match(dap.output(session, 'stderr'), /gdb has ended unexpectedly/);
    await dap.until('the program ends', () => !dap.isAlive(pid), 5000);
  });
});
