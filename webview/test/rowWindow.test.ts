/** Rows in sight, in lists of any length. */
import * as assert from 'node:assert/strict';
import { RowScroller } from '../src/model/rowWindow';

const HEIGHT = 22;

describe('RowScroller', () => {
  it('draws what fits and one more, from the row at the top', () => {
    const rows = new RowScroller(HEIGHT);
    rows.resize(1000, 220);
    assert.deepEqual(rows.window, { first: 0, count: 11, top: 0 });
    rows.scrolled(33);
    assert.deepEqual(rows.window, { first: 1, count: 11, top: -11 });
    rows.scrolled(1e9);
    assert.deepEqual(rows.window, { first: 990, count: 10, top: 0 });
  });

  it('shows a short list whole', () => {
    const rows = new RowScroller(HEIGHT);
    rows.resize(3, 220);
    assert.equal(rows.window.count, 3);
    rows.moveBy(50);
    assert.equal(rows.window.first, 0);
    rows.resize(0, 220);
    assert.equal(rows.window.count, 0);
  });

  it('keeps its element below what browsers can lay out, and reaches both ends', () => {
    const rows = new RowScroller(HEIGHT);
    rows.resize(10_000_000, 600);
    assert.ok(rows.height < 30_000_000);
    rows.scrolled(rows.height - 600);
    const { first, count } = rows.window;
    assert.equal(first + count, 10_000_000);
    rows.scrolled(0);
    assert.equal(rows.window.first, 0);
  });

  it('moves by single rows in a list of ten million', () => {
    const rows = new RowScroller(HEIGHT);
    rows.resize(10_000_000, 600);
    rows.scrolled(4_000_000);
    const { first } = rows.window;
    assert.ok(first > 1_000_000);
    rows.moveBy(HEIGHT);
    rows.scrolled(Math.round(rows.scrollTop));
    assert.equal(rows.window.first, first + 1);
  });

  it('reveals a row by moving as little as needed', () => {
    const rows = new RowScroller(HEIGHT);
    rows.resize(1000, 220);
    rows.reveal(5);
    assert.equal(rows.window.first, 0);
    rows.reveal(12);
    assert.deepEqual(rows.window, { first: 3, count: 11, top: 0 });
    rows.reveal(1);
    assert.equal(rows.window.first, 1);
  });
});
