/** Leaks that are intended: what the file may hold, and what an entry covers. */
import * as assert from 'node:assert/strict';
import { Suppressions } from '../../src/leaks/suppressions';
import type { Frame } from '../../src/protocol';

const FILE = '/project/.vscode/spaces-suppressions.json';

function frame(name: string, path?: string, user = true): Frame {
  return {
    address: '0x1000',
    function: name,
    module: user ? '/app' : '/lib/x86_64-linux-gnu/libc.so.6',
    ...(path === undefined ? {} : { source: { path } }),
    user,
  };
}

const STACK = [
  frame('malloc', undefined, false),
  frame('make_node(int, char const*)', '/src/lib/list.c'),
  frame('add', '/src/lib/list.c'),
  frame('load', '/src/main.c'),
  frame('main', '/src/main.c'),
];

const parse = (suppressions: unknown, version: unknown = 1) =>
  Suppressions.parse(FILE, JSON.stringify({ version, suppressions }, undefined, 2));
const entry = (frames: string[], more: object = {}) => [{ kind: 'leak', frames, ...more }];

describe('suppressions', () => {
  const MATCHES: [string[], boolean][] = [
    [['make_node'], true],
    [['make_node', 'add'], true],
    [['make_*'], true],
    [['make_?ode'], true],
    [['add'], false], // not the innermost of the user's
    [['...', 'add'], true],
    [['...', 'main'], true],
    [['make_node', '...', 'main'], true],
    [['make_node', '...', 'add', 'main'], false],
    [['list.c', 'list.c', 'main.c'], true],
    [['lib/list.c'], true],
    [['ist.c'], false],
    [['*'], true],
    [['malloc'], false],
    [['make_node', 'add', 'load', 'main', 'more'], false],
  ];
  for (const [frames, expected] of MATCHES) {
    it(`${frames.join(', ')}: ${expected ? 'matches' : 'does not'}`, () => {
      const reason = parse(entry(frames, { reason: 'kept' })).intends(STACK, 1, 10);
      assert.equal(reason, expected ? 'kept' : undefined);
    });
  }

  it('tell again what goes beyond the maximum', () => {
    const file = parse(entry(['make_node'], { count: 3, bytes: 100 }));
    assert.equal(file.intends(STACK, 2, 50), '');
    assert.equal(file.intends(STACK, 2, 10), undefined); // four blocks
    assert.equal(file.intends(STACK, 1, 51), undefined); // 101 bytes
    assert.equal(file.intends(STACK, 1, 50), '');
    file.begin();
    assert.equal(file.intends(STACK, 3, 100), '');
  });

  it('say which entries match nothing', () => {
    const file = parse([...entry(['nothing']), ...entry(['make_node'])]);
    file.intends(STACK, 1, 1);
    assert.deepEqual(file.unused(), [
      'spaces-suppressions.json:4: no leak matched the suppression of nothing.',
    ]);
  });

  it('may hold comments', () => {
    const text =
      '{\n  // ours\n  "version": 1,\n  "suppressions": [{"kind": "leak", "frames": ["add"]},],\n}';
    assert.equal(Suppressions.parse(FILE, text).unused().length, 1);
  });

  const BAD: [string, string, RegExp][] = [
    [
      'no JSON',
      '{\n"version": 1,\n"suppressions": [}',
      /suppressions\.json:3 cannot be read: .*Value Expected/,
    ],
    ['nothing', '', /:1 cannot be read/],
    ['a list', '[]', /it holds no object/],
    ['no version', '{"suppressions": []}', /:1 .*"version" is missing/],
    [
      'a newer version',
      '{\n"version": 2, "suppressions": []}',
      /:2 .*its version is 2, this extension reads version 1/,
    ],
    ['no list', '{"version": 1}', /"suppressions" is missing/],
  ];
  for (const [what, text, message] of BAD) {
    it(`refuse ${what}`, () => {
      assert.throws(() => Suppressions.parse(FILE, text), message);
    });
  }

  const BAD_ENTRIES: [string, unknown, RegExp][] = [
    ['another kind', { kind: 'overflow', frames: ['a'] }, /:5 .*"kind" of a suppression must be "leak"/],
    ['no frames', { kind: 'leak' }, /"frames" must be a list/],
    ['frames that are no texts', { kind: 'leak', frames: ['a', 1] }, /"frames" must be a list/],
    ['frames that match everything', { kind: 'leak', frames: ['...'] }, /with one of them at least/],
    ['a maximum in words', { kind: 'leak', frames: ['a'], count: 'many' }, /"count" must be a number/],
    ['a reason that is no text', { kind: 'leak', frames: ['a'], reason: 3 }, /"reason" must be a text/],
  ];
  for (const [what, bad, message] of BAD_ENTRIES) {
    it(`refuse ${what}`, () => {
      assert.throws(() => parse([bad]), message);
    });
  }
});
