/** Core files: frames and variables by gdb, the heap by the reader, and what is left of damaged ones. */
import * as assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { compile } from './support/programs';
import * as dap from './support/session';

const LIBRARY = path.join(dap.ROOT, 'dist/native/libspaces-debug.so');

describe('a core file', () => {
  const program = compile('core.c');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spaces-core-'));
  const core = path.join(folder, 'a core "file"');
  let session: dap.Session;

  before(() => {
    // gdb writes the core, whatever the system's own pattern for core files is.
    writeCore(program.path, [], core);
  });
  after(() => fs.rmSync(folder, { recursive: true }));
  beforeEach(async () => {
    session = await dap.open();
  });
  afterEach(() => dap.closeAll());

  const open = async (file = core, more: object = {}) => {
    await dap.launch(session, { core: file, ...more });
    return dap.run(session);
  };

  it('stops at the signal, finds its program, and shows frames and variables', async () => {
    const stop = await open();
    assert.equal(stop.reason, 'exception');
    assert.equal(stop.description, 'SIGSEGV: Segmentation fault');
    assert.match(stop.text ?? '', /at address 0x10$/);
    const threadId = stop.threadId ?? 0;
    const info = await dap.request<DebugProtocol.ExceptionInfoResponse['body']>(session, 'exceptionInfo', {
      threadId,
    });
    assert.equal(info.exceptionId, 'SIGSEGV');
    const [top] = await dap.stack(session, threadId);
    assert.equal(top?.name, 'crash');
    assert.equal(top?.line, program.line('@crash'));
    const variables = await dap.locals(session, top?.id ?? 0);
    assert.equal(variables.find(({ name }) => name === 'depth')?.value, '7');
    assert.match(dap.output(session, 'console'), new RegExp(`Core of ${program.path} \\(process \\d+\\)`));
    const { result } = (
      await session.client.evaluateRequest({ expression: 'depth + 1', frameId: top?.id ?? 0 })
    ).body;
    assert.equal(result, '8');
  });

  it('shows the whole heap, and its damage as reports', async () => {
    await open();
    const heap = await dap.ask(session, 'spaces/heap', {});
    assert.equal(heap.via, 'core');
    assert.equal(heap.build, 'debug');
    const page = await dap.ask(session, 'spaces/entries', { filter: { minSize: 77, maxSize: 77 } });
    assert.equal(page.total, 3);
    assert.equal(page.entries[0]?.site.find(({ user }) => user)?.function, 'make');
    const groups = await dap.ask(session, 'spaces/groups', { by: 'function' });
    assert.equal(groups.groups.find(({ key }) => key === 'make')?.count, 3);
    const check = await dap.ask(session, 'spaces/check', {});
    assert.equal(check.reports.length, 1);
    const [report] = check.reports;
    assert.equal(report?.kind, 'overflow');
    assert.equal(report?.allocated.find(({ user }) => user)?.line, program.line('@allocate'));
    await dap.until('the check at the stop', () => dap.spacesEvents(session, 'spaces/report').length === 1);
    const address = report?.address ?? '';
    const found = await dap.ask(session, 'spaces/locate', { address });
    assert.equal(found.verdict, 'live');
    const block = await dap.ask(session, 'spaces/block', { address });
    assert.ok((block.bytes ?? '').length > 0);
    assert.ok((await dap.ask(session, 'spaces/map', { cells: 16 })).cells.length > 0);
    assert.equal((await dap.ask(session, 'spaces/snapshot', { name: 'core' })).name, 'core');
  });

  it('says of each request that needs a process that there is none', async () => {
    const { threadId = 1 } = await open();
    const [top] = await dap.stack(session, threadId);
    const chunk = (await dap.ask(session, 'spaces/heap', {})).chunks[0]?.id ?? '';
    const refused: (() => Promise<unknown>)[] = [
      () => session.client.continueRequest({ threadId }),
      () => session.client.nextRequest({ threadId }),
      () => session.client.pauseRequest({ threadId }),
      () => dap.ask(session, 'spaces/set', { chunk, ceiling: 1 << 20 }),
      () => dap.ask(session, 'spaces/breakOnGrowth', { chunk, enabled: true }),
      () => dap.request(session, 'writeMemory', { memoryReference: chunk, data: 'AA==' }),
      () => dap.request(session, 'setExpression', { expression: 'depth', value: '1', frameId: top?.id }),
    ];
    for (const one of refused) {
      assert.match(await dap.failure(one()), /needs a running process; this is a core file/);
    }
    const { breakpoints } = (
      await session.client.setBreakpointsRequest({
        source: { path: program.source },
        breakpoints: [{ line: program.line('@crash') }],
      })
    ).body;
    assert.equal(breakpoints[0]?.verified, false);
    assert.match(breakpoints[0]?.message ?? '', /core file/);
    // The session is as it was.
    assert.ok((await dap.stack(session, threadId)).length > 0);
  });

  it('is shown as far as it goes where it is cut short', async () => {
    const short = path.join(folder, 'short');
    const size = fs.statSync(core).size;
    fs.copyFileSync(core, short);
    for (const part of [0.9, 0.5, 0.01]) {
      fs.truncateSync(short, Math.floor(size * part));
      await open(short, { program: program.path });
      assert.match(dap.output(session, 'console'), /cut short: \d+ [KM]B of \d+ [KM]B of memory are missing/);
      assert.ok((await session.client.threadsRequest()).body.threads.length > 0);
      const answer = await dap.ask(session, 'spaces/heap', {}).catch((error: unknown) => String(error));
      assert.ok(typeof answer === 'object' || /heap/i.test(answer), JSON.stringify(answer));
      await dap.closeAll();
      session = await dap.open();
    }
  });

  it('is shown as far as it can be read where bytes of it are damaged', async () => {
    const damaged = path.join(folder, 'damaged');
    const bytes = fs.readFileSync(core);
    const headers = Number(bytes.readBigUInt64LE(32));
    // The table of memory: sizes, offsets and addresses that cannot be.
    for (let at = headers + 56; at < headers + 56 * 6; at += 56) {
      bytes.writeBigUInt64LE(0xffff_ffff_ffff_f000n, at + 8);
      bytes.writeBigUInt64LE(0x7fff_ffff_ffff_ffffn, at + 32);
    }
    fs.writeFileSync(damaged, bytes);
    await open(damaged, { program: program.path });
    const answer = await dap.ask(session, 'spaces/heap', {}).catch((error: unknown) => String(error));
    assert.ok(typeof answer === 'object' || /heap/i.test(answer), JSON.stringify(answer));
  });

  it('is refused with the reason where it is none', async () => {
    const text = path.join(folder, 'text');
    fs.writeFileSync(text, 'not a core');
    const refusals: [string, RegExp][] = [
      [path.join(folder, 'nothing'), /does not exist/],
      [text, /no core file that can be opened: it is no ELF file/],
      [program.path, /it is a program or library/],
      [folder, /it is no file|cannot be read/],
    ];
    for (const [file, reason] of refusals) {
      assert.match(await dap.failure(session.client.launchRequest({ core: file } as never)), reason);
    }
  });

  it('says that there is no heap where the program ran without Spaces', async () => {
    const bare = path.join(folder, 'bare');
    writeCore(program.path, [], bare, '');
    const { threadId = 1 } = await open(bare);
    assert.equal((await dap.stack(session, threadId))[0]?.name, 'crash');
    assert.match(await dap.failure(dap.ask(session, 'spaces/heap', {})), /holds no Spaces heap/);
    await dap.until('the sentence', () => /holds no Spaces heap/.test(dap.output(session, 'console')));
  });

  it('tells that its program has changed since', async () => {
    const copy = path.join(folder, 'copy');
    fs.copyFileSync(program.path, copy);
    const own = path.join(folder, 'own');
    writeCore(copy, [], own);
    fs.rmSync(copy);
    fs.copyFileSync('/bin/true', copy);
    await open(own);
    assert.match(dap.output(session, 'console'), /copy has changed since the core was written/);
    await dap.closeAll();
    session = await dap.open();
    fs.rmSync(copy);
    await open(own);
    assert.match(dap.output(session, 'console'), /copy, which is not here/);
    assert.equal((await dap.ask(session, 'spaces/heap', {})).via, 'core');
  });

  it('of sqlite3 under load: a heap of thousands of blocks', async function () {
    if (spawnSync('sqlite3', ['--version']).error) {
      this.skip();
    }
    const file = path.join(folder, 'sqlite');
    const child = spawn('sqlite3', [':memory:'], {
      env: { ...process.env, LD_PRELOAD: LIBRARY },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    try {
      child.stdin.write(
        'create table t(a); with recursive n(i) as (values(1) union all select i+1 from n where i < 200000) ' +
          "insert into t select 'row ' || i from n; select 'ready';\n",
      );
      await new Promise((resolve) => child.stdout.once('data', resolve));
      execFileSync('gcore', ['-o', file, String(child.pid)], { stdio: 'ignore' });
    } finally {
      child.kill('SIGKILL');
    }
    await open(`${file}.${child.pid}`);
    const heap = await dap.ask(session, 'spaces/heap', {});
    const count = heap.chunks.reduce(
      (sum, chunk) => sum + (chunk.parent === undefined ? chunk.liveCount : 0),
      0,
    );
    assert.ok(count > 500, String(count));
    assert.equal((await dap.ask(session, 'spaces/check', {})).damaged, 0);
  });
});

/** Runs `program` to its crash and has gdb write the core. */
function writeCore(program: string, args: string[], file: string, library = LIBRARY): void {
  const link = path.join(path.dirname(file), 'written');
  execFileSync(
    'gdb',
    [
      ...['-nx', '-q', '-batch'],
      ...(library === '' ? [] : ['-ex', `set exec-wrapper env LD_PRELOAD=${library}`]),
      ...['-ex', 'run', '-ex', `generate-core-file ${link}`, '-ex', 'kill', '--args', program, ...args],
    ],
    { stdio: 'ignore', env: { ...process.env, SHELL: '/bin/sh' } },
  );
  fs.renameSync(link, file);
}
