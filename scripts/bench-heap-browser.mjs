/**
 * The browser's half of the heap benchmark: the built inspector in Chromium with a table of many entries, scrolled
 * by the wheel and by jumps. Beside it stands what the same gesture reaches on a page of nothing but text, the most
 * that this browser draws on this machine. Prints one JSON object; `measureBrowser` is for scripts that have more
 * to measure.
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
/** Pixels a second: 15 rows a frame, a hard push of the wheel. */
const WHEEL_SPEED = 20_000;
const JUMPS = 5;

/**
 * What the page runs: notes each frame, where the table then stood, and whether rows were missing. A frame counts
 * where the table moved in it.
 */
const WATCH = `window.frames = [];
const watch = (now) => {
  const rows = document.querySelector('.grid-rows');
  const place = rows ? rows.style.transform : document.documentElement.scrollTop;
  window.frames.push([now, place, rows?.querySelector('.pending') ? 1 : 0]);
  requestAnimationFrame(watch);
};
requestAnimationFrame(watch);`;

/** A page that costs nothing to scroll. */
const PLAIN_TEXT = `<!DOCTYPE html><body><pre>${'0x7ffff5000000   64 B   order_new   order.c:33\n'.repeat(8000)}</pre>`;

/**
 * Scrolls a table of `total` entries. `answer` stands in for the adapter: (arguments of spaces/entries) → its body;
 * made-up rows where it is left out.
 *
 * Returns { total, openMs, fps, ceilingFps, cpuMsPerFrame, longestFrameMs, waitingFrames, rowsPassed, jumpMs }: `fps`
 * counts the frames in which the table moved, `ceilingFps` those of a page of plain text; `cpuMsPerFrame` is what the
 * page's main thread used, which a busy machine changes little; `waitingFrames` is the part of all frames that showed
 * rows still on their way; `jumpMs` is the median of the jumps.
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
    const before = await firstRow(page);
    const wheel = await scrollByWheel(page, await page.locator('spaces-grid .grid-scroll').boundingBox());
    const rowsPassed = (await firstRow(page)) - before;
    const jumpMs = await jump(page);
    return { total, openMs, ...wheel, ceilingFps: await ceiling(page), rowsPassed, jumpMs };
  } finally {
    await host.close();
  }
}

/** Rows are drawn in any order: the least number is the first in sight. */
async function firstRow(page) {
  const rows = await page
    .locator('.grid-rows .grid-row')
    .evaluateAll((all) => all.map((row) => Number(row.getAttribute('aria-rowindex'))));
  return Math.min(...rows);
}

/** Frames a second that the same gesture reaches where there is nothing to do. */
async function ceiling(page) {
  const plain = await page.context().browser().newPage({ viewport: page.viewportSize() });
  await plain.setContent(PLAIN_TEXT);
  await plain.evaluate(WATCH);
  const { fps } = await scrollByWheel(plain, { x: 0, y: 0 });
  await plain.close();
  return fps;
}

/** CPU seconds that the page's main thread has used. */
async function cpuSeconds(session) {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration').value;
}

/** Turns the wheel over the area at `box` as the browser's own input would, and tells what was drawn. */
async function scrollByWheel(page, box) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const cpu = await cpuSeconds(session);
  await page.evaluate('window.frames.length = 0');
  await session.send('Input.synthesizeScrollGesture', {
    x: box.x + 200,
    y: box.y + 200,
    yDistance: -WHEEL_SPEED * WHEEL_SECONDS,
    speed: WHEEL_SPEED,
    gestureSourceType: 'mouse',
  });
  const frames = await page.evaluate('window.frames');
  const used = (await cpuSeconds(session)) - cpu;
  const moved = frames.filter(([, place], index) => index > 0 && place !== frames[index - 1][1]);
  const gaps = moved.slice(1).map(([time], index) => time - moved[index][0]);
  const spent = moved.at(-1)[0] - moved[0][0];
  return {
    fps: Math.round((gaps.length / spent) * 10_000) / 10,
    cpuMsPerFrame: Math.round((used / gaps.length) * 10_000) / 10,
    longestFrameMs: Math.round(Math.max(...gaps)),
    waitingFrames: frames.filter(([, , waiting]) => waiting).length / frames.length,
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
      console.error(
        `Below ${SMOOTH_FPS} frames a second; a page of plain text reaches ${result.ceilingFps} here.`,
      );
      process.exitCode = 1;
    }
  });
}
