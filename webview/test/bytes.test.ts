/** The bytes of a report, and the first bad one. */
import * as assert from 'node:assert/strict';
import { byteLines } from '../src/model/bytes';
import { makeReports } from './page/fixture';

const [overflow] = makeReports();
assert.ok(overflow);

describe('byteLines', () => {
  it('places every byte against the block and marks the first bad one', () => {
    const lines = byteLines(overflow);
    assert.equal(lines.length, 4);
    assert.equal(lines[0]?.address, '0x7ffff5001230');
    const cells = lines.flatMap((line) => line.cells);
    assert.deepEqual(
      cells.filter((cell) => cell.bad).map((cell) => [cell.offset, cell.hex]),
      [[24, '20']],
    );
    assert.equal(cells.filter((cell) => cell.role === 'before').length, 16);
    assert.equal(cells.filter((cell) => cell.role === 'block').length, 24);
    assert.equal(lines[1]?.cells.map((cell) => cell.text).join(''), 'Customer number ');
  });

  it('marks a byte before the block', () => {
    const cells = byteLines({ ...overflow, offset: -1 }).flatMap((line) => line.cells);
    assert.equal(cells.find((cell) => cell.bad)?.role, 'before');
  });

  it('marks nothing where it is not known at which place the bytes begin', () => {
    const { bytesOffset: _, ...unplaced } = overflow;
    const lines = byteLines(unplaced);
    assert.deepEqual(
      lines.map((line) => line.address),
      ['+0', '+16', '+32', '+48'],
    );
    assert.ok(lines.every((line) => line.cells.every((cell) => !cell.bad && cell.role === 'unknown')));
  });

  it('shows nothing of what is no hex', () => {
    assert.deepEqual(byteLines({ ...overflow, bytes: 'zz' }), []);
    assert.deepEqual(byteLines({ ...overflow, bytes: '' }), []);
  });
});
