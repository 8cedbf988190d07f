/** Where the boxes, areas, cells and bytes of the pictures stand. */
import * as assert from 'node:assert/strict';
import { blockLines } from '../src/model/blockBytes';
import { boxesOf, layoutOf, neighbourOf } from '../src/model/callTree';
import { findFilter } from '../src/model/heapMap';
import { areasOf, placeAreas } from '../src/model/siteMap';
import { answerBlock, makeCallTree, makeGroups } from './page/answers';

describe('the flame graph', () => {
  const { nodes } = makeCallTree();
  const layout = layoutOf(nodes);
  const find = (name: string): number => nodes.findIndex((node) => node.frame?.function === name);

  it('gives each box the width of its bytes', () => {
    const boxes = boxesOf(layout, 0, 1000);
    const main = boxes.find(({ index }) => index === find('main'));
    const order = boxes.find(({ index }) => index === find('handle_order'));
    assert.equal(main?.width, 1000);
    const expected = ((nodes[find('handle_order')]?.bytes ?? 0) / (nodes[0]?.bytes ?? 1)) * 1000;
    assert.ok(Math.abs((order?.width ?? 0) - expected) < 0.01);
  });

  it('leaves room for what a node has itself', () => {
    const own = layoutOf([
      { parent: -1, count: 2, bytes: 100 },
      { parent: 0, count: 1, bytes: 60 },
    ]);
    assert.deepEqual(
      boxesOf(own, 0, 100).map(({ index, x, width }) => [index, x, width]),
      [
        [0, 0, 100],
        [1, 0, 60],
      ],
    );
  });

  it('widens the focused node and its ancestors, and drops what lies beside them', () => {
    const focus = find('json_run');
    const boxes = boxesOf(layout, focus, 500);
    assert.equal(boxes.find(({ index }) => index === focus)?.width, 500);
    assert.ok(boxes.filter(({ ancestor }) => ancestor).every(({ width }) => width === 500));
    assert.ok(!boxes.some(({ index }) => index === find('order_run')));
  });

  it('is walked by the arrows', () => {
    const run = find('json_run');
    const child = neighbourOf(layout, run, 'ArrowDown');
    assert.equal(nodes[child]?.frame?.function, 'json_parse_string');
    const sibling = neighbourOf(layout, child, 'ArrowRight');
    assert.equal(nodes[sibling]?.frame?.function, 'json_parse_object');
    assert.equal(neighbourOf(layout, sibling, 'ArrowLeft'), child);
    assert.equal(neighbourOf(layout, child, 'ArrowUp'), run);
    assert.equal(neighbourOf(layout, 0, 'ArrowUp'), 0);
  });

  it('has nothing to show of nothing', () => {
    assert.deepEqual(boxesOf(layoutOf([]), 0, 100), []);
  });
});

describe('the tree map', () => {
  it('puts sites into their files, as large as their bytes', () => {
    const placed = placeAreas(areasOf(makeGroups()), 900, 600);
    const files = placed.filter(({ data }) => !data.group);
    const sites = placed.filter(({ data }) => data.group);
    assert.deepEqual([files.length, sites.length], [6, 17]);
    for (const site of sites) {
      const file = site.parent;
      assert.ok(file && site.x0 >= file.x0 && site.x1 <= file.x1 && site.y0 >= file.y0 && site.y1 <= file.y1);
    }
    const area = (index: number): number => {
      const site = sites[index];
      return site ? (site.x1 - site.x0) * (site.y1 - site.y0) : 0;
    };
    assert.ok(area(0) > 4 * area(16));
  });
});

describe('a search in the map', () => {
  it('is for an address or for a text', () => {
    assert.deepEqual(findFilter(' 0xABC '), { address: '0xabc' });
    assert.deepEqual(findFilter('json.c'), { text: 'json.c' });
    assert.equal(findFilter('  '), undefined);
  });
});

describe('the bytes of a block', () => {
  it('stand in lines of sixteen, each in its part, the first bad one marked', () => {
    const lines = blockLines(answerBlock({ address: '0x7ffff5001240' }));
    assert.equal(lines.length, 5);
    assert.equal(lines[0]?.address, '0x7ffff5001230');
    const all = lines.flatMap(({ bytes }) => bytes);
    assert.deepEqual(
      all.filter(({ bad }) => bad).map(({ offset, part }) => [offset, part]),
      [[36, 'back-redzone']],
    );
    assert.equal(all[0]?.offset, -16);
    assert.equal(all.filter(({ part }) => part === 'payload').length, 36);
    assert.equal(all[16]?.text, 'C');
  });

  it('are none where the adapter sent none, or no hex', () => {
    assert.deepEqual(blockLines({ address: '0x10', verdict: 'wild', generation: 1 }), []);
    assert.deepEqual(blockLines({ ...answerBlock({ address: '0x7ffff5001240' }), bytes: 'zz' }), []);
  });
});
