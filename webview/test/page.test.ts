/** The built page in a real browser, under its content-security policy. */
import * as assert from 'node:assert/strict';
import type { PanelView } from '../../adapter/src/protocol';
import { answerEntries, makeHeap } from './page/fixture';
import { openPage, type PageHost } from './page/host';

const TEN_MILLION = 10_000_000;

describe('the inspector in a browser', function () {
  this.timeout(60_000);
  let host: PageHost;

  before(async () => {
    host = await openPage();
    await host.page.waitForSelector('vscode-tab-header');
  });
  after(() => host?.close());

  const stop = async (): Promise<void> => {
    await host.post({ type: 'state', state: 'stopped', sessionName: 'shop', run: 'run 1' });
    await host.post({ type: 'changed', generation: 3 });
    await host.page.waitForFunction(() => document.querySelector('.tiles, .grid-row, .ceiling-row, .report'));
  };
  const show = (view: PanelView): Promise<void> => host.post({ type: 'show', view });

  it('offers to start where there is no session', async () => {
    await host.post({ type: 'state', state: 'none', sessionName: '', run: '' });
    await host.page.getByRole('button', { name: 'Start Debugging' }).click();
    assert.ok(host.sent.some((message) => message.type === 'startDebugging'));
  });

  it('says that a program runs', async () => {
    await host.post({ type: 'state', state: 'running', sessionName: 'shop', run: 'run 0' });
    await host.page.getByText('shop is running. Its heap shows at a stop.').waitFor();
  });

  it('shows totals, the chart and the largest chunks', async () => {
    await stop();
    await host.page.locator('.tile-value', { hasText: '32 MB' }).waitFor();
    assert.equal(await host.page.locator('spaces-timeline canvas').count(), 1);
    assert.equal(await host.page.locator('.chunk-bar').count(), 5);
  });

  it('sorts the chunk table by a click on its head', async () => {
    await show('chunks');
    await host.page.locator('.grid-sort[data-column="liveCount"]').click();
    await host.page.locator('.grid-sort[data-column="liveCount"]').click();
    const header = host.page.locator('[role="columnheader"]', { hasText: 'Blocks' });
    assert.equal(await header.getAttribute('aria-sort'), 'ascending');
    assert.match(await host.page.locator('.grid-rows .grid-row').first().innerText(), /Thread 48212/);
  });

  it('shows text of the program as text', async () => {
    await host.page.getByText('cache <b>bold</b> (cache.c:9)').first().waitFor();
    await show('reports');
    await host.page.getByText('<img src=x onerror=alert(1)>').first().waitFor();
    assert.equal(await host.page.locator('spaces-inspector img').count(), 0);
  });

  it('leads from every frame of a report to its line', async () => {
    await host.page.locator('.report-item', { hasText: 'Double free' }).click();
    await host.page
      .locator('.stack', { hasText: 'First freed' })
      .getByRole('button', { name: 'index.c:120' })
      .click();
    const opened = host.sent.filter((message) => message.type === 'openSource').at(-1);
    assert.deepEqual(opened, { type: 'openSource', path: '/home/dev/shop/src/index.c', line: 120 });
  });

  it('marks the first bad byte', async () => {
    await host.page.locator('.report-item', { hasText: 'Overflow' }).click();
    assert.equal(await host.page.locator('.byte.byte-bad').innerText(), '20');
    assert.equal(await host.page.locator('.byte.byte-bad').getAttribute('title'), 'offset 24');
  });

  it('walks reports with the keys', async () => {
    await host.page.locator('.report-list').focus();
    await host.page.keyboard.press('Home');
    await host.page.locator('#report-title', { hasText: 'Leak' }).waitFor();
    await host.page.keyboard.press('ArrowDown');
    await host.page.locator('#report-title', { hasText: 'Ceiling exceeded' }).waitFor();
  });

  it('shows the last of ten million entries, and scrolls through them by wheel and keys', async () => {
    host.answers.set('spaces/entries', (args) => answerEntries(args as never, TEN_MILLION));
    await show('entries');
    const grid = host.page.locator('spaces-grid .grid-scroll');
    const address = (index: number): string => `0x${(0x7ffff5000000 + index * 64).toString(16)}`;
    await host.page.getByText(address(0), { exact: true }).waitFor();
    assert.equal(await grid.getAttribute('aria-rowcount'), String(TEN_MILLION + 1));
    await grid.focus();
    await host.page.keyboard.press('End');
    await host.page.locator('.grid-row.selected', { hasText: address(TEN_MILLION - 1) }).waitFor();
    await host.page.keyboard.press('ArrowUp');
    await host.page.locator('.grid-row.selected', { hasText: address(TEN_MILLION - 2) }).waitFor();
    const first = async (): Promise<number> =>
      Math.min(
        ...(await host.page
          .locator('.grid-rows .grid-row')
          .evaluateAll((rows) => rows.map((row) => Number(row.getAttribute('aria-rowindex'))))),
      );
    const before = await first();
    await grid.hover();
    await host.page.mouse.wheel(0, -220);
    await host.page.waitForFunction(
      (index) => document.querySelector(`.grid-rows .grid-row[aria-rowindex="${index}"]`),
      before - 10,
    );
    assert.equal(before - (await first()), 10);
    assert.ok((await host.page.locator('.grid-rows .grid-row').count()) < 60);
  });

  it('opens the allocation of a row with Enter', async () => {
    const grid = host.page.locator('spaces-grid .grid-scroll');
    await grid.focus();
    await host.page.keyboard.press('Home');
    await host.page.locator('.grid-row.selected[aria-rowindex="2"]:not(.pending)').waitFor();
    await host.page.locator('.detail-body', { hasText: 'order[3]' }).waitFor();
    const before = host.sent.length;
    await host.page.keyboard.press('Enter');
    // The message takes a way of its own from the page to here.
    while (host.sent.length === before) {
      await host.page.waitForTimeout(20);
    }
    const opened = host.sent.at(-1);
    assert.deepEqual(opened, { type: 'openSource', path: '/home/dev/shop/src/order.c', line: 33 });
  });

  it('filters by what is typed, and marks a size that is none', async () => {
    await host.page.locator('.filter-text input').fill('json');
    await host.page.getByText('2,000,000 of 10,000,000 live blocks, 3.81 GB').waitFor();
    const asked = host.requests.filter((request) => request.command === 'spaces/entries').at(-1);
    assert.deepEqual((asked?.arguments as { filter: unknown }).filter, { text: 'json' });
    const size = host.page.locator('.filter-size').first();
    await size.locator('input').fill('much');
    await host.page.waitForFunction(() => document.querySelector('.filter-size')?.hasAttribute('invalid'));
    await host.page.getByRole('button', { name: 'Clear filters' }).click();
    await host.page.getByText('10,000,000 of 10,000,000 live blocks, 19.1 GB').waitFor();
  });

  it('edits a ceiling, and says what cannot be', async () => {
    await show('ceilings');
    const field = host.page.getByLabel('Ceiling of orders (session.c:41)', { exact: true });
    await field.fill('1MB');
    await host.page.getByText('Below what is in use: it would be ignored.').waitFor();
    await field.fill('16MB');
    await field.press('Enter');
    await host.page.waitForFunction(() => !document.querySelector('.limit-field vscode-toolbar-button'));
    const asked = host.requests.filter((request) => request.command === 'spaces/set').at(-1);
    assert.deepEqual(asked?.arguments, { chunk: '0x7ffff6000004', ceiling: 16 * 1024 ** 2 });
  });

  it('cannot edit while the program runs', async () => {
    await host.post({ type: 'state', state: 'running', sessionName: 'shop', run: 'run 1' });
    await host.page.getByText('Limits can be changed while the program is stopped.').waitFor();
    assert.equal(
      await host.page.getByLabel('Ceiling of orders (session.c:41)', { exact: true }).isDisabled(),
      true,
    );
    await host.page.getByText('shop is running. These are the figures of the last stop.').waitFor();
  });

  it('comes back where it was when it is loaded anew', async () => {
    await host.reload();
    await host.page.locator('.ceiling-row').first().waitFor();
    assert.equal(await host.page.locator('vscode-tab-header[active]').innerText(), 'CEILINGS');
  });

  it('shows the sentence of a heap that cannot be read', async () => {
    host.answers.set('spaces/heap', () => {
      throw new Error('The heap is of layout version 9; this Spaces reads version 1.');
    });
    await host.post({ type: 'state', state: 'stopped', sessionName: 'shop', run: 'run 1' });
    await host.post({ type: 'changed', generation: 9 });
    await host.page.getByText('The heap is of layout version 9').waitFor();
    host.answers.set('spaces/heap', () => makeHeap());
  });

  it('breaks no rule of its content-security policy, and throws nothing', () => {
    assert.deepEqual(host.errors, []);
  });
});
