/** Groups, heap map, block view and snapshots of the built page in a real browser. */
import * as assert from 'node:assert/strict';
import type { PanelMessage, PanelView } from '../../adapter/src/protocol';
import { MAP_SLABS } from './page/answers';
import { openPage, type PageHost } from './page/host';

describe("the inspector's pictures in a browser", function () {
  this.timeout(60_000);
  let host: PageHost;

  before(async () => {
    host = await openPage();
    host.page.setDefaultTimeout(8000);
    await host.page.waitForSelector('vscode-tab-header');
    await host.post({ type: 'state', state: 'stopped', sessionName: 'shop', run: 'run 1', frameId: 1000 });
    await host.post({ type: 'changed', generation: 3 });
    await host.page.locator('.tile-value').first().waitFor();
  });
  after(() => host?.close());

  const show = (view: PanelView): Promise<void> => host.post({ type: 'show', view });
  const asked = (command: string): Record<string, unknown> =>
    (host.requests.filter((request) => request.command === command).at(-1)?.arguments ?? {}) as Record<
      string,
      unknown
    >;
  const sent = <T extends PanelMessage['type']>(type: T): Extract<PanelMessage, { type: T }> | undefined =>
    host.sent
      .filter((message): message is Extract<PanelMessage, { type: T }> => message.type === type)
      .at(-1);
  const status = (): Promise<string> => host.page.locator('.picture-status .status-text').innerText();

  describe('groups', () => {
    it('say how many of how many, and sort by a click', async () => {
      await show('groups');
      await host.page.getByText('17 of 17 groups, 24.7 MB').waitFor();
      await host.page.locator('.grid-sort[data-column="count"]').click();
      await host.page
        .locator('[role="columnheader"][aria-sort="descending"]', { hasText: 'Blocks' })
        .waitFor();
      assert.deepEqual(asked('spaces/groups')['sort'], { by: 'count', descending: true });
    });

    it('lead to the entries of one', async () => {
      const grid = host.page.locator('spaces-grid .grid-scroll');
      await grid.focus();
      await host.page.keyboard.press('Home');
      await host.page.keyboard.press('Enter');
      await host.page.locator('.pill-button', { hasText: 'order_new' }).waitFor();
      const { filter } = asked('spaces/entries') as { filter: { group: { by: string; key: string } } };
      assert.equal(filter.group.by, 'site');
      assert.match(filter.group.key, /^order_new /);
      await host.page.locator('.pill-button').click();
      await host.page.waitForFunction(() => !document.querySelector('.pill-button'));
      assert.equal('filter' in asked('spaces/entries'), false);
    });

    it('are a flame graph: a click zooms, Escape comes back, the keys walk', async () => {
      await show('groups');
      await host.page.locator('[data-mode="flame"]').click();
      await host.page.locator('.flame-box', { hasText: 'json_run' }).first().click();
      assert.match(await status(), /^json_run: 3\.37 MB in [\d,]+ blocks, 13\.7%$/);
      const width = async (): Promise<number> =>
        Number(await host.page.locator('.flame-box.current rect').getAttribute('width'));
      assert.ok((await width()) > 900, 'the box fills the picture');
      await host.page.keyboard.press('ArrowDown');
      assert.match(await status(), /^json_parse_string/);
      await host.page.keyboard.press('o');
      assert.equal(sent('openSource')?.path, '/home/dev/shop/src/json.c');
      await host.page.keyboard.press('Escape');
      await host.page.waitForFunction(
        () => Number(document.querySelector('.flame-box.current rect')?.getAttribute('width')) < 200,
      );
    });

    it('are a tree map: the keys walk its sites, Enter shows their entries', async () => {
      await host.page.locator('[data-mode="treemap"]').click();
      // Before its sites are laid out there is nowhere for a key to go.
      await host.page.locator('.area-site').nth(16).waitFor();
      await host.page.locator('.treemap-picture').focus();
      await host.page.keyboard.press('ArrowRight');
      assert.match(await status(), /^order_lines_grow \(order\.c:47\): 3\.35 MB/);
      const areas = await host.page
        .locator('.area-site rect')
        .evaluateAll((rects) =>
          rects.map((rect) => Number(rect.getAttribute('width')) * Number(rect.getAttribute('height'))),
        );
      assert.equal(areas.length, 17);
      assert.ok((areas[0] ?? 0) > 2 * (areas[16] ?? 0), 'areas follow bytes');
      await host.page.keyboard.press('Enter');
      await host.page.locator('.pill-button', { hasText: 'order_lines_grow' }).waitFor();
      await host.page.locator('.pill-button').click();
    });

    it('are exported as a table and as profiles', async () => {
      await show('groups');
      await host.page.locator('[data-mode="table"]').click();
      await host.page.getByRole('button', { name: 'Copy table' }).click();
      assert.equal(sent('copyTable')?.table.what, 'groups');
      await host.page.getByRole('button', { name: 'Export sites as pprof or speedscope' }).click();
      assert.deepEqual(sent('export')?.table, { what: 'stacks', format: 'pprof' });
    });
  });

  describe('the map', () => {
    it('zooms from the heap to the blocks of a slab and back, by keys alone', async () => {
      await show('map');
      await host.page.getByText('9,600 of 9,600 slabs').waitFor();
      const cells = host.page.locator('.cells-scroll');
      await cells.focus();
      for (let step = 0; step < 8; step++) {
        await host.page.keyboard.press('ArrowRight');
      }
      assert.match(await status(), /^Slabs \d+ to \d+ at 0x/);
      await host.page.keyboard.press('Enter');
      await host.page.getByText(/^\d of 9,600 slabs$/).waitFor();
      assert.ok(Number(asked('spaces/map')['count']) < MAP_SLABS);
      await cells.focus();
      await host.page.keyboard.press('Enter');
      await host.page.getByText('580 of 580 blocks').waitFor();
      await cells.focus();
      await host.page.keyboard.press('End');
      assert.match(await status(), /never used$/);
      await host.page.keyboard.press('Escape');
      await host.page.getByText(/^\d of 9,600 slabs$/).waitFor();
      await host.page.getByRole('button', { name: 'Whole heap' }).click();
      await host.page.getByText('9,600 of 9,600 slabs').waitFor();
    });

    it('draws what it says: live cells green, the damaged one red', async () => {
      const colors = await host.page.locator('spaces-cells canvas').evaluate((canvas) => {
        const drawing = (canvas as HTMLCanvasElement).getContext('2d');
        const { data } = drawing?.getImageData(
          0,
          0,
          (canvas as HTMLCanvasElement).width,
          (canvas as HTMLCanvasElement).height,
        ) ?? { data: [] };
        let [green, red] = [0, 0];
        for (let at = 0; at < data.length; at += 4) {
          const [r = 0, g = 0, b = 0] = [data[at], data[at + 1], data[at + 2]];
          green += g > 150 && g > r + 20 && g > b + 20 ? 1 : 0;
          red += r > 220 && g < 100 && b < 100 ? 1 : 0;
        }
        return { green, red };
      });
      assert.ok(colors.green > 1000, JSON.stringify(colors));
      assert.ok(colors.red > 50, JSON.stringify(colors));
    });

    it('marks what is searched, and counts it', async () => {
      await host.page.locator('.filter-text input').fill('json');
      await host.page.getByText(/^9,600 of 9,600 slabs, [1-9]\d* blocks marked$/).waitFor();
      assert.deepEqual(asked('spaces/map')['find'], { text: 'json' });
      await host.page.locator('.filter-text input').fill('0x7FFF00001000');
      await host.page.waitForTimeout(400);
      assert.deepEqual(asked('spaces/map')['find'], { address: '0x7fff00001000' });
      await host.page.locator('.filter-text input').fill('');
      await host.page.getByText(/^9,600 of 9,600 slabs$/).waitFor();
    });

    it('is a table for who cannot see it', async () => {
      await host.page.locator('[data-mode="table"]').click();
      const grid = host.page.locator('spaces-grid .grid-scroll');
      await grid.waitFor();
      assert.equal(await grid.getAttribute('aria-rowcount'), '1501');
      await host.page.locator('[data-mode="map"]').click();
    });
  });

  describe('a block', () => {
    it('is found by its address: bytes, redzones, the first bad byte, its neighbours', async () => {
      await show('block');
      const field = host.page.getByLabel('Address or expression');
      await field.fill('0x7ffff5001240');
      await field.press('Enter');
      await host.page.locator('#block-title', { hasText: '0x7ffff5001240' }).waitFor();
      assert.equal(await host.page.locator('.byte.byte-bad').getAttribute('title'), 'offset 36');
      assert.equal(await host.page.locator('.byte.zone-front-redzone').count(), 16);
      assert.equal(await host.page.locator('.byte.zone-payload').count(), 36);
      assert.equal(await host.page.locator('.byte.zone-back-redzone').count(), 28);
      assert.match(await host.page.locator('.neighbour').first().innerText(), /index_insert/);
    });

    it('leads to its neighbour and back', async () => {
      await host.page.locator('.neighbour').last().locator('button.link.mono').click();
      await host.page.waitForFunction(() => !document.querySelector('.byte')?.closest('[hidden]'));
      assert.equal(asked('spaces/block')['address'], '0x7ffff5001290');
      await host.page.getByRole('button', { name: 'Back' }).click();
      assert.equal(asked('spaces/block')['address'], '0x7ffff5001240');
    });

    it('is found by an expression in the frame that is chosen', async () => {
      const field = host.page.getByLabel('Address or expression');
      await field.fill('order->next');
      await field.press('Enter');
      await host.page.getByText('8 bytes from the start').waitFor();
      assert.equal(asked('spaces/block')['expression'], 'order->next');
      assert.equal(asked('spaces/block')['frameId'], 1000);
    });

    it('goes on to the memory view and to the map', async () => {
      await host.page.getByRole('button', { name: 'Open in Memory View' }).click();
      assert.deepEqual(sent('viewMemory'), { type: 'viewMemory', address: '0x7ffff5001240', length: 64 });
      await host.page.getByRole('button', { name: 'Show in Map' }).click();
      await host.page.getByText('580 of 580 blocks').waitFor();
      assert.equal(asked('spaces/slab')['address'], '0x7ffff5001240');
    });

    it('says that an address lies in none', async () => {
      await host.post({ type: 'show', view: 'block', address: '0x10' });
      await host.page.getByText('0x10 lies in no block of this heap.').waitFor();
    });
  });

  describe('snapshots', () => {
    it('are listed, taken and forgotten', async () => {
      await show('snapshots');
      await host.page.getByText('2 snapshots, 1.9 MB').waitFor();
      await host.page.getByRole('button', { name: 'Take Snapshot' }).click();
      await host.page.waitForFunction(() => true);
      assert.deepEqual(asked('spaces/snapshot'), {});
      await host.page.getByRole('button', { name: 'Forget After start' }).click();
      await host.page.getByText('1 snapshot').waitFor();
      assert.deepEqual(asked('spaces/dropSnapshot'), { id: 1 });
    });

    it('are compared: any two, or one with now', async () => {
      await host.post({ type: 'snapshots' });
      await host.page.getByText('2 snapshots, 1.9 MB').waitFor();
      await host.page.getByRole('button', { name: 'Compare Before requests with now' }).click();
      await host.page.getByText('17 of 57 groups changed').waitFor();
      await host.page.waitForTimeout(200);
      assert.equal(asked('spaces/diff')['from'], 2);
      assert.equal('to' in asked('spaces/diff'), false);
      await host.page.locator('.grid-sort[data-column="allocated"]').click();
      await host.page.waitForTimeout(100);
      assert.deepEqual(asked('spaces/diff')['sort'], { by: 'allocated', descending: true });
      assert.match(await host.page.locator('.diff-sums').innerText(), /Live 14\.8 MB → 21\.4 MB/);
    });
  });

  describe('leaks', () => {
    const records = (): Promise<number> => host.page.locator('spaces-grid .grid-rows .grid-row').count();

    it('say how much of each class, and list the places with what is lost with them', async () => {
      await show('leaks');
      await host.page.locator('.leak-class[data-class="definite"]', { hasText: 'in 472 blocks' }).waitFor();
      await host.page.getByText('14 of 14 places').waitFor();
      assert.deepEqual(asked('spaces/leaks')['kinds'], ['definite', 'indirect', 'possible']);
    });

    it('show a class or show it no more, by a click or a key', async () => {
      const definite = host.page.locator('.leak-class[data-class="definite"]');
      await definite.focus();
      await host.page.keyboard.press('Space');
      await host.page.getByText('6 of 6 places').waitFor();
      assert.equal(await definite.getAttribute('aria-checked'), 'false');
      await definite.click();
      await host.page.getByText('14 of 14 places').waitFor();
      assert.equal(await records(), 14);
    });

    it('tell of one: its stack, its first blocks, the way to the allocation, and that it is intended', async () => {
      await host.page.locator('spaces-grid .grid-scroll').focus();
      await host.page.keyboard.press('Home');
      await host.page.locator('.detail', { hasText: 'First blocks' }).waitFor();
      await host.page.getByRole('button', { name: 'Go to Allocation' }).click();
      assert.match(sent('openSource')?.path ?? '', /\/src\/\w+\.c(pp)?$/);
      await host.page.getByRole('button', { name: 'Mark as Intended' }).click();
      const marked = sent('markIntended');
      assert.equal(marked?.leak.class, 'definite');
      assert.ok((marked?.allocated.length ?? 0) > 1);
      await host.page.locator('.grid-row', { hasText: 'intended' }).click();
      await host.page.locator('.detail', { hasText: 'kept for the whole run' }).waitFor();
      assert.equal(await host.page.getByRole('button', { name: 'Mark as Intended' }).count(), 0);
    });

    it('are a tree map, and lead to a block', async () => {
      await host.page.locator('[data-mode="treemap"]').click();
      await host.page.locator('.area-site').first().waitFor();
      await host.page.locator('[data-mode="table"]').click();
      await host.page.locator('spaces-grid .grid-row').first().click();
      await host.page.locator('.examples .link').first().click();
      await host.page.locator('vscode-tab-header[data-view="block"][active]').waitFor();
    });

    it('are exported as they are chosen', async () => {
      await show('leaks');
      await host.page
        .locator('vscode-tab-panel[data-view="leaks"] vscode-toolbar-button[label="Export table"]')
        .click();
      const message = host.sent.filter(({ type }) => type === 'export').at(-1);
      assert.ok(message?.type === 'export' && message.table.what === 'leaks');
      assert.ok((message.table.query.kinds ?? []).length > 0);
    });

    it('say that nothing is lost', async () => {
      const lossless = { count: 0, bytes: 0 };
      host.answers.set('spaces/leaks', () => ({
        total: 0,
        records: [],
        classes: {
          definite: lossless,
          indirect: lossless,
          possible: lossless,
          reachable: { count: 91_041, bytes: 9 },
        },
        generation: 4,
      }));
      await host.post({ type: 'changed', generation: 4 });
      await show('leaks');
      await host.page.getByText('No block of these classes: 91,041 blocks can be reached.').waitFor();
    });
  });

  describe('the whole', () => {
    it('draws gauges of a running program over time', async () => {
      await show('overview');
      await host.post({ type: 'state', state: 'running', sessionName: 'shop', run: 'run 1' });
      await host.post({
        type: 'stats',
        stats: {
          time: 1_763_842_900_000,
          running: true,
          heapTotal: 30 * 1024 ** 2,
          heapLimit: 32 * 1024 ** 2,
          totalFree: 0,
          footprint: 29 * 1024 ** 2,
          liveCount: 5,
          liveBytes: 28 * 1024 ** 2,
          chunks: [],
        },
      });
      await host.page.locator('spaces-timeline .legend', { hasText: 'Live 28 MB' }).waitFor();
      await host.page.getByText('after 100.0 s').waitFor();
    });

    it('comes back where it was when it is loaded anew', async () => {
      await show('map');
      await host.page.waitForTimeout(100);
      await host.reload();
      await host.page.locator('vscode-tab-header[active]', { hasText: 'Map' }).waitFor();
    });

    it('breaks no rule of its content-security policy, and throws nothing', () => {
      assert.deepEqual(host.errors, []);
    });
  });
});
