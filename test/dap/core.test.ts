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

  it('tells leaks by the registers, stacks and data that it holds', async () => {
    const lost = compile('lost.c', ['-g', '-pthread']);
    const file = path.join(folder, 'lost');
    writeCore(lost.path, [], file);
    await open(file);
    const { records, classes } = await dap.ask(session, 'spaces/leaks', { kinds: ['definite'] });
    assert.deepEqual(
      records.map(({ class: kind, count, indirectCount, frames }) => [
        kind,
        count,
        indirectCount,
        frames.find(({ user }) => user)?.line,
      ]),
      [['definite', 1, 1, lost.line('@node')]],
    );
    assert.equal(classes.indirect.count, 1);
    // What only the waiting thread's stack leads to is reachable.
    const held = await dap.ask(session, 'spaces/entries', { filter: { minSize: 700, maxSize: 700 } });
    assert.equal(held.total, 1);
    assert.ok(classes.reachable.bytes >= 700);
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
      child.stdin.write(`${ROWS} select 'ready';\n`);
      await new Promise((resolve) => child.stdout.once('data', resolve));
      execFileSync('gcore', ['-o', file, String(child.pid)], { stdio: 'ignore' });
    } finally {
      child.kill('SIGKILL');
    }
    await open(`${file}.${child.pid}`);
    assert.ok((await blocksIn(session)) > 500);
    assert.equal((await dap.ask(session, 'spaces/check', {})).damaged, 0);
  });

  it('of a sqlite3 that crashed in the midst of a query: frames, heap, check and leaks', async function () {
    if (spawnSync('sqlite3', ['--version']).error) {
      this.skip();
    }
    const script = path.join(folder, 'query.sql');
    const file = path.join(folder, 'crashed-sqlite');
    fs.writeFileSync(script, `${ROWS} select a, length(a) from t order by a desc;\n`);
    // At the 3000th row that it prints, its handle of the query becomes a wild pointer.
    writeCore('/usr/bin/sqlite3', [':memory:', `.read ${script}`], file, LIBRARY, [
      'set breakpoint pending on',
      'break sqlite3_column_text',
      'ignore 1 3000',
      'run',
      'set $rdi = 16',
      'continue',
    ]);
    const stop = await open(file);
    assert.equal(stop.description, 'SIGSEGV: Segmentation fault');
    const frames = await dap.stack(session, stop.threadId ?? 1);
    assert.equal(frames[0]?.name, 'sqlite3_column_text');
    assert.match(dap.output(session, 'console'), /Core of \/usr\/bin\/sqlite3 :memory:/);
    assert.ok((await blocksIn(session)) > 250);
    const check = await dap.ask(session, 'spaces/check', {});
    assert.deepEqual([check.damaged, check.blocks > 250], [0, true]);
    const groups = await dap.ask(session, 'spaces/groups', { by: 'module' });
    assert.ok(
      groups.groups.some(({ key }) => /libsqlite3|sqlite3/.test(key)),
      JSON.stringify(groups.groups),
    );
    const leaks = await dap.ask(session, 'spaces/leaks', {});
    assert.equal(leaks.classes.definite.count, 0);
    assert.ok(leaks.classes.reachable.bytes > 500_000, JSON.stringify(leaks.classes));
  });

  it('that the kernel wrote shows the same', async function () {
    const file = path.join(folder, 'kernel');
    fs.mkdirSync(file);
    if (/[|/]/.test(fs.readFileSync('/proc/sys/kernel/core_pattern', 'utf8'))) {
      this.skip(); // Cores go elsewhere on this machine.
    }
    const lost = compile('lost.c', ['-g', '-pthread']);
    spawnSync('/bin/sh', ['-c', `ulimit -c unlimited && exec env LD_PRELOAD=${LIBRARY} ${lost.path}`], {
      cwd: file,
      stdio: 'ignore',
    });
    const [written] = fs.readdirSync(file);
    if (written === undefined) {
      this.skip(); // A limit that is not ours to lift.
    }
    const stop = await open(path.join(file, written ?? ''));
    assert.equal(stop.description, 'SIGSEGV: Segmentation fault');
    const [top] = await dap.stack(session, stop.threadId ?? 1);
    assert.equal(top?.line, lost.line('@crash'));
    const { classes } = await dap.ask(session, 'spaces/leaks', {});
    assert.deepEqual([classes.definite.count, classes.indirect.count], [1, 1]);
    assert.equal((await dap.ask(session, 'spaces/check', {})).damaged, 0);
  });
});

/** A table of many rows, for sqlite3. */
const ROWS =
  'create table t(a); with recursive n(i) as (values(1) union all select i+1 from n where i < 200000) ' +
  "insert into t select 'row ' || i from n;";

async function blocksIn(session: dap.Session): Promise<number> {
  const { chunks } = await dap.ask(session, 'spaces/heap', {});
  return chunks.reduce((sum, chunk) => sum + (chunk.parent === undefined ? chunk.liveCount : 0), 0);
}

/** Runs `program` to its crash, by `commands` of gdb's, and has gdb write the core. */
function writeCore(
  program: string,
  args: string[],
  file: string,
  library = LIBRARY,
  commands: string[] = ['run'],
): void {
  const link = path.join(path.dirname(file), 'written');
  const preload = library === '' ? [] : [`set exec-wrapper env LD_PRELOAD=${library}`];
  execFileSync(
    'gdb',
    [
      ...['-nx', '-q', '-batch'],
      ...[...preload, ...commands, `generate-core-file ${link}`, 'kill'].flatMap((one) => ['-ex', one]),
      ...['--args', program, ...args],
    ],
    { stdio: 'ignore', env: { ...process.env, SHELL: '/bin/sh' } },
  );
  fs.renameSync(link, file);
}
