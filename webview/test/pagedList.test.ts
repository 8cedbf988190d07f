/** Paging of long lists: order of requests, stale answers, failures, memory. */
import * as assert from 'node:assert/strict';
import type { EntriesArguments, EntriesResponse, Entry } from '../../adapter/src/protocol';
import { PAGE_ROWS, PagedList, type Page } from '../src/model/pagedList';
import { answerEntries, makeEntry } from './page/fixture';

interface Call {
  args: EntriesArguments;
  answer(response?: EntriesResponse): Promise<void>;
  fail(message: string): Promise<void>;
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function makeList(): { list: PagedList<EntriesArguments, Entry>; calls: Call[]; changes: () => number } {
  const calls: Call[] = [];
  let changes = 0;
  const list = new PagedList<EntriesArguments, Entry>(
    (query, start, count) =>
      new Promise<Page<Entry>>((resolve, reject) => {
        const args = { ...query, start, count };
        calls.push({
          args,
          answer: async (response = answerEntries(args)) => {
            resolve({ total: response.total, rows: response.entries });
            await settled();
          },
          fail: async (message) => {
            reject(new Error(message));
            await settled();
          },
        });
      }),
    () => changes++,
  );
  return { list, calls, changes: () => changes };
}

describe('PagedList', () => {
  it('fetches the first page, then the pages in sight', async () => {
    const { list, calls } = makeList();
    list.ask({ state: 'live' });
    assert.deepEqual(calls[0]?.args, { state: 'live', start: 0, count: PAGE_ROWS });
    await calls[0]?.answer();
    assert.equal(list.total, 1_000_000);
    assert.equal(list.row(3)?.address, makeEntry(3).address);
    assert.equal(calls.length, 1);
    list.want(PAGE_ROWS * 40 + 190, PAGE_ROWS * 40 + 210);
    await calls[1]?.answer();
    await calls[2]?.answer();
    assert.deepEqual([calls[1]?.args.start, calls[2]?.args.start], [PAGE_ROWS * 40, PAGE_ROWS * 41]);
    assert.equal(list.row(PAGE_ROWS * 41)?.sequence, PAGE_ROWS * 41 + 1);
  });

  it('asks for nothing that was only passed on the way', async () => {
    const { list, calls } = makeList();
    list.ask({ state: 'live' });
    await calls[0]?.answer();
    for (let page = 1; page <= 30; page++) {
      list.want(page * PAGE_ROWS, page * PAGE_ROWS + 20);
    }
    await calls[1]?.answer();
    assert.equal(calls.length, 3);
    assert.equal(calls[2]?.args.start, 30 * PAGE_ROWS);
  });

  it('fetches ahead of who scrolls on steadily, in that direction, but not behind a jump', async () => {
    const { list, calls } = makeList();
    list.ask({ state: 'live' });
    await calls[0]?.answer();
    const starts = (): number[] => calls.slice(1).map(({ args }) => (args.start ?? 0) / PAGE_ROWS);
    list.want(10, 40);
    await calls[1]?.answer();
    await calls[2]?.answer();
    assert.deepEqual(starts(), [1, 2]);
    list.want(PAGE_ROWS * 500, PAGE_ROWS * 500 + 30);
    await calls[3]?.answer();
    assert.deepEqual(starts(), [1, 2, 500]);
    list.want(PAGE_ROWS * 500 - 10, PAGE_ROWS * 500 + 20);
    await calls[4]?.answer();
    await calls[5]?.answer();
    await calls[6]?.answer();
    assert.deepEqual(starts(), [1, 2, 500, 499, 498, 497]);
  });

  it('fetches nothing ahead of the end', async () => {
    const { list, calls } = makeList();
    list.ask({ state: 'live' });
    await calls[0]?.answer();
    list.want(999_900, 999_930);
    await calls[1]?.answer();
    list.want(999_969, 999_999);
    await settled();
    assert.equal(calls.length, 2);
  });

  it('keeps the rows that are here where a page fails that nobody sees', async () => {
    const { list, calls } = makeList();
    list.ask({ state: 'live' });
    await calls[0]?.answer();
    list.want(10, 40);
    await calls[1]?.fail('The program runs.');
    assert.equal(list.error, undefined);
    assert.equal(list.row(20)?.sequence, 21);
    list.want(PAGE_ROWS - 10, PAGE_ROWS + 20);
    await calls[2]?.fail('The program runs.');
    assert.equal(list.error, 'The program runs.');
  });

  it('drops the answer to an earlier query, and shows its rows until the new one is here', async () => {
    const { list, calls } = makeList();
    list.ask({ state: 'live' });
    await calls[0]?.answer();
    list.ask({ state: 'free' });
    list.ask({ state: 'all' });
    assert.equal(list.loading, true);
    assert.equal(list.row(0)?.sequence, 1);
    await calls[1]?.answer({ total: 5, bytes: 0, all: 5, generation: 1, entries: [] });
    assert.equal(list.total, 1_000_000);
    assert.equal(calls[2]?.args.state, 'all');
    await calls[2]?.answer({ total: 1, bytes: 0, all: 1, generation: 1, entries: [makeEntry(77)] });
    assert.equal(list.total, 1);
    assert.equal(list.row(0)?.sequence, 78);
    assert.equal(list.loading, false);
  });

  it('keeps the sentence of a failure and stops asking, until asked anew', async () => {
    const { list, calls } = makeList();
    list.ask({ state: 'live' });
    await calls[0]?.fail('The program has ended.');
    assert.equal(list.error, 'The program has ended.');
    list.want(0, 20);
    assert.equal(calls.length, 1);
    list.ask({ state: 'live' });
    assert.equal(list.error, undefined);
    assert.equal(calls.length, 2);
  });

  it('ends on an empty list', async () => {
    const { list, calls } = makeList();
    list.ask({ state: 'live' });
    await calls[0]?.answer({ total: 0, bytes: 0, all: 0, generation: 1, entries: [] });
    list.want(0, 0);
    await settled();
    assert.equal(calls.length, 1);
  });

  it('keeps a bounded number of rows', async () => {
    const { list, calls } = makeList();
    list.ask({ state: 'live' });
    await calls[0]?.answer();
    for (let page = 1; page < 200; page++) {
      list.want(page * PAGE_ROWS, page * PAGE_ROWS + 10);
      await calls.at(-1)?.answer({
        total: 1_000_000,
        bytes: 0,
        all: 1_000_000,
        generation: 1,
        entries: [makeEntry(page * PAGE_ROWS)],
      });
    }
    const here = Array.from({ length: 200 }, (_, page) => list.row(page * PAGE_ROWS)).filter(Boolean);
    assert.ok(here.length <= 64, String(here.length));
    assert.ok(list.row(199 * PAGE_ROWS));
  });
});
