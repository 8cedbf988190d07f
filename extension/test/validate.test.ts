/** Launch configurations: what is refused, with which sentence, and what sizes become. */
import * as assert from 'node:assert/strict';
import { checkLaunch, type LaunchFields } from '../src/launch/validate';

describe('checkLaunch', () => {
  it('accepts a whole configuration and brings sizes to bytes', () => {
    const fields: LaunchFields = {
      program: '/bin/program',
      args: ['-n', 'two words', '$(x) "quoted"'],
      cwd: '/',
      env: { A: 'b' },
      stopOnEntry: true,
      console: 'integratedTerminal',
      gdb: 'gdb',
      setupCommands: [],
      sourceFileMap: { '/build': '/src' },
      allocator: 'fast',
      heapLimit: '256MB',
      ceiling: 1024,
      track: 'sampled',
      checkOnStop: false,
      followChildren: false,
    };
    assert.deepEqual(checkLaunch(fields), []);
    assert.equal(fields.heapLimit, 256 * 1024 ** 2);
    assert.equal(fields.ceiling, 1024);
  });

  it('needs no program for a core file or a process', () => {
    assert.deepEqual(checkLaunch({ request: 'launch', core: '/tmp/core' }), []);
    assert.deepEqual(checkLaunch({ request: 'attach', pid: 4711 }), []);
    assert.deepEqual(checkLaunch({ request: 'attach', pid: '4711' }), []);
  });

  const wrong: [string, LaunchFields, RegExp][] = [
    ['no program', {}, /"program" is missing/],
    ['a core that is no path', { core: 7 }, /"core" must be a string/],
    ['no process', { request: 'attach' }, /"pid" is missing.*pickProcess/],
    ['a process that is none', { request: 'attach', pid: 'me' }, /"pid" is missing/],
    ['program of another type', { program: 3 }, /"program" must be a string/],
    ['arguments in one string', { program: 'a', args: '-n 3' }, /"args" must be an array of strings/],
    ['a number among the arguments', { program: 'a', args: ['-n', 3] }, /"args" must be an array of strings/],
    ['a number in the environment', { program: 'a', env: { A: 1 } }, /"env" must be an object/],
    [
      'an unknown allocator',
      { program: 'a', allocator: 'jemalloc' },
      /"allocator" is "jemalloc"; it must be one of "debug"/,
    ],
    [
      'a size that is none',
      { program: 'a', heapLimit: '256 apples' },
      /"heapLimit" is "256 apples", which is no size.*"256MB"/,
    ],
    ['a negative size', { program: 'a', ceiling: -5 }, /"ceiling" is -5, which is no size/],
    ['a ceiling of nothing', { program: 'a', ceiling: '0' }, /"ceiling" is 0: leave it out/],
    ['a flag in words', { program: 'a', stopOnEntry: 'yes' }, /"stopOnEntry" must be true or false/],
  ];
  for (const [name, fields, expected] of wrong) {
    it(`refuses ${name}`, () => {
      const problems = checkLaunch(fields);
      assert.equal(problems.length, 1, problems.join(' '));
      assert.match(problems[0] ?? '', expected);
    });
  }
});
