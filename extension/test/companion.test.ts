/** A `spaces` block beside another debugger: where its variables go, what is refused, whose frames are subdued. */
import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { AllocatorFrames, type StackFrame } from '../src/companion/frames';
import { elsewhere, environmentOf, inject, programOf } from '../src/companion/inject';

const LIBRARY = '/opt/libspaces-debug.so';
const ENVIRONMENT = { LD_PRELOAD: LIBRARY, SPACES_TRACK: 'all', LD_BIND_NOW: null };

describe('variables for a program under another debugger', () => {
  it('go into env of CodeLLDB and lldb-dap, in the shape that is there', () => {
    assert.deepEqual(inject({ type: 'lldb', env: { A: '1' } }, ENVIRONMENT)['env'], {
      A: '1',
      LD_PRELOAD: LIBRARY,
      SPACES_TRACK: 'all',
    });
    assert.deepEqual(inject({ type: 'lldb-dap' }, ENVIRONMENT)['env'], [
      `LD_PRELOAD=${LIBRARY}`,
      'SPACES_TRACK=all',
    ]);
    assert.deepEqual(inject({ type: 'lldb-dap', env: ['A=1', 'LD_PRELOAD=x'] }, ENVIRONMENT)['env'], [
      'A=1',
      `LD_PRELOAD=${LIBRARY}`,
      'SPACES_TRACK=all',
    ]);
    assert.deepEqual(inject({ type: 'lldb-dap', env: { A: '1' } }, { B: '2' })['env'], { A: '1', B: '2' });
  });

  it('go past the shell that gdb starts, by a wrapper that gdb and the shell read back', () => {
    const strange = { LD_PRELOAD: LIBRARY, ODD: `a'b "c" $d` };
    const config = inject({ type: 'cppdbg', setupCommands: [{ text: 'first' }] }, strange);
    const [first, second] = config['setupCommands'] as { text: string }[];
    assert.equal(first?.text, 'first');
    assert.equal(config['environment'], undefined);
    const words = (second?.text ?? '').replace(/^set exec-wrapper /, '');
    const printed = execFileSync('sh', ['-c', `${words} printenv ODD`], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    assert.equal(printed.trimEnd(), strange.ODD);
    const target = inject({ type: 'gdb', target: '/a', autorun: ['b'] }, ENVIRONMENT);
    assert.equal((target['autorun'] as string[])[0], 'b');
    assert.match((target['autorun'] as string[])[1] ?? '', /^set exec-wrapper env .*-u 'LD_BIND_NOW'/);
    assert.equal((inject({ type: 'gdb', program: '/a' }, ENVIRONMENT)['initCommands'] as string[]).length, 1);
  });

  it('go into environment of cppdbg over lldb', () => {
    const environment = [{ name: 'A', value: '1' }];
    const config = inject({ type: 'cppdbg', MIMode: 'lldb', environment }, { B: '2' });
    assert.deepEqual(config['environment'], [...environment, { name: 'B', value: '2' }]);
  });

  /** As the documentation of each debugger writes them today. */
  const CONFIGURATIONS: Record<string, Record<string, unknown>> = {
    'cppdbg over gdb': {
      ...{ name: 'C/C++: gcc build and debug active file', type: 'cppdbg', request: 'launch' },
      ...{ program: '/w/a', args: ['x y'], stopAtEntry: false, cwd: '/w', externalConsole: false },
      environment: [{ name: 'LANG', value: 'C' }],
      ...{ MIMode: 'gdb', miDebuggerPath: '/usr/bin/gdb', preLaunchTask: 'C/C++: gcc build active file' },
      sourceFileMap: { '/build': '/w' },
      setupCommands: [
        {
          description: 'Enable pretty-printing for gdb',
          text: '-enable-pretty-printing',
          ignoreFailures: true,
        },
      ],
    },
    CodeLLDB: {
      ...{ name: 'Debug', type: 'lldb', request: 'launch', program: '/w/a', args: [], cwd: '/w' },
      ...{ env: { LANG: 'C' }, envFile: '/w/.env', terminal: 'integrated', stopOnEntry: false },
      ...{ initCommands: ['settings set x y'], preRunCommands: ['b main'], sourceMap: { '/build': '/w' } },
    },
    'lldb-dap': {
      ...{
        name: 'Debug',
        type: 'lldb-dap',
        request: 'launch',
        program: '/w/a',
        cwd: '/w',
        console: 'integratedTerminal',
      },
      ...{ env: { LANG: 'C' }, initCommands: ['settings set x y'], sourceMap: [['/build', '/w']] },
    },
    'gdb of Eclipse CDT': {
      ...{
        name: 'Debug',
        type: 'gdb',
        request: 'launch',
        program: '/w/a',
        arguments: 'x',
        gdb: 'gdb',
        cwd: '/w',
      },
      ...{ environment: { LANG: 'C' }, initCommands: ['set x'], preRunCommands: ['info'] },
    },
    'Native Debug': {
      ...{ name: 'Debug', type: 'gdb', request: 'launch', target: '/w/a', arguments: 'x', cwd: '/w' },
      ...{
        env: { LANG: 'C' },
        autorun: ['set x'],
        pathSubstitutions: { '/build': '/w' },
        valuesFormatting: 'parseText',
      },
    },
  };
  for (const [name, config] of Object.entries(CONFIGURATIONS)) {
    it(`touch one field of a whole configuration, and add to it only (${name})`, () => {
      const before = JSON.stringify(config);
      const result = inject(config, ENVIRONMENT);
      assert.equal(JSON.stringify(config), before, 'the configuration of launch.json stays as it is');
      const changed = Object.keys(result).filter(
        (field) => JSON.stringify(result[field]) !== JSON.stringify(config[field]),
      );
      assert.equal(changed.length, 1, changed.join());
      const [field = ''] = changed;
      assert.ok(JSON.stringify(result[field]).includes(LIBRARY));
      const were: unknown = config[field];
      const are = result[field];
      if (Array.isArray(were)) {
        assert.deepEqual((are as unknown[]).slice(0, were.length), were);
      } else {
        assert.deepEqual({ ...(are as object), ...(were as object) }, are);
      }
      assert.equal(environmentOf(result)['LANG'], 'C');
      assert.equal(programOf(result), '/w/a');
    });
  }

  it('cannot reach a program on another machine', () => {
    Object.values(CONFIGURATIONS).forEach((config) => assert.equal(elsewhere(config), undefined));
    assert.equal(elsewhere({ type: 'cppdbg', pipeTransport: { pipeProgram: 'ssh' } }), 'pipeTransport');
    const server = { type: 'cppdbg', miDebuggerServerAddress: 'pi:2345' };
    assert.equal(elsewhere(server), 'miDebuggerServerAddress');
    assert.equal(elsewhere({ type: 'gdb', ssh: { host: 'pi' } }), 'ssh');
    assert.equal(elsewhere({ type: 'cppdbg', miDebuggerServerAddress: '' }), undefined);
  });

  it('are read back from every shape, as is the program', () => {
    assert.deepEqual(environmentOf({ env: ['A=1', 'B=2=3', 'C'] }), { A: '1', B: '2=3', C: '' });
    assert.deepEqual(environmentOf({ env: { A: 1 } }), { A: '1' });
    assert.deepEqual(environmentOf({ environment: [{ name: 'A', value: '1' }, 5] }), { A: '1' });
    assert.equal(programOf({ type: 'gdb', target: '/x' }), '/x');
    assert.equal(programOf({ type: 'lldb', target: '/x' }), undefined);
  });
});

describe("the allocator's frames under another debugger", () => {
  let ids = 0;
  const frame = (name: string, path?: string): StackFrame => ({
    id: ids++,
    name,
    ...(path ? { source: { path } } : {}),
  });

  it('are subdued down to the first frame of the program', () => {
    const frames = [
      frame('libspaces-debug.so`spaces_on_error(info=0x1)', '/build/native/src/error.c'),
      frame('sp_error_raise', '/build/native/src/error.c'),
      frame('report_and_return', '/build/native/src/block_debug.c'),
      frame('free', '/build/native/src/interpose.c'),
      frame('log_out', '/home/me/main.c'),
      frame('free', '/build/native/src/interpose.c'),
    ];
    const allocator = new AllocatorFrames();
    // As VS Code asks for them: the first one, then the rest.
    allocator.asked(1, 0);
    allocator.answered(1, frames.slice(0, 1));
    allocator.asked(2, 1);
    allocator.answered(2, frames.slice(1, 3));
    allocator.asked(3, 3);
    allocator.answered(3, frames.slice(3));
    assert.deepEqual(
      frames.map(({ presentationHint }) => presentationHint === 'subtle'),
      [true, true, true, true, false, false],
    );
    assert.equal(frames[3]?.source?.presentationHint, 'deemphasize');
    assert.deepEqual(
      [...allocator.subdued],
      frames.slice(0, 4).map(({ id }) => id),
    );
  });

  it('are told by their names where there is no debug information', () => {
    const frames = ['spaces_on_error', 'sp_error_raise', 'libspaces.so`free + 12', 'main'].map((name) =>
      frame(name),
    );
    new AllocatorFrames().answered(1, frames);
    assert.deepEqual(
      frames.map(({ presentationHint }) => presentationHint),
      ['subtle', 'subtle', 'subtle', undefined],
    );
  });

  it('are left alone at every other stop', () => {
    const frames = [frame('free'), frame('main')];
    const allocator = new AllocatorFrames();
    allocator.answered(1, frames);
    allocator.asked(2, 2);
    allocator.answered(2, frames);
    assert.equal(frames[0]?.presentationHint, undefined);
  });
});
