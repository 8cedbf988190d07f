/**
 * The browser's half of the heap benchmark: the built inspector in Chromium with a table of many entries, scrolled
 * by the wheel and by jumps. Prints one JSON object; `measureBrowser` is for scripts that have more to measure.
 *
 * Usage: node scripts/bench-heap-browser.mjs [entries]   (10000000 unless told; needs `npm run build`)
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { require as load } from 'tsx/cjs/api';
import { dist } from './lib/paths.mjs';
import { StepError, main } from './lib/steps.mjs';

/** The least that counts as smooth. */
export const SMOOTH_FPS = 50;
const WHEEL_SECONDS = 4;
const JUMPS = 5;

/** What the page runs: counts frames, and notes the longest gap between two. */
const WATCH = `window.frames60 = [];
const watch = (now) => { window.frames60.push(now); requestAnimationFrame(watch); };
requestAnimationFrame(watch);`;

/**
 * Scrolls a table of `total` entries. `answer` stands in for the adapter: (arguments of spaces/entries) → its body;
 * made-up rows where it is left out.
 *
 * Returns { total, openMs, fps, cpuMsPerFrame, longestFrameMs, rowsPassed, jumpMs }; `cpuMsPerFrame` is what
 * the page's main thread used, which a busy machine does not change; `jumpMs` is the median of the jumps.
 */
export async function measureBrowser({ total = 10_000_000, answer } = {}) {
  if (!existsSync(path.join(dist, 'webview/main.js'))) {
    throw new StepError('The inspector is not built: run "npm run build" first.');
  }
  const { openPage } = load('../webview/test/page/host.ts', import.meta.url);
  const { answerEntries } = load('../webview/test/page/fixture.ts', import.meta.url);
  const host = await openPage();
  try {
    const { page } = host;
    await page.waitForSelector('vscode-tab-header');
    host.answers.set('spaces/entries', (args) => (answer ? answer(args) : answerEntries(args, total)));
    await host.post({ type: 'state', state: 'stopped', sessionName: 'bench', run: 'run 1' });
    await host.post({ type: 'changed', generation: 3 });
    await page.locator('.tile-value').first().waitFor();
    const opened = Date.now();
    await host.post({ type: 'show', view: 'entries' });
    await page.locator('.grid-rows .mono').first().waitFor();
    const openMs = Date.now() - opened;
    await page.evaluate(WATCH);
    const wheel = await scrollByWheel(page);
    const jumpMs = await jump(page);
    return { total, openMs, ...wheel, jumpMs };
  } finally {
    await host.close();
  }
}

async function firstRow(page) {
  return Number(await page.locator('.grid-rows .grid-row').first().getAttribute('aria-rowindex'));
}

/** CPU seconds that the page's main thread has used. */
async function cpuSeconds(session) {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration').value;
}

async function scrollByWheel(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.locator('spaces-grid .grid-scroll').hover();
  const before = await firstRow(page);
  const cpu = await cpuSeconds(session);
  const started = Date.now();
  await page.evaluate('window.frames60.length = 0');
  while (Date.now() - started < WHEEL_SECONDS * 1000) {
    await page.mouse.wheel(0, 330);
    await page.waitForTimeout(8);
  }
  const times = await page.evaluate('window.frames60');
  const used = (await cpuSeconds(session)) - cpu;
  const gaps = times.slice(1).map((time, index) => time - times[index]);
  const spent = times.at(-1) - times[0];
  return {
    fps: Math.round((gaps.length / spent) * 10_000) / 10,
    cpuMsPerFrame: Math.round((used / gaps.length) * 10_000) / 10,
    longestFrameMs: Math.round(Math.max(...gaps)),
    rowsPassed: (await firstRow(page)) - before,
  };
}

/** Drags the scroll bar to places far apart; the median time until the rows there are read. */
async function jump(page) {
  const taken = [];
  for (let index = 1; index <= JUMPS; index++) {
    const started = Date.now();
    await page.locator('spaces-grid .grid-scroll').evaluate(
      (scroller, part) => {
        scroller.scrollTop = scroller.scrollHeight * part;
      },
      index / (JUMPS + 1),
    );
    await page.locator('.grid-rows .grid-row.pending').first().waitFor({ state: 'detached' });
    taken.push(Date.now() - started);
  }
  return taken.sort((a, b) => a - b)[Math.floor(taken.length / 2)];
}

if (process.argv[1] === import.meta.filename) {
  main(async () => {
    const total = Number(process.argv[2] ?? 10_000_000);
    if (!Number.isSafeInteger(total) || total < 1) {
      throw new StepError(`"${process.argv[2]}" is no number of entries.`);
    }
    const result = await measureBrowser({ total });
    console.log(JSON.stringify(result));
    if (result.fps < SMOOTH_FPS) {
      console.error(`Below ${SMOOTH_FPS} frames a second.`);
      process.exitCode = 1;
    }
  });
}
