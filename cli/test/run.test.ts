/** `spaces run` on real programs: it is not noticed by them, and tells what they do wrong. */
import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Report } from '../../adapter/src/protocol';
import { compileFile } from '../../test/dap/support/programs';
import { SPACES, spaces, temporaryFolder } from './support';

const PROGRAMS = path.join(__dirname, 'programs');
const manners = () => compileFile(path.join(PROGRAMS, 'manners.c')).path;
const wrong = () => compileFile(path.join(PROGRAMS, 'wrong.c'));

interface Document {
  exit: { code: number; signal: string | null };
  processes: { pid: number; build: string }[];
  reports: (Report & { count: number })[];
}

async function reportsOf(args: string[]): Promise<Document> {
  const { stdout } = await spaces(['run', '--report', 'json', '--quiet', ...args]);
  return JSON.parse(stdout.slice(stdout.indexOf('{'))) as Document;
}

describe('spaces run', function () {
  this.timeout(30_000);

  for (const allocator of ['debug', 'fast']) {
    it(`leaves streams, name and exit code of a clean program alone (${allocator})`, async () => {
      const outcome = await spaces(['run', '-a', allocator, '--', manners(), 'exit', '7'], {
        input: 'hello\n',
      });
      assert.deepEqual(outcome, {
        code: 7,
        stdout: `in: hello\nname: ${manners()}\npreload: none\n`,
        stderr: 'to stderr\n',
      });
    });
  }

  it('finds a program on the PATH, under the name that was given', async () => {
    const PATH = `${path.dirname(manners())}:${process.env['PATH'] ?? ''}`;
    const { stdout } = await spaces(['run', path.basename(manners())], { env: { PATH } });
    assert.match(stdout, new RegExp(`name: ${path.basename(manners())}\n`));
  });

  it('takes what follows the program for its arguments', async () => {
    const { stdout, code } = await spaces(['run', 'echo', '--help-me', '-o', 'x']);
    assert.equal(stdout, '--help-me -o x\n');
    assert.equal(code, 0);
  });

  it('hands on the end by a signal as shells do', async () => {
    const { code, stderr } = await spaces(['run', '--', manners(), 'signal', '11']);
    assert.equal(code, 128 + 11);
    assert.match(stderr, /was ended by SIGSEGV/);
  });

  it('hands on the descriptors that it was given, and none of its own', () => {
    const folder = temporaryFolder();
    try {
      const file = path.join(folder.path, 'file');
      const listed = (command: string) =>
        execFileSync(
          '/bin/sh',
          [
            '-c',
            `exec 3<>'${file}' 5</dev/null; : | ${command} '${manners()}' descriptors 8<&0 9>'${file}' </dev/null`,
          ],
          { encoding: 'utf8', stdio: ['pipe', 'pipe', 'inherit'] },
        )
          .split('\n')
          .filter((line) => /^\d+ /.test(line))
          .map((line) => line.replace(/\[\d+\]/, ''));
      const alone = listed('');
      assert.deepEqual(
        alone.filter((line) => /^[3-9] /.test(line)),
        [`3 ${file}`, '5 /dev/null', '8 pipe:', `9 ${file}`],
      );
      assert.deepEqual(listed(`'${SPACES}' run -a fast --`), alone);
    } finally {
      folder.remove();
    }
  });

  it('passes signals on', async () => {
    const { code, stdout } = await spaces(['run', '--', manners(), 'wait'], {
      started: (child) => {
        child.stdout?.on('data', (text) => {
          if (String(text).includes('ready')) {
            child.kill('SIGTERM');
          }
        });
      },
    });
    assert.match(stdout, /terminated/);
    assert.equal(code, 33);
  });

  it('tells a double free with the lines of all three stacks', async () => {
    const program = wrong();
    const outcome = await spaces(['run', '--', program.path, 'double-free'], { cwd: PROGRAMS });
    assert.equal(outcome.code, 0);
    assert.match(
      outcome.stderr,
      /^spaces: Double free: the block of 40 bytes .* \[double-free, process \d+\]$/m,
    );
    assert.match(outcome.stderr, new RegExp(`found in +main \\(wrong\\.c:${program.line('@again')}\\)`));
    assert.match(outcome.stderr, new RegExp(`allocated +make \\(wrong\\.c:${program.line('@allocated')}\\)`));
    assert.match(outcome.stderr, new RegExp(`freed +release \\(wrong\\.c:${program.line('@freed')}\\)`));
    assert.match(outcome.stderr, /^spaces: 1 report: 1 double-free$/m);
    assert.doesNotMatch(outcome.stderr, /\x1b|libc_start/); // eslint-disable-line no-control-regex
  });

  it('fails on the kinds that are named, and on no other', async () => {
    const program = wrong().path;
    const code = async (...args: string[]) => (await spaces(['run', ...args])).code;
    assert.equal(await code('--fail-on', 'double-free', program, 'double-free'), 99);
    assert.equal(await code('--fail-on', 'leak,double-free', '--exit-code', '3', program, 'double-free'), 3);
    assert.equal(await code('--fail-on', 'overflow', program, 'double-free'), 0);
    assert.equal(await code('--fail-on', 'any', program), 0);
    assert.equal(await code('--fail-on', 'errors', '-a', 'fast', program, 'double-free'), 99);
  });

  it('caps the heap; a refusal is no error of the program', async () => {
    const args = ['--max-heap', '200MB', wrong().path, 'large'];
    const failing = await spaces(['run', '--fail-on', 'any', ...args]);
    assert.match(failing.stdout, /large: refused/);
    assert.equal(failing.code, 99);
    const { code } = await spaces(['run', '--fail-on', 'errors', ...args]);
    assert.equal(code, 0);
    const { reports } = await reportsOf(args);
    assert.deepEqual(
      reports.map(({ kind }) => kind),
      ['heap-limit'],
    );
    const { stdout } = await spaces(['run', '--ceiling', '1MB', wrong().path, 'large']);
    assert.match(stdout, /large: refused/);
  });

  it('guards the blocks that it is told to', async () => {
    const kinds = async (guard: string) =>
      (await reportsOf(['--guard', guard, wrong().path, 'read'])).reports.map(({ kind }) => kind);
    assert.deepEqual(await kinds('off'), []);
    assert.deepEqual(await kinds('all'), ['overflow']);
    assert.equal((await spaces(['run', '--guard', 'some', wrong().path])).code, 125);
  });

  it('checks calls unless it is told not to', async () => {
    const program = wrong();
    const lineOf = async (...options: string[]) => {
      const { reports } = await reportsOf(['--guard', 'off', ...options, program.path, 'overflow']);
      return reports[0]?.detected.find(({ user }) => user)?.line;
    };
    assert.equal(await lineOf(), program.line('@memset'));
    assert.equal(await lineOf('--no-check-calls'), program.line('@overflow'));
  });

  it('tells no leak that is intended, by the file of an option or by the one of the workspace', async () => {
    const folder = temporaryFolder();
    try {
      const entry = { kind: 'leak', frames: ['make', 'lose'], reason: 'kept' };
      const text = JSON.stringify({ version: 1, suppressions: [entry] });
      const file = path.join(folder.path, 'intended.json');
      fs.writeFileSync(file, text);
      const run = (args: string[]) =>
        spaces(['run', '--leaks', '--fail-on', 'leak', ...args, wrong().path, 'leak'], { cwd: folder.path });
      assert.equal((await run([])).code, 99);
      const named = await run(['--suppressions', file]);
      assert.equal(named.code, 0);
      assert.match(named.stderr, /^spaces: Leaks that are intended: 720 bytes in 10 blocks\.$/m);
      fs.mkdirSync(path.join(folder.path, '.vscode'));
      fs.renameSync(file, path.join(folder.path, '.vscode/spaces-suppressions.json'));
      assert.equal((await run([])).code, 0);
    } finally {
      folder.remove();
    }
  });

  it('finds what is lost at the end, if asked; a leak is no error', async () => {
    const program = wrong();
    const quiet = await spaces(['run', '--fail-on', 'any', program.path, 'leak']);
    assert.deepEqual([quiet.code, quiet.stderr], [0, '']);
    const { code, stderr } = await spaces(['run', '--leaks', '--fail-on', 'leak', program.path, 'leak']);
    assert.equal(code, 99);
    assert.match(stderr, /^spaces: Leaks: \d+ bytes in \d+ blocks, allocated at 1 place\.$/m);
    assert.match(
      stderr,
      new RegExp(`allocated +make .*\\n +lose \\(.*wrong\\.c:${program.line('@lost')}\\)`),
    );
    const errors = await spaces(['run', '--leaks', '--fail-on', 'errors', program.path, 'leak']);
    assert.equal(errors.code, 0);
    const none = await spaces(['run', '--leaks', '--fail-on', 'leak', program.path]);
    assert.equal(none.code, 0);
  });

  it('counts what happens again at the same place', async () => {
    const { reports, exit, processes } = await reportsOf(['--', wrong().path, 'often', 'overflow']);
    assert.deepEqual(
      reports.map(({ kind, count }) => [kind, count]),
      [
        ['double-free', 5],
        ['overflow', 1],
      ],
    );
    assert.deepEqual(exit, { code: 0, signal: null });
    assert.equal(processes[0]?.build, 'debug');
  });

  it('writes a document to a file, and text to stderr unless that is not wanted', async () => {
    const folder = temporaryFolder();
    try {
      const file = path.join(folder.path, 'report.json');
      const args = ['run', '--report', 'json', '--output', file];
      const loud = await spaces([...args, wrong().path, 'overflow']);
      assert.equal(loud.stdout, '');
      assert.match(loud.stderr, /Overflow: /);
      assert.equal((JSON.parse(fs.readFileSync(file, 'utf8')) as Document).reports.length, 1);
      const quiet = await spaces([...args, '--quiet', wrong().path, 'overflow']);
      assert.equal(quiet.stderr, '');
    } finally {
      folder.remove();
    }
  });

  it('tells reports when they come, if asked', async () => {
    const { stderr } = await spaces(['run', '--live', wrong().path, 'double-free', 'overflow']);
    assert.match(stderr, /Double free[^]*Overflow/);
    assert.doesNotMatch(stderr, /2 reports/);
  });

  it('follows into programs that are started only when asked', async () => {
    const script = `'${wrong().path}' double-free; exit 5`;
    const alone = await spaces(['run', '--', 'bash', '-c', script]);
    assert.deepEqual([alone.code, alone.stderr.includes('[double-free')], [5, false]);
    const followed = await spaces(['run', '--follow', '--', 'bash', '-c', script]);
    assert.deepEqual([followed.code, followed.stderr.includes('[double-free')], [5, true]);
    // bash -c replaces itself by its last command: the process stays, the program is another one.
    const replaced = await spaces([
      'run',
      '--follow',
      '--',
      'bash',
      '-c',
      `exec '${wrong().path}' double-free`,
    ]);
    assert.match(replaced.stderr, /found in +main \(.*wrong\.c:\d+\)/);
  });

  it('runs a script by its interpreter', async () => {
    const folder = temporaryFolder();
    try {
      for (const start of ['#!/bin/bash -u', '#!/usr/bin/env bash', '#!/usr/bin/env -S bash -u']) {
        const script = path.join(folder.path, 'script');
        fs.writeFileSync(script, `${start}\necho "$0 $1 \${LD_PRELOAD-}$$"\nexit 4\n`, { mode: 0o755 });
        const { code, stdout, stderr } = await spaces(['run', '--report', 'json', script, 'a b']);
        assert.equal(stderr, '');
        assert.match(stdout, new RegExp(`^${script} a b \\d+\n`), start);
        assert.equal(code, 4);
        assert.match(stdout, /"build": "debug"/);
      }
    } finally {
      folder.remove();
    }
  });

  it('says before anything runs what cannot work, with a code of its own', async () => {
    const folder = temporaryFolder();
    try {
      const outcome = async (...args: string[]) => {
        const { code, stderr, stdout } = await spaces(['run', ...args]);
        assert.equal(stdout, '');
        return [code, stderr] as const;
      };
      const [missing, missingText] = await outcome('spaces-no-such-program');
      assert.equal(missing, 127);
      assert.match(missingText, /no program "spaces-no-such-program" on the PATH/);
      const text = path.join(folder.path, 'text');
      fs.writeFileSync(text, 'no program');
      const [unfit, unfitText] = await outcome(text);
      assert.equal(unfit, 126);
      assert.match(unfitText, /no ELF header/);
      const fixed = compileFile(
        path.join(PROGRAMS, 'wrong.c'),
        ['-static'],
        path.join(folder.path, 'static'),
      );
      const [fixedCode, fixedText] = await outcome(fixed.path);
      assert.equal(fixedCode, 126);
      assert.match(fixedText, /statically linked[^]*--allocator linked, or run it without Spaces/);
      const [unwritable, unwritableText] = await outcome('-o', path.join(folder.path, 'a/b'), 'true');
      assert.equal(unwritable, 125);
      assert.match(unwritableText, /could not be written[^]*Choose another file/);
      const [wrongKind, wrongText] = await outcome('--fail-on', 'overfow', 'true');
      assert.equal(wrongKind, 125);
      assert.match(wrongText, /no kind "overfow"\. Kinds: any, errors, double-free/);
    } finally {
      folder.remove();
    }
  });

  it('reports without lines where there is no gdb, and says so', async () => {
    const { stderr, code } = await spaces(['run', '--gdb', '/nowhere/gdb', wrong().path, 'double-free']);
    assert.match(stderr, /Double free/);
    assert.match(stderr, /gdb" was not found[^]*lines are not known/);
    assert.equal(code, 0);
  });

  it('leaves nothing behind', async () => {
    const folder = temporaryFolder();
    try {
      await spaces(['run', wrong().path, 'double-free'], { env: { TMPDIR: folder.path } });
      assert.deepEqual(fs.readdirSync(folder.path), []);
    } finally {
      folder.remove();
    }
  });
});
