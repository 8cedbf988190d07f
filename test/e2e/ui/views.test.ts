/** Every view of the heap in VS Code, on a program with enough in its heap, pictured in three themes. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { Inspector, type View } from '../harness/inspector';
import { Instance } from '../harness/instance';
import { makeShop } from '../harness/shop';
import { lineOf } from '../harness/source';
import { inEachTheme } from '../harness/themes';
import { until } from '../harness/until';
import type { Workbench } from '../harness/workbench';

describe('the views of the heap in VS Code', function () {
  this.bail(true);
  let folder: string;
  let source: string;
  let instance: Instance;
  let workbench: Workbench;
  let inspector: Inspector;

  before(async () => {
    folder = makeShop();
    source = path.join(folder, 'shop.c');
    instance = await Instance.open({ folder });
    workbench = instance.workbench;
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench?.screenshot(`failed/${this.currentTest.title}`);
  });
  after(async () => {
    await workbench?.stopDebugging();
    await instance?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const editorText = async (): Promise<string> =>
    (await instance.page.locator('.editor-instance .view-lines').first().innerText()).replaceAll(/\s+/g, ' ');
  it('stops, and the side bar names the chunks by their variables', async () => {
    await workbench.openFile('shop.c');
    await workbench.setBreakpoint(lineOf(source, 'the second stop'));
    await workbench.setBreakpoint(lineOf(source, 'the first stop'));
    await instance.page.keyboard.press('F5');
    await workbench.stopped();
    await workbench.pane('Spaces');
    const rows = await until('the chunk orders', async () => {
      const found = await workbench.rows('.pane-body .tree-explorer-viewlet-tree-view');
      return found.some((row) => /orders/.test(row)) && found;
    });
    assert.match(rows.join('\n'), /▰|▱/, 'a bar of the ceiling');
  });

  it('tells live bytes at the lines that allocated them', async () => {
    await workbench.command('View: Focus First Editor Group');
    await workbench.goToLine(lineOf(source, 'malloc((size_t)length'));
    await until('a hint at the allocation', async () => /900 blocks/.test(await editorText()));
  });

  it('takes a snapshot', async () => {
    inspector = await Inspector.open(workbench);
    await inspector.show('snapshots');
    await inspector.frame.getByRole('button', { name: 'Take Snapshot' }).click();
    await inspector.shows(/1 snapshot, .* Snapshot 1/, 'snapshots');
  });

  it('marks the dangling pointer at the next stop, and says what it is', async () => {
    await workbench.command('View: Focus First Editor Group');
    await workbench.continueToStop();
    await until('the inline value', async () =>
      /name → dangling: freed at shop\.c:/.test(await editorText()),
    );
    await workbench.screenshot('views/editor');
  });

  it('groups live bytes by site, as a table, a flame graph and a tree map', async () => {
    await inspector.show('groups');
    await inspector.shows(/order_new .*shop\.c:\d+/, 'groups');
    await inspector.frame.locator('[data-mode="flame"]').click();
    await inspector.frame.locator('.flame-box', { hasText: 'serve' }).first().click();
    await inspector.shows(/serve: .* blocks, /, 'groups');
    await inspector.frame.locator('[data-mode="treemap"]').click();
    await inspector.frame.locator('.area-site', { hasText: 'cache_put' }).first().waitFor();
  });

  it('compares the snapshot with now', async () => {
    await inspector.show('snapshots');
    await inspector.shows(/order_new .*\+1,500/, 'snapshots');
  });

  it('draws the heap, down to a block with its neighbours', async () => {
    await inspector.show('map');
    await inspector.shows(/([\d,]+) of \1 slabs/, 'map');
    await inspector.show('entries');
    await inspector.frame.locator('.filter-text input').fill('order_new');
    await inspector.shows(/1,500 of [\d,]+ live blocks/, 'entries');
    await inspector.frame.locator('.grid-rows .grid-row').nth(3).locator('button.link.mono').click();
    await inspector.shows(/live block .* Block before .* Block behind/, 'block');
    await inspector.frame.getByRole('button', { name: 'Show in Map' }).click();
    await inspector.shows(/[\d,]+ of [\d,]+ blocks/, 'map');
  });

  it('finds a block by an expression of the stopped frame', async () => {
    await inspector.show('block');
    const field = inspector.frame.getByLabel('Address or expression');
    await field.fill('shop.names[4]');
    await field.press('Enter');
    await inspector.shows(/written past its end/, 'block');
    assert.equal(await inspector.frame.locator('.byte.byte-bad').count(), 1);
  });

  it('lists the damage that the check at the stop found', async () => {
    await inspector.show('reports');
    await inspector.shows(/Overflow .* shop\.c:\d+/, 'reports');
  });

  it('looks well in every theme', async () => {
    const views: View[] = ['overview', 'chunks', 'ceilings', 'entries', 'block', 'snapshots', 'reports'];
    await inEachTheme(instance, async (theme) => {
      for (const view of views) {
        await inspector.show(view);
        await instance.page.waitForTimeout(250);
        await workbench.screenshot(`${theme}/views-${view}`);
      }
      await inspector.show('groups');
      for (const mode of ['table', 'flame', 'treemap']) {
        await inspector.frame.locator(`[data-mode="${mode}"]`).click();
        await instance.page.waitForTimeout(300);
        await workbench.screenshot(`${theme}/views-groups-${mode}`);
      }
      await inspector.show('block');
      await inspector.frame.getByRole('button', { name: 'Show in Map' }).click();
      await inspector.shows(/[\d,]+ of [\d,]+ blocks/, 'map');
      await workbench.screenshot(`${theme}/views-map-slab`);
      await inspector.frame.getByRole('button', { name: 'Whole heap' }).click();
      await inspector.shows(/([\d,]+) of \1 slabs/, 'map');
      await workbench.screenshot(`${theme}/views-map`);
    });
  });

  it('kept to its content-security policy', () => {
    const breaches = instance.pageErrors.filter((text) => /Content Security Policy/i.test(text));
    assert.deepEqual(
      breaches.filter((text) => /spaces/i.test(text)),
      [],
    );
  });
});
