/** How chunks and groups read in the tree. */
import * as assert from 'node:assert/strict';
import type { Frame } from '../../adapter/src/protocol';
import { frameName, sourcePlace, visible } from '../../adapter/src/protocol/frames';
import {
  ceilingBar,
  chunkDescription,
  chunkIcon,
  chunkSpoken,
  chunkTooltip,
  escapeMarkdown,
  groupDescription,
  groupLabel,
} from '../src/tree/present';
import { frame, makeChunk } from './frames';

describe('chunks in the tree', () => {
  it('say size, count and the use of their ceiling', () => {
    assert.equal(chunkDescription(makeChunk()), '1.5 KB · 1 block · default');
    const limited = makeChunk({ liveCount: 1234, ceiling: 65536 });
    assert.equal(chunkDescription(limited), '1.5 KB · 1,234 blocks · ▰▱▱▱▱ 25% · default');
  });

  it('fill the bar from one cell to all', () => {
    assert.equal(ceilingBar(makeChunk({ footprint: 1, ceiling: 1024 ** 3 })), '▰▱▱▱▱ 0%');
    assert.equal(ceilingBar(makeChunk({ footprint: 99, ceiling: 10 })), '▰▰▰▰▰ 100%');
    assert.equal(ceilingBar(makeChunk({ footprint: 60, floor: 40, ceiling: 100 })), '▰▰┃▰▱▱ 60%');
    assert.equal(ceilingBar(makeChunk()), undefined);
  });

  it('take the colour of how full they are', () => {
    const icon = (footprint: number) => chunkIcon(makeChunk({ footprint, ceiling: 100 })).color;
    assert.deepEqual([10, 80, 95].map(icon), [undefined, 'charts.orange', 'charts.red']);
    assert.deepEqual(chunkIcon(makeChunk({ status: 'damaged' })), {
      name: 'warning',
      color: 'list.errorForeground',
    });
  });

  it('speak of damage', () => {
    assert.match(chunkSpoken(makeChunk({ status: 'damaged' }), 2), /damaged, 2 reports$/);
  });

  it('never let a name become markup', () => {
    const tooltip = chunkTooltip(makeChunk({ label: '<img src=x> | [a](command:evil) $(x)\n# head' }), 0);
    assert.ok(!tooltip.includes('<img'));
    assert.ok(!/[^\\]\|[^\n]*evil/.test(tooltip.split('\n')[0] ?? ''));
    assert.ok(!tooltip.includes('](command'));
    assert.equal(tooltip.split('\n')[1], '');
  });

  it('escape what Markdown, tables and icons take for theirs', () => {
    assert.equal(escapeMarkdown('a*b|c$(d)'), 'a\\*b\\|c\\$\\(d\\)');
    assert.equal(escapeMarkdown('<b>&'), '&lt;b&gt;&amp;');
    assert.equal(escapeMarkdown('a\u0000\nb'), 'a b');
  });
});

describe('groups in the tree', () => {
  it('stand under the innermost function of the user', () => {
    const group = {
      key: '1',
      count: 3,
      bytes: 96,
      frames: [
        frame('malloc', undefined, undefined, false),
        frame('make', '/src/main.c', 12),
        frame('main', '/src/main.c', 40),
      ],
    };
    assert.equal(groupLabel(group), 'make');
    assert.equal(groupDescription(group), '96 B · 3 blocks · main.c:12');
  });

  it('stand under their key where there is no stack', () => {
    const group = { key: '64 bytes', count: 1, bytes: 64, frames: [] };
    assert.equal(groupLabel(group), '64 bytes');
    assert.equal(groupDescription(group), '64 B · 1 block');
  });
});

describe('names of the program', () => {
  it('show what is unseen in them, and are otherwise as they are', () => {
    assert.equal(visible('caché <b> "x" 日本'), 'caché <b> "x" 日本');
    assert.equal(visible('a\u0007b\tc\nd'), 'a\\u{7}b\\u{9}c\\u{a}d');
    assert.equal(visible('evil\u202Ec.niam\u200B'), 'evil\\u{202e}c.niam\\u{200b}');
    const odd: Frame = {
      address: '0x10',
      function: 'run\u001b[31m',
      module: '/x/odd\u0085.so',
      user: true,
      source: { path: '/src/\u202Efile.c' },
      line: 3,
    };
    assert.equal(frameName(odd), 'run\\u{1b}[31m');
    assert.equal(sourcePlace(odd), '\\u{202e}file.c:3');
  });
});
