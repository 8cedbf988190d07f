import * as assert from 'node:assert/strict';
import { parseLaunchArguments, parseSize } from '../../src/launch/arguments';

describe('launch arguments', () => {
  it('read sizes as people write them', () => {
    for (const [text, bytes] of [
      ['0', 0],
      ['4096', 4096],
      ['1k', 1024],
      ['256MB', 268_435_456],
      ['256 MiB', 268_435_456],
      ['1.5G', 1_610_612_736],
      [77, 77],
    ] as const) {
      assert.equal(parseSize(text), bytes, String(text));
    }
    for (const wrong of ['', 'MB', '-1', '1 potato', '1e400', -1, 1.5, NaN, null, {}, true]) {
      assert.equal(parseSize(wrong), undefined, JSON.stringify(wrong));
    }
  });

  it('have defaults', () => {
    const settings = parseLaunchArguments({ program: '/bin/ls' });
    assert.equal(settings.cwd, '/bin');
    assert.equal(settings.allocator, 'debug');
    assert.equal(settings.track, 'all');
    assert.equal(settings.console, 'internalConsole');
    assert.equal(settings.checkOnStop, true);
    assert.equal(settings.guard, 'auto');
    assert.equal(settings.checkCalls, true);
    assert.equal('guardLimit' in settings, false);
    assert.equal(parseLaunchArguments({ program: '/bin/ls', guardLimit: '128MB' }).guardLimit, 128 << 20);
    assert.equal('heapLimit' in settings, false);
  });

  it('resolve a relative program against the working directory', () => {
    assert.equal(parseLaunchArguments({ program: 'bin/x', cwd: '/opt' }).program, '/opt/bin/x');
  });

  it('name the field that does not hold', () => {
    for (const [field, value] of Object.entries({
      program: 5,
      args: [1],
      cwd: {},
      env: ['a'],
      stopOnEntry: 'yes',
      console: 'window',
      gdb: false,
      setupCommands: 'x',
      sourceFileMap: { a: null },
      allocator: 'jemalloc',
      heapLimit: 'much',
      ceiling: [],
      track: true,
      checkOnStop: 1,
      followChildren: 'no',
      noDebug: 0,
    })) {
      assert.throws(
        () => parseLaunchArguments({ program: '/bin/ls', [field]: value }),
        new RegExp(`"${field}`),
        field,
      );
    }
    for (const raw of [undefined, null, 'text', {}]) {
      assert.throws(() => parseLaunchArguments(raw), /"program"/);
    }
    assert.throws(() => parseLaunchArguments({ program: '/bin/ls', args: ['a\0b'] }), /NUL/);
  });

  it('take null in env as removal', () => {
    assert.deepEqual(parseLaunchArguments({ program: '/x', env: { A: null, B: '' } }).env, {
      A: null,
      B: '',
    });
  });
});
