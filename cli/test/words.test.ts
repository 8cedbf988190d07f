/** What the command line says of itself: help, version, completions, and errors in its own words. */
import * as assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as errors from '../../adapter/src/errors';
import { EXIT, exitCodeOf, sentenceOf } from '../src/failures';
import { FAIL_ON } from '../src/kinds';
import { makeProgram } from '../src/program';
import { inForeground } from '../src/run/child';
import { foreign } from '../src/run/descriptors';
import { coloured } from '../src/terminal';
import { version } from '../src/version';
import { ROOT, spaces } from './support';

/** Every error that a preflight may end with. */
const PREFLIGHT = [
  errors.badLaunchArgument('args', 'holds a NUL character'),
  errors.cwdMissing('/x'),
  errors.programMissing('/x'),
  errors.programIsDirectory('/x'),
  errors.programNotExecutable('/x'),
  errors.programUnreadable('/x', 'EACCES'),
  errors.programIsScript('/x', '/bin/sh'),
  errors.programNotElf('/x'),
  errors.programDamaged('/x', 'cut short'),
  errors.programIs32Bit('/x'),
  errors.programOtherMachine('/x', 'S/390'),
  errors.programNotRunnable('/x', 'an object file'),
  errors.programIsStatic('/x'),
  errors.programIsMusl('/x'),
  errors.programIsSetuid('/x'),
  errors.programIsSanitized('/x', 'AddressSanitizer'),
  errors.libraryNotFound('/x', ['liba.so']),
  errors.loaderMissing('/x', '/lib/ld'),
  errors.allocatorMissing('libspaces.so', ['/y']),
  errors.gdbMissing('gdb'),
  errors.gdbUnusable('gdb', 'no'),
];

