/** Filters, limits, sorts and gauges. */
import * as assert from 'node:assert/strict';
import { SIZE_PATTERN, type Stats } from '../../adapter/src/protocol';
import { sortChunks, toggleChunkSort, totalsOf } from '../src/model/chunkTable';
import { NO_FILTER, isNarrow, problemsOf, queryOf, toggleSort } from '../src/model/entryFilter';
import { withSample, type HistoryPoint } from '../src/model/history';
import { gaugeOf, levelOf, readCeiling, readFloor, readHeapLimit } from '../../adapter/src/protocol/limits';
import { formatSize, parseSize } from '../../adapter/src/protocol/sizes';
import { makeHeap } from './page/fixture';

const heap = makeHeap();
const orders = heap.chunks.find((chunk) => chunk.label.startsWith('orders'));
assert.ok(orders);

describe('entry filter', () => {
  it('makes a query of what is filled in, and of nothing else', () => {
    assert.deepEqual(queryOf(NO_FILTER), { state: 'live', sort: { by: 'size', descending: true } });
    assert.deepEqual(
      queryOf({ ...NO_FILTER, chunk: '0x1', minSize: '1KB', maxSize: ' 2 KB ', text: ' json ' }),
      {
        state: 'live',
        sort: { by: 'size', descending: true },
        chunk: '0x1',
        filter: { minSize: 1024, maxSize: 2048, text: 'json' },
      },
    );
  });

  it('takes an address for an address', () => {
    assert.deepEqual(queryOf({ ...NO_FILTER, text: '0x7FFF' })?.filter, { address: '0x7fff' });
    assert.deepEqual(queryOf({ ...NO_FILTER, text: '0xzz' })?.filter, { text: '0xzz' });
  });

  it('makes none of sizes that cannot be', () => {
    assert.deepEqual(problemsOf({ ...NO_FILTER, minSize: 'x' }), { minSize: 'syntax' });
    assert.deepEqual(problemsOf({ ...NO_FILTER, minSize: '2K', maxSize: '1K' }), { maxSize: 'range' });
    assert.equal(queryOf({ ...NO_FILTER, minSize: '2K', maxSize: '1K' }), undefined);
  });

  it('knows whether it narrows, and turns a sort round', () => {
    assert.equal(isNarrow(NO_FILTER), false);
    assert.equal(isNarrow({ ...NO_FILTER, state: 'free' }), true);
    assert.deepEqual(toggleSort({ by: 'size', descending: true }, 'size'), { by: 'size', descending: false });
    assert.deepEqual(toggleSort({ by: 'size', descending: true }, 'address'), {
      by: 'address',
      descending: false,
    });
  });
});

describe('limits', () => {
  it('accept what can be', () => {
    assert.deepEqual(readCeiling('8MB', orders), { bytes: 8 * 1024 ** 2 });
    assert.deepEqual(readCeiling(' ', orders), { bytes: null });
    assert.deepEqual(readFloor('0', orders), { bytes: 0 });
    assert.deepEqual(readHeapLimit('', heap.process), { bytes: null });
  });

  it('say why not', () => {
    assert.deepEqual(readCeiling('lots', orders), { problem: 'syntax' });
    assert.deepEqual(readCeiling('1MB', orders), { problem: 'belowFootprint' });
    assert.deepEqual(readCeiling('2MB', { ...orders, footprint: 0, floor: 3 * 1024 ** 2 }), {
      problem: 'belowFloor',
    });
    assert.deepEqual(readFloor('', orders), { problem: 'needed' });
    assert.deepEqual(readFloor('5MB', orders), { problem: 'aboveCeiling' });
    assert.deepEqual(readHeapLimit('1MB', heap.process), { problem: 'belowFootprint' });
  });

  it('fill a gauge against the ceiling, or against the peak without one', () => {
    const gauge = gaugeOf({ ...orders, liveBytes: 25, footprint: 50, peak: 80, ceiling: 100, floor: 10 });
    assert.deepEqual(gauge, {
      live: 0.25,
      footprint: 0.5,
      peak: 0.8,
      floor: 0.1,
      level: 'normal',
      limited: true,
    });
    assert.equal(
      gaugeOf({ ...orders, footprint: 50, peak: 100, ceiling: null, liveBytes: 0 }).footprint,
      0.5,
    );
    assert.equal(gaugeOf({ ...orders, liveBytes: 0, footprint: 0, peak: 0, ceiling: null }).footprint, 0);
    assert.deepEqual([0.5, 0.8, 0.95, 2].map(levelOf), ['normal', 'high', 'full', 'full']);
  });
});

describe('chunk table', () => {
  it('sorts by any column, a missing ceiling last', () => {
    const by = sortChunks(heap.chunks, { by: 'ceiling', descending: false });
    assert.equal(by[0]?.ceiling, 2 * 1024 ** 2);
    assert.equal(by.at(-1)?.ceiling, null);
    assert.equal(
      sortChunks(heap.chunks, { by: 'label', descending: false })[0]?.label,
      'cache <b>bold</b> (cache.c:9)',
    );
    assert.deepEqual(toggleChunkSort({ by: 'label', descending: false }, 'peak'), {
      by: 'peak',
      descending: true,
    });
  });

  it('counts a thread heap once, within its chunk', () => {
    const totals = totalsOf(heap);
    const threads = heap.chunks.filter((chunk) => chunk.parent !== undefined);
    const all = heap.chunks.reduce((sum, chunk) => sum + chunk.liveCount, 0);
    assert.equal(threads.length, 2);
    assert.equal(totals.liveCount, all - threads.reduce((sum, chunk) => sum + chunk.liveCount, 0));
  });
});

describe('history', () => {
  const at = (time: number, liveBytes = 10): Stats => ({
    time,
    running: true,
    heapTotal: 100,
    heapLimit: null,
    totalFree: 5,
    footprint: 50,
    liveCount: 1,
    liveBytes,
    chunks: [],
  });

  it('grows by samples that are newer, without the chunks', () => {
    const points = withSample(withSample(withSample([], at(1)), at(2)), at(2, 99));
    assert.deepEqual(
      points.map(({ time, liveBytes }) => [time, liveBytes]),
      [
        [1, 10],
        [2, 10],
      ],
    );
    assert.ok(!('chunks' in (points[0] ?? {})));
  });

  it('thins out what is older and keeps the ends', () => {
    let points: HistoryPoint[] = [];
    for (let time = 0; time < 5000; time++) {
      points = withSample(points, at(time));
    }
    assert.ok(points.length <= 1200, String(points.length));
    assert.equal(points[0]?.time, 0);
    assert.deepEqual(
      points.slice(-100).map(({ time }) => time),
      Array.from({ length: 100 }, (_, index) => 4900 + index),
    );
  });
});

describe('sizes', () => {
  it('follow the grammar of the contract', () => {
    for (const text of ['1', '1.5 GB', '64kib', 'x', '']) {
      assert.equal(parseSize(text) !== undefined, SIZE_PATTERN.test(text), text);
    }
    assert.equal(formatSize(2560), '2.5 KB');
  });
});
