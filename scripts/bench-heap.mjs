/**
 * The heap view's bars, measured on the product: what the reader costs beside a
 * bare read of the same bytes and beside gdb, what the adapter takes for ten
 * million blocks, and how the panel scrolls. Ends with 1 where a bar is missed.
 *
 * Usage: npm run bench:heap [-- --blocks N] [--large N] [--no-browser]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { measureAdapter } from './bench-heap/adapter.mjs';
import { measureGdb, measureReader } from './bench-heap/reader.mjs';
import { endAll } from './bench-heap/subject.mjs';
import { root } from './lib/paths.mjs';
import { main } from './lib/steps.mjs';

const RESULT = path.join(root, 'test/out/bench-heap.json');
const GIB = 2 ** 30;

const bars = [];

/** Notes one bar: what was measured, in words, and whether it holds. */
function bar(name, text, holds) {
  bars.push({ name, text, holds });
  console.log(`  ${holds ? 'ok  ' : 'MISS'}  ${name}: ${text}`);
}

function option(name, fallback) {
  const at = process.argv.indexOf(`--${name}`);
  const value = at < 0 ? fallback : Number(process.argv[at + 1]);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} must be a number of blocks`);
  return value;
}

const ms = (value) => `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`;

async function reader(blocks) {
  const results = [];
  for (const build of ['debug', 'fast']) {
    // One block in eight is freed again.
    const one = await measureReader(build, Math.ceil((blocks * 8) / 7));
    results.push(one);
    console.log(
      `${build} build, ${one.live} live blocks; bare read ${ms(one.bare)}, with all blocks ${ms(one.bareWithBlocks)}; ` +
        `map ${ms(one.map)}, groups ${ms(one.groups)}, snapshot ${one.snapshotBytes.toFixed(1)} bytes a block`,
    );
    const limit = 3 * one.bare;
    bar('chunks and totals', `${ms(one.summary)}, bar ${ms(limit)} (3 x bare read)`, one.summary <= limit);
    bar('second page by size', `${ms(one.nextPage)}, bar ${ms(limit / 3)}`, one.nextPage < limit / 3);
    if (build === 'debug') {
      const whole = 3 * one.bareWithBlocks;
      bar(
        'check of every byte',
        `${ms(one.check)}, bar ${ms(whole)} (3 x bare read with all blocks)`,
        one.check <= whole,
      );
    }
    bar(
      'comparison of two snapshots',
      `${ms(one.diff)}, bar ${ms(4 * one.walk)} (4 x walk)`,
      one.diff <= 4 * one.walk,
    );
  }
  return results;
}

async function gdb(blocks) {
  const result = await measureGdb(blocks);
  for (const [name, { blocks: seen, seconds, own }] of Object.entries(result)) {
    const factor = seconds / own;
    console.log(
      `gdb's ${name}, totals of ${seen} blocks: ${seconds.toFixed(2)} s; the reader ${ms(1000 * own)}, ${factor.toFixed(0)} times faster`,
    );
  }
  const { script } = result;
  bar(
    'against a gdb script',
    `${(script.seconds / script.own).toFixed(0)} times faster, bar 100`,
    script.seconds / script.own >= 100,
  );
  return result;
}

async function adapter(blocks) {
  const result = await measureAdapter(blocks);
  console.log(
    `adapter, ${result.blocks} live blocks: ${Object.entries(result.times)
      .map(([name, time]) => `${name} ${ms(time)}`)
      .join(', ')}`,
  );
  bar('memory of the adapter', `${(result.peak / GIB).toFixed(2)} GiB, bar 1.5 GiB`, result.peak < 1.5 * GIB);
  const step = result.times['step while a check runs'];
  bar(
    'a step does not wait',
    `${ms(step)}, the check ${ms(result.times['check'])}`,
    result.interrupted && step < result.times['check'],
  );
  return result;
}

async function browser() {
  if (process.argv.includes('--no-browser')) return undefined;
  const { measureBrowser, SMOOTH_FPS } = await import('./bench-heap-browser.mjs');
  const result = await measureBrowser();
  console.log(
    `panel, ${result.total} entries: opened in ${ms(result.openMs)}, a jump ${ms(result.jumpMs)}, ` +
      `${ms(result.cpuMsPerFrame)} of the page's thread a frame, longest frame ${ms(result.longestFrameMs)}`,
  );
  bar(
    'scrolling ten million entries',
    `${result.fps} frames a second, bar ${SMOOTH_FPS} (plain text: ${result.ceilingFps})`,
    result.fps >= SMOOTH_FPS,
  );
  return result;
}

main(async () => {
  try {
    const result = {
      reader: await reader(option('blocks', 1_000_000)),
      gdb: await gdb(option('blocks', 1_000_000)),
      adapter: await adapter(option('large', 10_000_000)),
      browser: await browser(),
      bars,
    };
    mkdirSync(path.dirname(RESULT), { recursive: true });
    writeFileSync(RESULT, `${JSON.stringify(result, undefined, 2)}\n`);
    const missed = bars.filter(({ holds }) => !holds).length;
    console.log(
      `${bars.length - missed} of ${bars.length} bars hold; figures in ${path.relative(root, RESULT)}`,
    );
    process.exitCode = missed > 0 ? 1 : 0;
  } finally {
    endAll();
  }
});