describe('the words of the command line', function () {
  this.timeout(20_000);

  it('speak of options where the adapter speaks of a launch configuration', () => {
    for (const error of PREFLIGHT) {
      const sentence = sentenceOf(error);
      assert.doesNotMatch(
        sentence,
        /launch configuration|"(allocator|program|env|args|cwd)"|extension/,
        sentence,
      );
      assert.match(sentence, /\w/);
    }
  });

  it('say of a process that may not be read what a person at a terminal can do', () => {
    for (const error of [
      errors.processOfOther(1, 'x', 0),
      errors.yamaForbids(1),
      errors.yamaForbids(3),
      errors.ptraceForbidden(1, 'x'),
    ]) {
      assert.doesNotMatch(sentenceOf(error), /VS Code|"request"/);
      assert.doesNotMatch(sentenceOf(error), /\(\)| \.|\.\./, sentenceOf(error));
    }
    assert.match(sentenceOf(errors.yamaForbids(1)), /sudo sysctl kernel\.yama\.ptrace_scope=0\.?$/);
    assert.match(sentenceOf(errors.ptraceForbidden(1, 'x')), /--cap-add=SYS_PTRACE\.$/);
  });

  it('end with the codes that the help lists', () => {
    assert.equal(exitCodeOf(errors.programMissing('/x'), 'run'), EXIT.notFound);
    assert.equal(exitCodeOf(errors.programIsStatic('/x'), 'run'), EXIT.cannotRun);
    assert.equal(exitCodeOf(errors.allocatorMissing('x', []), 'run'), EXIT.spacesFailed);
    assert.equal(exitCodeOf(new Error('x'), 'completion'), EXIT.failed);
  });

  it('are coloured on a terminal, unless NO_COLOR is set', () => {
    assert.equal(coloured({ isTTY: true }, {}), true);
    assert.equal(coloured({ isTTY: true }, { NO_COLOR: '1' }), false);
    assert.equal(coloured({ isTTY: true }, { TERM: 'dumb' }), false);
    assert.equal(coloured({}, {}), false);
    assert.equal(coloured({}, { FORCE_COLOR: '1' }), true);
  });

  it('tell from /proc whether a terminal has the program in its foreground', () => {
    assert.equal(inForeground('9 (a) b) S 1 9 9 34816 9 0'), true);
    assert.equal(inForeground('9 (a) S 1 9 9 34816 12 0'), false);
    assert.equal(inForeground('9 (a) S 1 9 9 0 -1 0'), false);
  });

  it('include a version and a help of each command', async () => {
    assert.equal((await spaces(['--version'])).stdout, `${version}\n`);
    const help = await spaces(['--help']);
    assert.equal(help.code, 0);
    for (const [, command] of help.stdout.matchAll(/^ {2}(?!help)(\w+) .*(?:<|\[)/gm)) {
      const { stdout, code } = await spaces([command ?? '', '--help']);
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`^Usage: spaces ${command ?? ''}`));
    }
    const wrong = await spaces(['rnu']);
    assert.equal(wrong.code, EXIT.usage);
    assert.match(wrong.stderr, /Did you mean run\?/);
  });

  it('are those of the manual page, no option more or less', () => {
    const page = fs.readFileSync(path.join(ROOT, 'cli/man/man1/spaces.1'), 'utf8').replaceAll('\\-', '-');
    const program = makeProgram(() => undefined);
    for (const command of program.commands.filter(({ options }) => options.length > 0)) {
      const title = `.SH OPTIONS OF ${command.name().toUpperCase()}\n`;
      const section = page.slice(page.indexOf(title) + title.length).split('.SH ')[0] ?? '';
      const told = [...section.matchAll(/--[a-z-]+/g)].map(([option]) => option);
      // Options that other ones name.
      const options = command.options.map(({ long }) => long);
      assert.deepEqual(new Set(told), new Set(options), command.name());
    }
    FAIL_ON.forEach((kind) => assert.match(page, new RegExp(`\\b${kind}\\b`)));
    Object.values(EXIT).forEach((code) => assert.match(page, new RegExp(`\\b${code}\\b`)));
    assert.match(page, new RegExp(`"Spaces ${version.replaceAll('.', '\\.')}"`));
    const groff = spawnSync('groff', ['-man', '-ww', '-Tutf8', path.join(ROOT, 'cli/man/man1/spaces.1')]);
    assert.equal(groff.error === undefined ? String(groff.stderr) : '', '');
  });

  it('complete commands, options and values in bash', async () => {
    const { stdout: script } = await spaces(['completion', 'bash']);
    const complete = (...words: string[]) => {
      const line = words.map((word) => `'${word}'`).join(' ');
      const command = `${script}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _spaces; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return execFileSync('bash', ['-c', command], { encoding: 'utf8' }).trim().split('\n');
    };
    assert.deepEqual(complete('spaces', 'r'), ['run']);
    assert.deepEqual(complete('spaces', 'run', '--fo'), ['--follow']);
    assert.deepEqual(complete('spaces', 'run', '--report', 's'), ['sarif']);
    assert.deepEqual(complete('spaces', 'run', '-f', 'doub'), ['double-free']);
    assert.deepEqual(complete('spaces', 'completion', 'f'), ['fish']);
  });

  for (const shell of ['zsh', 'fish']) {
    it(`complete in ${shell} with every option that the help lists`, async () => {
      const { stdout: script } = await spaces(['completion', shell]);
      const { stdout: help } = await spaces(['run', '--help']);
      for (const [, option] of help.matchAll(/--([a-z-]+)[ ,]/g)) {
        if (!['port'].includes(option ?? '')) {
          assert.ok(script.includes(shell === 'fish' ? `-l ${option ?? ''}` : `--${option ?? ''}[`), option);
        }
      }
      const parsed = spawnSync(shell, ['-n'], { input: script, encoding: 'utf8' });
      // Where the shell is installed, it reads its script without complaint.
      assert.equal(parsed.error ? '' : parsed.stderr, '');
    });
  }

  it('tell descriptors that were handed to us from those of Node', () => {
    const numbered = (targets: Record<number, string>) =>
      Object.entries(targets).map(([number, target]) => ({ number: Number(number), target }));
    const own = { 4: 'anon_inode:[eventpoll]', 7: 'pipe:[1]', 8: 'pipe:[1]', 10: 'anon_inode:[eventfd]' };
    const given = { 3: '/dev/null', 5: 'pipe:[2]', 6: 'pipe:[2]', 9: 'pipe:[3]', 12: 'socket:[4]', 13: '/a' };
    const starter = numbered({ 5: 'pipe:[2]', 6: 'pipe:[2]' });
    const all = numbered({
      0: '/dev/pts/0',
      1: '/a',
      ...own,
      ...given,
      11: '/dev/null',
      14: '/opt/code/icudtl.dat',
    });
    assert.deepEqual(
      foreign(all, starter, '/opt/code').map(({ number }) => number),
      Object.keys(given).map(Number),
    );
  });
});
