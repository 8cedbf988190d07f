/** What stands behind the value of a pointer, and what happens where the heap is slow to answer. */
import * as assert from 'node:assert/strict';
import { fillText } from '../../src/heap/fills';
import { PointerHints, withoutHint } from '../../src/heap/hints';
import type { Entry, Frame, Pointer } from '../../src/protocol';

const frame: Frame = {
  address: '0x401200',
  function: 'order_new',
  module: '/shop',
  user: true,
  source: { path: '/src/order.c' },
  line: 33,
};
const entry: Entry = {
  address: '0x1000',
  size: 48,
  requested: 40,
  type: 'variable',
  inUse: true,
  state: 'live',
  chunk: '0x20',
  sequence: 12,
  age: 3,
  thread: 1,
  site: [frame],
  status: 'ok',
};
const live: Pointer = {
  name: '',
  address: '0x1008',
  verdict: 'interior',
  dangling: false,
  entry,
  offset: 8,
  chunk: 'orders',
};

const FILLS = { fresh: 0xcb, freed: 0xdb, front: 0xb5, back: 0xa5 };

function makeHints(look: (addresses: readonly bigint[]) => Promise<Pointer[]>) {
  const calls: bigint[][] = [];
  const state = { generation: 1, late: 0 };
  const hints = new PointerHints({
    generation: () => state.generation,
    look: (addresses) => {
      calls.push([...addresses]);
      return look(addresses);
    },
    fills: () => Promise.resolve(FILLS),
    late: () => state.late++,
  });
  return { hints, calls, state };
}

describe('PointerHints', () => {
  it('asks once for a list, and again only when the heap has changed', async () => {
    const { hints, calls, state } = makeHints((addresses) =>
      Promise.resolve(addresses.map((address) => ({ ...live, address: `0x${address.toString(16)}` }))),
    );
    const values = ['0x1008', '7', '0x1008 "text"', '0x0'];
    const addresses = [0x1008n, undefined, 0x1008n, 0n];
    const told = ['0x1008 → 40 B in orders, at +8', '7', '0x1008 "text" → 40 B in orders, at +8', '0x0'];
    assert.deepEqual(await hints.describe(values, addresses), told);
    assert.deepEqual(await hints.describe(values, addresses), told);
    assert.deepEqual(calls, [[0x1008n]]);
    state.generation++;
    await hints.describe(values, addresses);
    assert.equal(calls.length, 2);
  });

  it('tells the origin where that is asked for', async () => {
    const { hints } = makeHints(() => Promise.resolve([live]));
    assert.deepEqual(await hints.describe(['0x1008'], [0x1008n], true), [
      '0x1008 → 40 B in orders, at +8, allocated at order.c:33, #12, 3 allocations ago',
    ]);
  });

  it('says first that a pointer dangles', async () => {
    const gone: Pointer = { ...live, verdict: 'free', dangling: true, freed: [frame] };
    const { hints } = makeHints(() => Promise.resolve([gone]));
    assert.deepEqual(await hints.describe(['0x1008 "\\335\\335"'], [0x1008n]), [
      '0x1008 → dangling: freed at order.c:33 "\\335\\335"',
    ]);
  });

  it('does not wait for a slow heap, and says once when the rest is known', async () => {
    let answer: (pointers: Pointer[]) => void = () => undefined;
    const { hints, state } = makeHints(() => new Promise((resolve) => (answer = resolve)));
    assert.deepEqual(await hints.describe(['0x1008'], [0x1008n]), ['0x1008']);
    assert.equal(state.late, 0);
    answer([live]);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(state.late, 1);
    assert.deepEqual(await hints.describe(['0x1008'], [0x1008n]), ['0x1008 → 40 B in orders, at +8']);
    assert.equal(state.late, 1);
  });

  it('drops an answer to an earlier stop', async () => {
    let answer: (pointers: Pointer[]) => void = () => undefined;
    const { hints, state } = makeHints(() => new Promise((resolve) => (answer = resolve)));
    await hints.describe(['0x1008'], [0x1008n]);
    state.generation++;
    answer([live]);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(state.late, 0);
  });

  it('tells what is only a fill pattern, also behind pointers that lead nowhere', async () => {
    const { hints } = makeHints((addresses) =>
      Promise.resolve(
        addresses.map((address) => ({
          name: '',
          address: `0x${address.toString(16)}`,
          verdict: 'wild',
          dangling: false,
        })),
      ),
    );
    assert.deepEqual(
      await hints.describe(
        ['-875836469', '7', '0xdbdbdbdbdbdbdbdb'],
        [undefined, undefined, 0xdbdbdbdbdbdbdbdbn],
      ),
      ['-875836469 → uninitialised heap bytes (0xcb)', '7', '0xdbdbdbdbdbdbdbdb → freed heap bytes (0xdb)'],
    );
  });

  it('leaves values as they are where there is no heap', async () => {
    const { hints } = makeHints(() => Promise.reject(new Error('no heap yet')));
    assert.deepEqual(await hints.describe(['0x1008'], [0x1008n]), ['0x1008']);
  });
});

