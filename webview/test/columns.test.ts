/** Columns of a table that becomes narrow. */
import * as assert from 'node:assert/strict';
import { fitColumns, tracksOf } from '../src/model/columns';

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

  it('shares the width', () => {
    assert.equal(tracksOf(columns.slice(2)), 'minmax(80px, 1fr) minmax(120px, 2fr)');
  });
});
