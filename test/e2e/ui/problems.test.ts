/** From what is wrong to the line that did it, in VS Code: quick fixes, the search for a write, breaks, leaks. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Inspector } from '../harness/inspector';
import { Instance } from '../harness/instance';
import { makeShop } from '../harness/shop';
import { lineOf } from '../harness/source';
import { inEachTheme, photograph } from '../harness/themes';
import { until } from '../harness/until';
import type { Workbench } from '../harness/workbench';

describe('problems of the heap in VS Code', function () {
  this.bail(true);
  let folder: string;
  let source: string;
  let suppressions: string;
  let instance: Instance;
  let workbench: Workbench;
  let inspector: Inspector;

  before(async () => {
    folder = makeShop();
    source = path.join(folder, 'shop.c');
    suppressions = path.join(folder, '.vscode/spaces-suppressions.json');
    instance = await Instance.open({ folder });
    workbench = instance.workbench;
    await workbench.openFile('shop.c');
    await workbench.setBreakpoint(lineOf(source, 'the second stop'));
    await workbench.setBreakpoint(lineOf(source, 'the first stop'));
    await instance.page.keyboard.press('F5');
    await workbench.stopped();
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench?.screenshot(`failed/${this.currentTest.title}`);
  });
  after(async () => {
    await workbench?.stopDebugging();
    await instance?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const focusEditor = () => workbench.command('View: Focus First Editor Group');
  const standsOn = (line: number) =>
    until(`line ${line}`, async () => {
      const cursor = await workbench.cursorLine();
      if (cursor !== line) throw new Error(`the cursor is on line ${cursor}`);
      return true;
    });

  it('a block stops the program when it is freed, asked for in its view', async () => {
    inspector = await Inspector.open(workbench);
    await inspector.show('block');
    const field = inspector.frame.getByLabel('Address or expression');
    await field.fill('name');
    await field.press('Enter');
    await inspector.shows(/live block .* 18 bytes/, 'block');
    await inspector.frame.getByRole('button', { name: 'Break on Free' }).click();
    await inspector.shows(/Stops at: Free of the 18-byte block/, 'block');
    await focusEditor();
    await workbench.continueToStop();
    await standsOn(lineOf(source, 'free(name)'));
    await workbench.screenshot('dark/problems-block-freed');
  });

  it('the next stop finds the damage', async () => {
    await workbench.continueToStop();
    await standsOn(lineOf(source, 'the second stop'));
    await inspector.shows(/Overflow .* Block allocated name_copy/, 'reports');
  });

  it('quick fixes lead from the squiggle to the allocation', async () => {
    await focusEditor();
    await workbench.goToLine(lineOf(source, 'malloc((size_t)length'));
    await instance.page.locator('.squiggly-error').first().waitFor({ state: 'attached' });
    const menu = instance.page.locator('.action-widget');
    await until(
      'the quick fixes',
      async () => {
        // A menu that opened before the fixes were there is closed: it shows none that come later.
        await instance.page.keyboard.press('Escape');
        await instance.page.keyboard.press('Control+.');
        await menu.waitFor({ timeout: 5000 });
        return /Go to allocation/.test(await menu.innerText());
      },
      40_000,
    );
    const actions = await menu.innerText();
    await workbench.screenshot('dark/problems-quick-fix');
    assert.match(actions, /Go to allocation \(shop\.c:\d+\)/);
    assert.match(actions, /Find the write/);
    // VS Code takes clicks in this menu only where the mouse has moved; the keys always do.
    await until('the report chosen', async () => {
      await instance.page.keyboard.press('ArrowDown');
      return /Open report/.test(await menu.locator('.monaco-list-row.focused').innerText());
    });
    await instance.page.keyboard.press('Enter');
    await menu.waitFor({ state: 'hidden' });
    await inspector.shows(/Overflow .* Block allocated name_copy/, 'reports');
  });

  it('leaks are shown by place and by class, as a table and as areas', async () => {
    await inspector.show('leaks');
    await inspector.shows(/1 of 1 places .*serve shop\.c:\d+ 141 KB 1,500/, 'leaks');
    await inspector.frame.locator('[data-class="reachable"]').click();
    await inspector.shows(/[\d,]+ of [2-9] places .*cache_put/, 'leaks');
    await inspector.frame.locator('.grid-rows .grid-row', { hasText: 'serve' }).locator('.site').click();
    await inspector.shows(/Class definitely lost .*First blocks 0x/, 'leaks');
    await inEachTheme(instance, async (theme) => {
      await inspector.frame.locator('.grid-row.selected').waitFor();
      await workbench.screenshot(`${theme}/views-leaks`);
      await inspector.frame.locator('[data-mode="treemap"]').click();
      await inspector.frame.locator('.area-site', { hasText: 'cache_put' }).first().waitFor();
      await workbench.screenshot(`${theme}/views-leaks-treemap`);
      await inspector.frame.locator('[data-mode="table"]').click();
      await inspector.frame.locator('.grid-rows .grid-row', { hasText: 'serve' }).locator('.site').click();
    });
  });

  it('a leak is marked as intended, which is written down and told from then on', async () => {
    await inspector.frame.locator('.grid-row.selected').waitFor();
    await inspector.frame.getByRole('button', { name: 'Mark as Intended' }).click();
    await until('the file of intended leaks', () => existsSync(suppressions));
    assert.match(readFileSync(suppressions, 'utf8'), /"serve"/);
    await inspector.shows(/serve .*intended/, 'leaks');
    await until('where it was written', async () =>
      (await workbench.notifications()).some((text) => text.includes('.vscode/spaces-suppressions.json')),
    );
    await workbench.dismissNotifications();
    await focusEditor();
  });

  it('the search for a write starts at the report and stops on the line that wrote', async () => {
    await inspector.show('reports');
    await inspector.frame.getByRole('button', { name: 'Find the Write' }).click();
    await until(
      'the write',
      async () =>
        /This write damages the block: byte at offset 18/.test(
          await instance.page.locator('.repl').innerText(),
        ),
      60_000,
    );
    await standsOn(lineOf(source, "names[4][i] = '!'"));
    inspector = await Inspector.attach(workbench);
    await inspector.show('reports');
    await inspector.shows(/Written main shop\.c:\d+/, 'reports');
    // The check at this stop finds no more than what was looked for.
    assert.equal(await inspector.frame.locator('.report-item').count(), 1);
    await photograph(instance, 'problems-written');
  });
});
