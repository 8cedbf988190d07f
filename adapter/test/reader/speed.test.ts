/** A million live blocks: what each question costs beside the bare reading of the same bytes. */
import * as assert from 'node:assert';
import { spawnSync } from 'node:child_process';
import type { RawQuery } from '../../src/reader/native';
import { BUILDS, compile, start, stopAll, whole } from './support';

const BLOCKS = 1_150_000; // of which one in eight is freed again
const ROUNDS = 4;

interface Bare {
  headers: number;
  records: number;
  blocks: number;
  bytes: number;
}

/** The best of several, in milliseconds: other work on the machine only adds. */
async function best(prepare: () => void, ask: () => Promise<unknown>): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    prepare();
    const start = performance.now();
    await ask();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

describe('heap reader on a million blocks', function () {
  this.timeout(120_000);
  afterEach(stopAll);

  for (const build of BUILDS) {
    it(`is asked, and says what that took (${build})`, async () => {
      const subject = await start<{ count: number }>('many', build, [String(BLOCKS)]);
      const { reader } = subject;
      const bare = JSON.parse(
        spawnSync(compile('bare'), [String(subject.pid), subject.facts.root], { encoding: 'utf8' }).stdout,
      ) as Bare;
      const page = (start: number): RawQuery => ({
        state: 'live',
        sort: 'size',
        descending: true,
        start,
        count: 200,
      });
      const forget = (): void => reader.invalidate();
      const keep = (): void => undefined;
      const summary = await best(forget, () => whole(reader.summary()));
      const first = await best(forget, () => whole(reader.entries(page(0))));
      const second = await best(keep, () => whole(reader.entries(page(400_000))));
      const check = await best(forget, () => whole(reader.check()));
      const { total } = await whole(reader.entries(page(0)));
      assert.ok(total >= 1_000_000);
      // The debug build's totals are in the records; the fast build's in the headers.
      const needed = build === 'debug' ? bare.records : bare.headers;
      const ms = (value: number): string => `${value.toFixed(1)} ms`;
      console.log(
        `      ${build}, ${total} live blocks: bare read of headers ${ms(bare.headers)}, with records ` +
          `${ms(bare.records)}, with blocks ${ms(bare.blocks)} (${bare.bytes >> 20} MiB)\n` +
          `      summary ${ms(summary)} (${(summary / needed).toFixed(1)} x bare), entries by size ${ms(first)}, ` +
          `the next page ${ms(second)}, check ${ms(check)} (${(check / bare.blocks).toFixed(1)} x bare)`,
      );
      await subject.stop();
    });
  }
});