describe('fill patterns', () => {
  const told = (value: string) => fillText(value, FILLS);
  it('are known in every way in which gdb shows them', () => {
    for (const value of [
      '3419130827',
      '-875836469',
      '14685055086129564619',
      '-3761688987579986997',
      '0xcbcbcbcb',
      '(struct node *) 0xcbcbcbcbcbcbcbcb',
      '(unknown: 0xcbcbcbcb)',
      '-26711958',
      '-1.363115719988382e+57',
      "'\\313' <repeats 16 times>",
      "'\\313' <repeats 15 times>, <incomplete sequence \\313>",
      '"\\313\\313\\313\\313\\313"',
      '"\\313\\313\\313\\313", <incomplete sequence \\313>',
    ]) {
      assert.equal(told(value), 'uninitialised heap bytes (0xcb)', value);
    }
    assert.equal(told('-606348325'), 'freed heap bytes (0xdb)');
    assert.equal(told('0xb5b5b5b5b5b5b5b5'), 'bytes before a heap block (0xb5)');
    assert.equal(told('2779096485'), 'bytes after a heap block (0xa5)');
  });
  it('are no other value', () => {
    for (const value of [
      '203',
      '52171',
      "-53 '\\313'",
      '0xcbcbcbcbcbcb',
      '-875836468',
      '0',
      '',
      'nan',
      '1.5',
      "'\\313' <repeats 3 times>",
      '"\\313\\313"',
      '"\\313\\313\\313\\313a"',
      '"\\313\\313\\313\\313", <incomplete sequence \\303>',
      '{...}',
      'std::vector of length 3419130827',
    ]) {
      assert.equal(told(value), undefined, value);
    }
  });
});

describe('withoutHint', () => {
  it('takes off what was added, and nothing of the user’s', () => {
    assert.equal(withoutHint('0x1008 → 40 B in orders, at +8'), '0x1008');
    assert.equal(withoutHint('(char *) 0x1008 → dangling: freed'), '(char *) 0x1008');
    assert.equal(withoutHint('0x1008 → dangling: freed "\\335"'), '0x1008');
    assert.equal(withoutHint('0x1008 "a" → 40 B in orders'), '0x1008 "a"');
    assert.equal(withoutHint('0x1008'), '0x1008');
    assert.equal(withoutHint('-875836469 → uninitialised heap bytes (0xcb)'), '-875836469');
    assert.equal(withoutHint('0xcbcbcbcbcbcbcbcb → uninitialised heap bytes (0xcb)'), '0xcbcbcbcbcbcbcbcb');
    assert.equal(withoutHint('next + 1'), 'next + 1');
    assert.equal(withoutHint('"a → b"'), '"a → b"');
  });
});
