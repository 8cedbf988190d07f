/** `spaces core` and `spaces top` on real heaps: of a program that has crashed, and of one that runs. */
import * as assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { compileFile } from '../../test/dap/support/programs';
import { until } from '../../test/e2e/harness/until';
import { ROOT, spaces, temporaryFolder } from './support';

const LIBRARY = path.join(ROOT, 'dist/native/libspaces-debug.so');
const HOLDS = path.join(__dirname, 'programs/holds.c');

describe('spaces core', function () {
  this.timeout(30_000);
  const folder = temporaryFolder();
  const file = path.join(folder.path, 'core');
  const program = () => compileFile(path.join(ROOT, 'test/dap/programs/core.c'));

  function writeCore(of: string, to: string): void {
    const commands = [
      `set exec-wrapper env LD_PRELOAD=${LIBRARY}`,
      'run',
      `generate-core-file ${to}`,
      'kill',
    ];
    const options = commands.flatMap((command) => ['-ex', command]);
    execFileSync('gdb', ['-nx', '-q', '-batch', ...options, of], { stdio: 'ignore' });
  }

  before(() => writeCore(program().path, file));
  after(folder.remove);

  it('shows totals, chunks, what holds most, and the damage with its lines', async () => {
    const { code, stdout } = await spaces(['core', file]);
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^Core of ${program().path} \\(process \\d+\\)`));
    assert.match(stdout, /^debug build .*: .* live in \d+ blocks/m);
    assert.match(stdout, /^Default chunk +\d/m);
    const line = program().line('@allocate');
    assert.match(stdout, new RegExp(`^ *231 B +3 +make \\(core\\.c:${line}\\)$`, 'm'));
    assert.match(stdout, /^Checked \d+ blocks: 1 damage$/m);
    assert.match(
      stdout,
      new RegExp(`Overflow: .*\\[overflow, process \\d+\\]\\n +allocated +make \\(.*core\\.c:${line}\\)`),
    );
  });

  it('says it as JSON, and by an exit code', async () => {
    const outcome = await spaces(['core', '--json', '--by', 'size', '--fail-on', 'overflow', file]);
    assert.equal(outcome.code, 99);
    const document = JSON.parse(outcome.stdout) as {
      core: { signal: number };
      groups: { key: string; count: number }[];
      check: { damaged: number };
    };
    assert.equal(document.core.signal, 11);
    assert.equal(document.check.damaged, 1);
    assert.ok(document.groups.some(({ count }) => count === 3));
    assert.equal((await spaces(['core', '--no-check', '--fail-on', 'any', file])).code, 0);
  });

  it('looks for leaks where it is asked to, but not for those that are intended', async () => {
    const lost = compileFile(path.join(ROOT, 'test/dap/programs/lost.c'), ['-g', '-pthread']);
    const own = path.join(folder.path, 'lost');
    writeCore(lost.path, own);
    const { code, stdout } = await spaces(['core', '--leaks', '--fail-on', 'leak', own]);
    assert.equal(code, 99);
    assert.match(
      stdout,
      /^Blocks by what leads to them: lost 48 B in 1, with them 48 B in 1, possibly lost/m,
    );
    assert.match(
      stdout,
      new RegExp(
        `^spaces: Leak: a block of 48 bytes is definitely lost, and with it a block of 48 bytes .*\\n +allocated +make_node \\(.*lost\\.c:${lost.line('@node')}\\)`,
        'm',
      ),
    );
    const json = await spaces(['core', '--leaks', '--json', own]);
    const { leaks } = JSON.parse(json.stdout) as {
      leaks: { classes: { definite: object }; records: { class: string }[] };
    };
    assert.deepEqual(leaks.classes.definite, { count: 1, bytes: 48 });
    assert.deepEqual(
      leaks.records.map((record) => record.class),
      ['definite'],
    );
    const file = path.join(folder.path, 'intended.json');
    const entry = { kind: 'leak', frames: ['make_node'], count: 2 };
    fs.writeFileSync(file, JSON.stringify({ version: 1, suppressions: [entry] }));
    const options = ['--leaks', '--suppressions', file, '--fail-on', 'leak'];
    const intended = await spaces(['core', ...options, own]);
    assert.equal(intended.code, 0, intended.stdout);
    assert.match(intended.stdout, /^Leaks that are intended: 96 bytes in 2 blocks\.$/m);
    const missing = await spaces(['core', '--leaks', '--suppressions', '/nowhere.json', own]);
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /\/nowhere\.json/);
  });

  it('takes a copy of the program', async () => {
    const copy = path.join(folder.path, 'copy');
    fs.copyFileSync(program().path, copy);
    const { stdout } = await spaces(['core', '--program', copy, file]);
    assert.match(stdout, /make \(core\.c:\d+\)/);
    const { code, stderr } = await spaces(['core', '--program', '/nowhere', file]);
    assert.equal(code, 1);
    assert.match(stderr, /does not exist/);
  });

  it('says what a file is that holds no heap', async () => {
    const missing = await spaces(['core', '/nowhere/core']);
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /core file \/nowhere\/core does not exist/);
    const wrong = await spaces(['core', program().path]);
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /a program or library/);
    const cut = path.join(folder.path, 'cut');
    fs.writeFileSync(cut, fs.readFileSync(file).subarray(0, 100_000));
    const short = await spaces(['core', cut]);
    assert.equal(short.code, 1);
    assert.match(short.stderr, /no Spaces heap|cut short/);
  });
});

describe('spaces top', function () {
  this.timeout(30_000);
  let child: ChildProcess;

  async function start(
    preload: string | undefined,
    { args = [], ...user }: { args?: string[]; uid?: number; gid?: number } = {},
  ): Promise<number> {
    const { path: program } = compileFile(HOLDS);
    child = spawn(program, args, {
      ...user,
      env: { ...process.env, ...(preload === undefined ? {} : { LD_PRELOAD: preload }) },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    return child.pid ?? 0;
  }
  afterEach(() => child.kill('SIGKILL'));

  it('reads a running process once, without stopping it', async () => {
    const pid = await start(LIBRARY);
    const { code, stdout } = await spaces(['top', '--once', String(pid)]);
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^process ${pid} \\(holds`));
    assert.match(stdout, /^Default chunk +.* MB/m);
    const holds = compileFile(HOLDS);
    assert.match(stdout, new RegExp(`^ *977 KB +10 +large \\(holds\\.c:${holds.line('@large')}\\)$`, 'm'));
    assert.match(
      stdout,
      new RegExp(`^ *4\\.69 KB +100 +small \\(holds\\.c:${holds.line('@small')}\\)$`, 'm'),
    );
    child.stdin?.end();
    assert.equal(await new Promise((resolve) => child.once('exit', resolve)), 0);
  });

  it('writes a line of JSON for each reading, until the process ends', async () => {
    const pid = await start(LIBRARY.replace('-debug', ''));
    let lines = 0;
    const { code, stdout } = await spaces(['top', '--json', '--interval', '0.1', String(pid)], {
      started: (top) => {
        top.stdout?.on('data', () => {
          if (++lines === 2) {
            child.stdin?.end();
          }
        });
      },
    });
    assert.equal(code, 0);
    const readings = stdout
      .trim()
      .split('\n')
      .map(
        (text) => JSON.parse(text) as { pid: number; build: string; by: string; groups: { count: number }[] },
      );
    assert.ok(readings.length >= 2);
    assert.deepEqual([readings[0]?.pid, readings[0]?.build, readings[0]?.by], [pid, 'fast', 'size']);
    assert.ok(readings[0]?.groups.some(({ count }) => count >= 10));
  });

  it('fills a terminal, and leaves it as it was at q', async () => {
    const pid = await start(LIBRARY);
    // script(1) gives it a terminal; q is pressed when the first reading has been drawn.
    const command = `stty rows 30 cols 90; '${path.join(ROOT, 'dist/spaces.js')}' top -i 60 ${pid}`;
    const screen = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
    let text = '';
    let pressed = false;
    screen.stdout.on('data', (bytes) => {
      text += String(bytes);
      if (!pressed && text.includes('q: quit')) {
        pressed = true;
        screen.stdin.write('q');
      }
    });
    const code = await new Promise((resolve) => screen.once('close', resolve));
    assert.equal(code, 0);
    assert.ok(
      text.includes('\x1b[?1049h') && text.trimEnd().endsWith('\x1b[?1049l'),
      JSON.stringify(text.slice(-80)),
    );
    assert.match(text, /Default chunk/);
    assert.ok(child.exitCode === null && child.signalCode === null, 'the process goes on');
  });

  it('reads a process that another debugger holds', async () => {
    const pid = await start(LIBRARY);
    const gdb = spawn('gdb', ['-nx', '-q', '-p', String(pid)], { stdio: ['pipe', 'ignore', 'ignore'] });
    try {
      await until('gdb holds it', () => /^State:\s+t/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8')));
      const { code, stdout } = await spaces(['top', '--once', String(pid)]);
      assert.equal(code, 0);
      assert.match(stdout, /^ *977 KB +10 +large /m);
    } finally {
      gdb.kill('SIGKILL');
    }
  });

  it('says why a process may not be read, and what to do', async function () {
    if (process.getuid?.() !== 0) {
      this.skip(); // Nobody is left whom one could become.
    }
    const nobody = { uid: 65534, gid: 65534 };
    const own = await start(LIBRARY, { args: ['private'], ...nobody });
    const secretive = await spaces(['top', '--once', String(own)], { user: nobody });
    assert.equal(secretive.code, 1);
    assert.match(secretive.stderr, new RegExp(`process ${own} \\(holds.*--cap-add=SYS_PTRACE\\.$`, 'm'));
    child.kill('SIGKILL');
    const other = await start(LIBRARY);
    const foreign = await spaces(['top', '--once', String(other)], { user: nobody });
    assert.equal(foreign.code, 1);
    assert.match(foreign.stderr, /belongs to another user \(0\).* Run spaces as that user/);
  });

  it('says how to start a process that has no heap of ours, and that there is none of an id', async () => {
    const pid = await start(undefined);
    const without = await spaces(['top', '--once', String(pid)]);
    assert.equal(without.code, 1);
    assert.match(without.stderr, /runs without Spaces[^]*spaces run -- .*holds/);
    assert.doesNotMatch(without.stderr, /"allocator"/);
    const missing = await spaces(['top', '4194999']);
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /no process 4194999/);
    const wrong = await spaces(['top', 'redis']);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /pgrep/);
  });
});
