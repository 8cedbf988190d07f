/** Columns of a table that becomes narrow. */
import * as assert from 'node:assert/strict';
import { fitColumns, widthsOf } from '../src/model/columns';

const columns = [
  { id: 'address', min: 100, grow: 1 },
  { id: 'age', min: 50, grow: 1, rank: 1 },
  { id: 'chunk', min: 80, grow: 1, rank: 2 },
  { id: 'site', min: 120, grow: 2 },
];
const shown = (width: number): string =>
  fitColumns(columns, width)
    .map(({ id }) => id)
    .join(' ');

describe('fitColumns', () => {
  it('leaves out the least important first, and never those without a rank', () => {
    assert.equal(shown(350), 'address age chunk site');
    assert.equal(shown(349), 'address age site');
    assert.equal(shown(269), 'address site');
    assert.equal(shown(10), 'address site');
  });

  it('shares the width, and gives no column less than its least', () => {
    assert.deepEqual(widthsOf(columns.slice(2), 300), [100, 200]);
    assert.deepEqual(widthsOf(columns.slice(2), 210), [80, 130]);
    assert.deepEqual(widthsOf(columns.slice(2), 100), [80, 120]);
  });

  it('leaves no pixel over', () => {
    for (const width of [401, 777, 1003]) {
      assert.equal(
        widthsOf(columns, width).reduce((sum, one) => sum + one),
        width,
      );
    }
  });

  it('gives each its least where the width is not known yet', () => {
    assert.deepEqual(widthsOf(columns, Infinity), [100, 50, 80, 120]);
  });
});
