/** "Mark as intended": the entry that covers a leak, and the text of the file with it. */
import * as assert from 'node:assert/strict';
import type { Frame, Report } from '../../adapter/src/protocol';
import { suppressionOf, withSuppression } from '../src/leaks/suppressing';

function frame(name: string, user = true): Frame {
  return { address: '0x1', function: name, module: '/app', user };
}

const report: Report = {
  id: 1,
  kind: 'leak',
  code: 0,
  message: '',
  address: '0x10',
  size: 150,
  offset: 0,
  chunk: '0x0',
  sequence: 0,
  thread: 1,
  pid: 1,
  time: 0,
  detected: [],
  allocated: [
    frame('operator new(unsigned long)', false),
    frame('Cache::add(int, std::string const&)'),
    frame('load'),
    frame('run'),
    frame('main'),
    frame('_start'),
  ],
  freed: [],
  bytes: '',
  leak: { class: 'definite', count: 2, bytes: 100, indirectCount: 1, indirectBytes: 50 },
};
const ENTRY = {
  kind: 'leak' as const,
  frames: ['Cache::add', 'load', 'run', 'main'],
  count: 3,
  bytes: 150,
  reason: '',
};

describe('marking a leak as intended', () => {
  it('names the innermost frames of the user, as much as is lost now', () => {
    assert.deepEqual(suppressionOf(report), ENTRY);
  });

  it('needs a frame of the user', () => {
    const bare = { ...report, allocated: [frame('malloc', false)] };
    assert.equal(suppressionOf(bare), undefined);
  });

  it('makes the file', () => {
    assert.deepEqual(JSON.parse(withSuppression('', ENTRY)), { version: 1, suppressions: [ENTRY] });
  });

  it('keeps what stands there, comments too', () => {
    const old = `{
  // ours
  "version": 1,
  "suppressions": [
    { "kind": "leak", "frames": ["other"] } // for ever
  ]
}
`;
    const text = withSuppression(old, ENTRY);
    assert.match(text, /\/\/ ours\n/);
    assert.match(text, /\/\/ for ever/);
    const plain = text.replace(/\/\/.*/g, '');
    assert.deepEqual(JSON.parse(plain), {
      version: 1,
      suppressions: [{ kind: 'leak', frames: ['other'] }, ENTRY],
    });
  });

  for (const text of [
    '[]',
    '{"version": 2, "suppressions": []}',
    '{"version": 1}',
    '{"version": 1, "suppressions": [}',
  ]) {
    it(`does not touch ${text}`, () => {
      assert.throws(() => withSuppression(text, ENTRY), /it is no suppression file of version 1/);
    });
  }
});
