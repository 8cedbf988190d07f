import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parseLaunchArguments } from '../../src/launch/arguments';
import { isSafePreload, SessionDirectory } from '../../src/launch/directory';
import { programEnvironment, startScript, type StartScript } from '../../src/launch/script';

const start = (launch: object, more: Partial<StartScript> = {}): StartScript => ({
  settings: parseLaunchArguments({ program: '/bin/true', cwd: '/', ...launch }),
  inherited: {},
  ...more,
});

describe('the start script', () => {
  it('hands over arguments and environment unchanged', () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'spaces-script-'));
    try {
      const file = path.join(directory, 'start');
      const args = ['', "it's", '$HOME\n`x`', '"', '\\', '*'];
      fs.writeFileSync(file, startScript(start({ args, env: { VALUE: " a'b\n$c" } })));
      const program = path.join(directory, 'show');
      fs.writeFileSync(program, '#!/bin/sh\npwd\nprintf "%s\\0" "$VALUE" "$@"\n', { mode: 0o755 });
      const shown = execFileSync('/bin/sh', [file, program], { encoding: 'utf8' });
      assert.equal(shown, `/\n${[" a'b\n$c", ...args].map((text) => `${text}\0`).join('')}`);
    } finally {
      fs.rmSync(directory, { recursive: true });
    }
  });

  it('appends our library to the one of the user', () => {
    const preload = (launch: object, inherited: NodeJS.ProcessEnv) =>
      programEnvironment(start(launch, { preload: '/lib/ours.so', inherited })).get('LD_PRELOAD');
    assert.equal(preload({}, {}), '/lib/ours.so');
    assert.equal(preload({}, { LD_PRELOAD: '/a.so' }), '/a.so:/lib/ours.so');
    assert.equal(preload({ env: { LD_PRELOAD: '/b.so' } }, { LD_PRELOAD: '/a.so' }), '/b.so:/lib/ours.so');
    assert.equal(preload({ env: { LD_PRELOAD: null } }, { LD_PRELOAD: '/a.so' }), '/lib/ours.so');
  });

  it('tells the allocator its settings, only where there is one', () => {
    const accesses = { guard: 'all', guardLimit: '1GB', checkCalls: false };
    const launch = { heapLimit: '1MB', ceiling: 4096, track: 'sampled', followChildren: true, ...accesses };
    const variables = programEnvironment(start(launch, { socket: '/tmp/s' }));
    assert.equal(variables.get('SPACES_REPORT_SOCKET'), '/tmp/s');
    assert.equal(variables.get('SPACES_HEAP_LIMIT'), '1048576');
    assert.equal(variables.get('SPACES_CEILING'), '4096');
    assert.equal(variables.get('SPACES_TRACK'), 'sampled');
    assert.equal(variables.get('SPACES_FOLLOW'), '1');
    assert.equal(variables.get('SPACES_GUARD'), 'all');
    assert.equal(variables.get('SPACES_GUARD_LIMIT'), String(2 ** 30));
    assert.equal(variables.get('SPACES_CHECK_CALLS'), '0');
    assert.ok(![...programEnvironment(start(launch)).keys()].some((name) => name.startsWith('SPACES_')));
  });

  it('gives back what gdb changes', () => {
    const variables = programEnvironment(start({}, { inherited: { SHELL: '/bin/zsh', COLUMNS: '80' } }));
    assert.equal(variables.get('SHELL'), '/bin/zsh');
    assert.equal(variables.get('COLUMNS'), '80');
    assert.equal(variables.get('LINES'), null);
  });
});

describe('the session directory', () => {
  it('is private, links what LD_PRELOAD cannot hold, and goes', () => {
    const directory = new SessionDirectory();
    try {
      assert.equal(fs.statSync(directory.path).mode & 0o777, 0o700);
      assert.ok(isSafePreload(directory.path));
      assert.equal(directory.preloadable('/usr/lib/x.so'), '/usr/lib/x.so');
      const link = directory.preloadable('/a b/c:d/x.so');
      assert.equal(fs.readlinkSync(link), '/a b/c:d/x.so');
      assert.ok(isSafePreload(link));
    } finally {
      directory.remove();
    }
    assert.ok(!fs.existsSync(directory.path));
  });
});
