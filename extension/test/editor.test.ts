/** What the editor shows of the heap: names in lines, words for pointers; what a table is written as. */
import * as assert from 'node:assert/strict';
import type { Entry, Pointer } from '../../adapter/src/protocol';
import { functionStart, namesIn } from '../src/editor/lines';
import { pointerMarkdown, pointerText } from '../src/editor/pointerText';
import { frame } from './frames';

const entry: Entry = {
  address: '0x7ffff0001000',
  size: 48,
  requested: 40,
  type: 'variable',
  inUse: true,
  state: 'live',
  chunk: '0x7ffff0000000',
  sequence: 12,
  age: 3,
  thread: 1,
  site: [frame('malloc', undefined, undefined, false), frame('make', '/src/main.c', 10)],
  status: 'ok',
};

function pointer(part: Partial<Pointer> = {}): Pointer {
  return {
    name: 'p',
    address: entry.address,
    verdict: 'live',
    dangling: false,
    entry,
    chunk: 'orders',
    ...part,
  };
}

describe('names in lines', () => {
  it('are variables: no keyword, no call, no member, nothing in comments and strings', () => {
    const lines = [
      'struct node *list = make(head, 3); /* drop */',
      'if (list->next != other.next) puts("gone list"); // list',
      'return list;',
    ];
    assert.deepEqual(
      namesIn(lines, 0, 2).map(({ name, line, start }) => [name, line, start]),
      [
        ['node', 0, 7],
        ['list', 0, 13],
        ['head', 0, 25],
        ['list', 1, 4],
        ['other', 1, 18],
        ['list', 2, 7],
      ],
    );
  });

  it('are taken from the lines that are asked for, as far as there are any', () => {
    assert.deepEqual(
      namesIn(['a = 1;', 'b = 2;', 'c = 3;'], 1, 40).map(({ name }) => name),
      ['b', 'c'],
    );
  });

  it('end where the function begins', () => {
    const lines = [
      'int f(int *a)',
      '{',
      '}',
      '',
      'int g(int *b)',
      '{',
      '  if (b) {',
      '  }',
      '  return *b;',
      '}',
    ];
    assert.equal(functionStart(lines, 8), 3);
    assert.equal(functionStart(lines, 1), 0);
  });
});

describe('words for a pointer', () => {
  it('tell size, chunk and offset', () => {
    assert.equal(pointerText(pointer()), '40 B in orders');
    assert.equal(pointerText(pointer({ verdict: 'interior', offset: 16 })), '40 B in orders, at +16');
  });

  it('say that it dangles, and where its block was freed', () => {
    const freed = [frame('free', undefined, undefined, false), frame('drop', '/src/main.c', 22)];
    assert.equal(
      pointerText(pointer({ verdict: 'free', dangling: true, freed })),
      'dangling: freed at main.c:22',
    );
    assert.equal(pointerText(pointer({ verdict: 'free', dangling: true })), 'dangling: freed');
  });

  it('say nothing of a pointer to no block', () => {
    const { entry: _entry, ...wild } = pointer({ verdict: 'wild' });
    assert.equal(pointerText(wild), undefined);
    assert.equal(pointerMarkdown(wild), undefined);
  });

  it('never become markup', () => {
    const text = pointerMarkdown(pointer({ chunk: '<img src=x> [a](command:evil)' })) ?? '';
    assert.ok(!text.includes('<img'));
    assert.ok(!text.includes('](command'));
    assert.match(text, /\| Age \| #12, 3 allocations ago \|/);
  });
});
