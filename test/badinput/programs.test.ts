/** Programs that behave badly, in places with bad names. */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { compile, compileFile } from '../dap/support/programs';
import * as dap from '../dap/support/session';

const AWKWARD = [
  '',
  ' ',
  'two words',
  "it's",
  '"quoted"',
  '$HOME',
  '`id`',
  '$(id)',
  'a\nb',
  'tab\there',
  '\\',
  '\\n',
  '*',
  '?',
  '[a]',
  '~',
  '!',
  '#',
  '&',
  '|',
  ';',
  '<',
  '>',
  '(',
  ')',
  '{a,b}',
  '-x',
  '--',
  '=',
  '%s',
  'ü€😀',
  "'; exit 1; '",
  '\r',
];

describe('a program', () => {
  let session: dap.Session;

  beforeEach(async () => {
    session = await dap.open();
  });
  afterEach(() => dap.closeAll());

  for (const noDebug of [false, true]) {
    it(`gets arguments with every awkward character${noDebug ? ' without gdb' : ''}`, async () => {
      const program = compile('environment.c');
      await dap.launch(session, { program: program.path, args: AWKWARD, noDebug });
      assert.equal(await dap.finish(session, () => session.client.configurationDoneRequest()), 0);
      assert.ok(
        dap.output(session).endsWith(AWKWARD.map((text) => `<${text}>\n`).join('')),
        dap.output(session),
      );
    });
  }

  it('is debugged in a folder whose name holds blanks, quotes and a colon', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), `a b 'c' "d": e;$f `));
    try {
      const source = path.join(folder, 'heap.c');
      fs.copyFileSync(compile('heap.c').source, source);
      const libraries = path.join(folder, 'libraries');
      fs.cpSync(path.join(dap.ROOT, 'dist/native'), libraries, { recursive: true });
      const program = compileFile(source, ['-g'], path.join(folder, 'the program'));
      await session.client.disconnectRequest();
      session = await dap.open({ SPACES_LIB_DIR: libraries });
      const stop = await dap.launchTo(session, { program: program.path, cwd: folder }, source, [
        { line: program.line('@second') },
      ]);
      assert.equal(stop.reason, 'breakpoint');
      assert.equal((await dap.stack(session))[0]?.source?.path, source);
      const again = await session.client.setBreakpointsRequest({
        source: { path: source },
        breakpoints: [{ line: program.line('@second') }],
      });
      assert.equal(again.body.breakpoints[0]?.id, stop.hitBreakpointIds?.[0]);
      assert.equal((await dap.resume(session)).description, 'Double free');
      const [report] = dap.spacesEvents(session, 'spaces/report');
      assert.equal(report?.detected.find((frame) => frame.user)?.source?.path, source);
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });

  it('may exit at once', async () => {
    const program = compile('exit.c');
    for (let turn = 0; turn < 3; turn++) {
      const one = await dap.open();
      await dap.launch(one, { program: program.path });
      assert.equal(await dap.finish(one, () => one.client.configurationDoneRequest()), 42);
      await one.client.disconnectRequest();
    }
  });

  it('may be killed from outside', async () => {
    const looping = compile('loop.c');
    await dap.launch(session, { program: looping.path });
    await session.client.configurationDoneRequest();
    await dap.until('it runs', () => dap.output(session).includes('going'));
    const code = await dap.finish(session, () =>
      Promise.resolve(process.kill(dap.programPid(session), 'SIGKILL')),
    );
    assert.equal(code, 137);
    assert.match(dap.output(session, 'console'), /ended by SIGKILL/);
  });

  it('may be killed from outside while its heap is read', async () => {
    const many = compile('many.c');
    await dap.launchTo(session, { program: many.path }, many.source, [{ line: many.line('@full') }]);
    assert.ok((await dap.ask(session, 'spaces/entries', { count: 1 })).total >= 300_000);
    const asked = Array.from({ length: 8 }, () =>
      dap.ask(session, 'spaces/check', {}).then(
        () => 'done',
        (error: Error) => error.message,
      ),
    );
    process.kill(dap.programPid(session), 'SIGKILL');
    for (const answer of await Promise.all(asked)) {
      assert.match(answer, /^done$|has ended|cannot be read/);
    }
    await dap.until('its memory is gone', async () =>
      /has ended/.test(
        await dap.ask(session, 'spaces/heap', {}).then(
          () => '',
          (error: Error) => error.message,
        ),
      ),
    );
  });

  it('may print for ever without a newline: pausing and evaluating still work', async () => {
    const flood = compile('flood.c');
    await dap.launch(session, { program: flood.path });
    await session.client.configurationDoneRequest();
    await dap.until('much has arrived', () => dap.output(session).length > 2 ** 20);
    const stopped = dap.nextStop(session);
    await session.client.pauseRequest({ threadId: 1 });
    assert.equal((await stopped).reason, 'pause');
    const frames = await dap.stack(session);
    const main = frames.find(({ name }) => name === 'main');
    const result = await session.client.evaluateRequest({
      expression: 'text[0]',
      frameId: main?.id ?? 0,
      context: 'watch',
    });
    assert.match(result.body.result, /^120 'x'$/);
  });

  it('may fork and exec children, which do not run under Spaces unasked', async () => {
    const forking = compile('fork.c');
    await dap.launch(session, { program: forking.path });
    assert.equal(await dap.finish(session, () => session.client.configurationDoneRequest()), 0);
    assert.match(dap.output(session), /^program under Spaces: yes$/m);
    assert.match(dap.output(session), /^executed child under Spaces: no, preload \(none\)$/m);
    assert.ok(!session.events.some(({ event }) => event === 'stopped'));
  });

  it('may have children that are followed: their errors are told with their process', async () => {
    const forking = compile('fork.c');
    await dap.launch(session, { program: forking.path, followChildren: true });
    assert.equal(await dap.finish(session, () => session.client.configurationDoneRequest()), 0);
    assert.match(dap.output(session), /^executed child under Spaces: yes/m);
    const reports = dap.spacesEvents(session, 'spaces/report');
    assert.ok(reports.length > 0);
    assert.ok(reports.every(({ pid }) => pid !== dap.programPid(session)));
  });

  it('keeps its own preloaded library', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spaces-preload-'));
    try {
      const own = path.join(folder, 'libown.so');
      compileFile(path.join(__dirname, 'programs/preloaded.c'), ['-shared', '-fPIC'], own);
      const program = compile('heap.c');
      await dap.launch(session, { program: program.path, env: { LD_PRELOAD: own } });
      const stop = await dap.run(session);
      assert.equal(stop.description, 'Double free');
      assert.match(dap.output(session), /^own library loaded$/m);
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });

  it('hides what surrounds it: gdb and its shell run without Spaces', async () => {
    const looping = compile('loop.c');
    await dap.launch(session, { program: looping.path });
    await session.client.configurationDoneRequest();
    await dap.until('it runs', () => dap.output(session).includes('going'));
    for (const pid of dap.descendants(session.adapter.pid ?? 0)) {
      const loaded = / r-xp .*libspaces/.test(fs.readFileSync(`/proc/${pid}/maps`, 'utf8'));
      assert.equal(loaded, pid === dap.programPid(session));
    }
  });

  it('that cannot be executed says why', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spaces-exec-'));
    try {
      const file = path.join(folder, 'broken');
      const bytes = fs.readFileSync(compile('basic.c').path);
      // A load segment that asks for more memory than there is.
      const headers = Number(bytes.readBigUInt64LE(32));
      for (let at = headers; at < headers + 56 * bytes.readUInt16LE(56); at += 56) {
        if (bytes.readUInt32LE(at) === 1) {
          bytes.writeBigUInt64LE(0x7fff_ffff_0000n, at + 40);
        }
      }
      fs.writeFileSync(file, bytes, { mode: 0o755 });
      await dap.launch(session, { program: file, allocator: 'none' });
      const terminated = dap.waitFor(session, 'terminated');
      const message = await session.client.configurationDoneRequest().then(
        () => '',
        (error: Error) => error.message,
      );
      await terminated;
      assert.ok(message === '' || message.includes(file), message);
      assert.ok(message !== '' || dap.output(session, 'console').includes('ended by SIG'));
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });
});
