/** Attaching to processes that run: looked at, stopped at their errors, and left as they were. */
import * as assert from 'node:assert/strict';
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';
import { promisify } from 'node:util';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { compile, compileFile } from './support/programs';
import * as dap from './support/session';

const LIBRARY = path.join(dap.ROOT, 'dist/native/libspaces-debug.so');
const WITH_SPACES = { ...process.env, LD_PRELOAD: LIBRARY };

interface Running {
  child: ChildProcess;
  pid: number;
  output(): string;
}

describe('attaching', () => {
  const program = compile('attach.c');
  const started = new Set<ChildProcess>();
  let session: dap.Session;

  beforeEach(async () => {
    session = await dap.open();
  });
  afterEach(async () => {
    try {
      await dap.closeAll();
    } finally {
      started.forEach((child) => child.kill('SIGKILL'));
      started.clear();
    }
  });

  const run = async (file = program.path, env: NodeJS.ProcessEnv = WITH_SPACES): Promise<Running> => {
    const child = spawn(file, { env, stdio: ['pipe', 'pipe', 'ignore'] });
    started.add(child);
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const running = { child, pid: child.pid ?? 0, output: () => text };
    await dap.until('the program is ready', () => text.includes('ready\n'));
    return running;
  };

  const attach = async (pid: number | string, more: object = {}) => {
    const initialized = dap.waitFor(session, 'initialized');
    await session.client.attachRequest({ pid, ...more } as never);
    await initialized;
  };

  /** It has no debugger, and frees a block twice without one. */
  const goesOnAlone = async (running: Running) => {
    const { child, pid } = running;
    await dap.until('no debugger', () => tracerOf(pid) === 0);
    const before = running.output().split('misused').length;
    child.kill('SIGUSR1');
    await dap.until('it goes on', () => running.output().split('misused').length > before);
  };

  it('stops at an error with its report, and leaves the process as it was', async () => {
    const running = await run();
    await attach(running.pid, { setupCommands: ['handle SIGUSR1 nostop noprint pass'] });
    await session.client.configurationDoneRequest();
    const stopped = dap.nextStop(session);
    running.child.kill('SIGUSR1');
    const stop = await stopped;
    assert.equal(stop.reason, 'exception');
    assert.equal(stop.description, 'Double free');
    const frames = await dap.stack(session, stop.threadId);
    assert.equal(dap.topUserFrame(frames)?.line, program.line('@twice'));
    const info = await dap.request<DebugProtocol.ExceptionInfoResponse['body']>(session, 'exceptionInfo', {
      threadId: stop.threadId,
    });
    assert.equal(info.exceptionId, 'double-free');
    assert.match(info.details?.stackTrace ?? '', /Allocated: misuse/);
    const heap = await dap.ask(session, 'spaces/heap', {});
    assert.equal(heap.via, 'process');
    assert.equal(heap.pid, running.pid);
    const groups = await dap.ask(session, 'spaces/groups', { by: 'function' });
    assert.ok(groups.groups.some(({ key, count }) => key === 'main' && count >= 10));
    await session.client.continueRequest({ threadId: stop.threadId ?? 1 });
    await dap.until('it went on', () => running.output().includes('misused 1'));
    await session.client.disconnectRequest();
    await goesOnAlone(running);
    running.child.stdin?.end();
    await dap.until('its own end', () => running.child.exitCode !== null);
    assert.equal(running.child.exitCode, 7);
  });

  it('stops at breakpoints, and takes them along where it leaves at one', async () => {
    const running = await run();
    await attach(running.pid, { program: program.path });
    const breakpoints = [{ line: program.line('@tick') }];
    await session.client.setBreakpointsRequest({ source: { path: program.source }, breakpoints });
    const stop = await dap.run(session);
    assert.equal(stop.reason, 'breakpoint');
    const [top] = await dap.stack(session, stop.threadId);
    assert.equal(top?.name, 'tick');
    assert.ok(Number((await dap.locals(session, top?.id ?? 0))[0]?.value) >= 0);
    await dap.resume(session, stop.threadId);
    await session.client.disconnectRequest();
    await goesOnAlone(running);
  });

  it('leaves while it runs into breakpoints all the time', async () => {
    const running = await run();
    for (let round = 0; round < 3; round++) {
      await attach(running.pid);
      const breakpoints = [{ line: program.line('@tick'), condition: 'count < 0' }];
      await session.client.setBreakpointsRequest({ source: { path: program.source }, breakpoints });
      await session.client.configurationDoneRequest();
      await new Promise((resolve) => setTimeout(resolve, 100 + 7 * round));
      await session.client.disconnectRequest();
      await goesOnAlone(running);
      session = await dap.open();
    }
  });

  it('stays where it was asked to', async () => {
    const running = await run();
    await attach(running.pid, { stopOnEntry: true });
    const stop = await dap.run(session);
    assert.equal(stop.reason, 'entry');
    assert.ok((await dap.stack(session, stop.threadId)).some(({ name }) => name === 'main'));
    assert.ok((await dap.ask(session, 'spaces/heap', {})).chunks.length > 0);
    await session.client.disconnectRequest();
    await goesOnAlone(running);
  });

  it('tells the gauges of the running process', async () => {
    const running = await run();
    await attach(running.pid);
    await session.client.configurationDoneRequest();
    await dap.waitFor(session, 'spaces/stats', ({ body }) => (body as { running: boolean }).running);
  });

  it('ends the process where that is asked for, and tells its end', async () => {
    const running = await run();
    await attach(running.pid);
    await session.client.configurationDoneRequest();
    await session.client.disconnectRequest({ terminateDebuggee: true });
    await dap.until('its end', () => dap.hasEnded(running.child));
    session = await dap.open();
    const other = await run();
    await attach(other.pid);
    await session.client.configurationDoneRequest();
    const code = await dap.finish(session, () => {
      other.child.stdin?.end();
      return Promise.resolve();
    });
    assert.equal(code, 7);
  });

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`leaves the process whole where the adapter is ended by ${signal}`, async () => {
      const running = await run();
      await attach(running.pid);
      const breakpoints = [{ line: program.line('@tick'), condition: 'count < 0' }];
      await session.client.setBreakpointsRequest({ source: { path: program.source }, breakpoints });
      await session.client.configurationDoneRequest();
      session.adapter.kill(signal);
      await dap.until('the adapter has ended', () => dap.hasEnded(session.adapter));
      await goesOnAlone(running);
    });
  }

  it('finds a heap that was linked in', async () => {
    const linked = compile('attach.c', [
      '-g',
      '-L',
      path.join(dap.ROOT, 'dist/native'),
      '-lspaces-debug',
      `-Wl,-rpath,${path.join(dap.ROOT, 'dist/native')}`,
      '-Wl,--no-as-needed',
    ]);
    // Compiled each time: the archive that goes into it may be another one.
    const archive = path.join(dap.ROOT, 'native/build/libspaces.a');
    const target = path.join(path.dirname(program.path), 'attach-archived');
    const archived = compileFile(program.source, ['-g', archive, '-pthread', '-ldl'], target);
    for (const [one, build] of [
      [linked, 'debug'],
      [archived, 'fast'],
    ] as const) {
      const running = await run(one.path, process.env);
      await attach(running.pid, { stopOnEntry: true });
      await dap.run(session);
      assert.equal((await dap.ask(session, 'spaces/heap', {})).build, build);
      await session.client.disconnectRequest();
      await goesOnAlone(running);
      session = await dap.open();
    }
  });

  it('says why it cannot, and what to do', async () => {
    const bare = await run(program.path, process.env);
    const refused = (args: object) => dap.failure(session.client.attachRequest(args));
    assert.match(
      await refused({ pid: bare.pid }),
      new RegExp(
        `runs without Spaces.* Start it with Spaces: LD_PRELOAD='\\S+libspaces-debug.so' ${program.path} `,
      ),
    );
    assert.match(await refused({ pid: 2 ** 22 + 1 }), /There is no process 4194305/);
    assert.match(await refused({ pid: null }), /"pid" must be the id of a process/);
    assert.match(await refused({ pid: 'x' }), /"pid" must be the id of a process/);
    assert.match(await refused({ pid: bare.pid, allocator: 'debug' }), /"allocator" must be one of/);
    // Without a heap view it is a debugger as any other; the process may be named as a picker does.
    await attach(`${bare.pid}`, { allocator: 'none', stopOnEntry: true });
    const stop = await dap.run(session);
    assert.ok((await dap.stack(session, stop.threadId)).length > 0);
    assert.match(await dap.failure(dap.ask(session, 'spaces/heap', {})), /runs without Spaces/);
    // Held by that session, it can be held by no other.
    const second = await dap.open();
    assert.match(
      await dap.failure(second.client.attachRequest({ pid: bare.pid } as never)),
      /is being debugged by process \d+ \(gdb\) already/,
    );
  });

  it("says that a process is another user's", async function () {
    if (process.getuid?.() !== 0) {
      this.skip();
    }
    const running = await run();
    const stranger = await dap.open({}, { uid: 65534, gid: 65534 });
    assert.match(
      await dap.failure(stranger.client.attachRequest({ pid: running.pid } as never)),
      /belongs to another user \(0\)/,
    );
  });

  it('to redis-server under load: no request is lost', async function () {
    if (spawnSync('redis-benchmark', ['--version']).error) {
      this.skip();
    }
    const port = await freePort();
    const server = spawn('redis-server', ['--port', String(port), '--save', ''], {
      env: WITH_SPACES,
      stdio: 'ignore',
    });
    started.add(server);
    const pid = server.pid ?? 0;
    await dap.until('redis answers', () => answers(port));
    const requests = 60_000;
    const load = promisify(execFile)(
      'redis-benchmark',
      ['-p', String(port), '-n', String(requests), '-c', '20', '-r', '20000', '-t', 'set', '-d', '100'],
      { timeout: 60_000 },
    );
    await attach(pid);
    await session.client.configurationDoneRequest();
    const stopped = dap.nextStop(session);
    await session.client.pauseRequest({ threadId: 1 });
    const { threadId = 1 } = await stopped;
    const heap = await dap.ask(session, 'spaces/heap', {});
    assert.ok(heap.chunks.some(({ liveCount }) => liveCount > 1000));
    assert.equal((await dap.ask(session, 'spaces/check', {})).damaged, 0);
    await session.client.continueRequest({ threadId });
    await dap.waitFor(session, 'spaces/stats', ({ body }) => (body as { running: boolean }).running);
    await session.client.disconnectRequest();
    const { stdout } = await load;
    assert.match(stdout, new RegExp(`${requests} requests completed`));
    await dap.until('no debugger', () => tracerOf(pid) === 0);
    assert.ok(await answers(port));
    assert.equal(server.exitCode, null);
  });
});

/** The process that debugs another one; 0 for none. */
function tracerOf(pid: number): number {
  return Number(/^TracerPid:\s*(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('data', (bytes) => {
      socket.destroy();
      resolve(bytes.toString().includes('PONG'));
    });
    socket.write('PING\r\n');
  });
}
