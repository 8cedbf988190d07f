/** Working with the heap in VS Code: the way in, hovers, limits, files, memory, and the keyboard alone. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Inspector } from '../harness/inspector';
import { Instance } from '../harness/instance';
import { makeShop } from '../harness/shop';
import { lineOf } from '../harness/source';
import { photograph } from '../harness/themes';
import { until } from '../harness/until';
import type { Workbench } from '../harness/workbench';

const TREE = '.pane-body .tree-explorer-viewlet-tree-view';
/** How many snapshots of one place are kept. */
const SNAPSHOTS_OF_A_PLACE = 10;

describe('working with the heap in VS Code', function () {
  this.bail(true);
  let folder: string;
  let source: string;
  let instance: Instance;
  let workbench: Workbench;
  let inspector: Inspector;

  before(async () => {
    folder = makeShop({ snapshotAt: ['index_insert'] });
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

  const keyboard = () => instance.page.keyboard;
  const quickInput = () => instance.page.locator('.quick-input-widget input.input');
  const focusEditor = () => workbench.command('View: Focus First Editor Group');

  describe('before the first session', () => {
    it('a walkthrough shows the way', async () => {
      await workbench.command('Spaces: Get Started');
      const page = instance.page.locator('.gettingStartedContainer');
      await page.getByText('See the heap while you debug').first().waitFor();
      await until('its steps', async () => (await page.locator('.getting-started-step').count()) === 5);
      await photograph(instance, 'working-walkthrough');
      await workbench.command('View: Close All Editors');
    });

    it('side bar and inspector say how to begin', async () => {
      await workbench.command('View: Show Run and Debug');
      const pane = await workbench.pane('Spaces');
      await until('the welcome text', async () => /to see its heap here/.test(await pane.innerText()));
      inspector = await Inspector.open(workbench);
      await inspector.frame.getByRole('button', { name: 'Start Debugging' }).waitFor();
      await photograph(instance, 'working-empty');
      await workbench.command('View: Close All Editors');
    });
  });

  describe('at a stop', () => {
    before(async () => {
      await workbench.openFile('shop.c');
      await workbench.setBreakpoint(lineOf(source, 'the second stop'));
      await workbench.setBreakpoint(lineOf(source, 'the first stop'));
      await keyboard().press('F5');
      await workbench.stopped();
    });

    it('the Variables view tells what a pointer points at', async () => {
      const row = await until('the variable name', async () =>
        (await workbench.rows('.debug-variables')).find((text) => /^name\b.*→/.test(text)),
      );
      assert.match(row, /→ 18 B in Default chunk/);
    });

    it('the hover of a pointer tells it too, and with Alt the whole story', async () => {
      await focusEditor();
      await workbench.goToLine(lineOf(source, 'free(name)'));
      const box = await until('the word on the screen', () => workbench.placeOf('free(name)', 'name'));
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      const short = instance.page.locator('.debug-hover-widget');
      const story = instance.page.locator('.monaco-hover', { hasText: 'points at a live block' });
      await until(
        'the hovers',
        async () => {
          await keyboard().press('Escape');
          await instance.page.mouse.move(x - 30, y - 60);
          await instance.page.mouse.move(x, y);
          await until('the hover', async () => /→ 18 B in Default chunk/.test(await short.innerText()), 3000);
          await workbench.screenshot('dark/working-hover-debug');
          await keyboard().down('Alt');
          const told = await story
            .first()
            .waitFor({ timeout: 3000 })
            .then(
              () => true,
              () => false,
            );
          if (!told) await keyboard().up('Alt');
          return told;
        },
        40_000,
      );
      const text = await story.first().innerText();
      // It fades in.
      await instance.page.waitForTimeout(500);
      await workbench.screenshot('dark/working-hover-alt');
      await keyboard().up('Alt');
      assert.match(text, /18 bytes.*name_copy at shop\.c:\d+.*Show Block/s);
      await instance.page.mouse.move(x, 5);
      await keyboard().press('Escape');
    });

    it('a snapshot was taken at each of the first passes of the place in launch.json', async () => {
      inspector = await Inspector.open(workbench);
      await inspector.show('snapshots');
      await inspector.shows(
        new RegExp(`${SNAPSHOTS_OF_A_PLACE} snapshots, .* index_insert #${SNAPSHOTS_OF_A_PLACE}`),
        'snapshots',
      );
    });

    it('a ceiling is set from the side bar', async () => {
      await focusEditor();
      const pane = await workbench.pane('Spaces');
      await workbench.chooseInMenu(
        pane.locator('.monaco-list-row', { hasText: 'shop.orders' }).first(),
        'Set Ceiling of Chunk',
      );
      const input = quickInput();
      await input.waitFor();
      assert.equal(await input.inputValue(), '256KB');
      await input.fill('1');
      await until('why it does not do', async () =>
        /would be ignored|Below/.test(await instance.page.locator('.quick-input-message').innerText()),
      );
      await input.fill('8MB');
      await keyboard().press('Enter');
      await inspector.show('ceilings');
      await inspector.shows(/shop\.orders .* of 8 MB/, 'ceilings');
    });

    it('a ceiling is set in the panel, and the side bar follows', async () => {
      const field = inspector.frame.getByLabel(/^Ceiling of shop\.orders/).first();
      await field.fill('16MB');
      await field.press('Enter');
      await inspector.shows(/shop\.orders .* of 16 MB/, 'ceilings');
      await until('16 MB in the side bar', async () =>
        (await workbench.rows(TREE)).some((text) => /shop\.orders.*16 MB/s.test(text)),
      );
    });

    /** What the dialog that a toolbar button opens writes to `name`. */
    const exported = async (button: string, name: string): Promise<string> => {
      await inspector.frame.locator(`vscode-toolbar-button[label="${button}"]:visible`).click();
      const input = quickInput();
      const file = path.join(folder, name);
      // The dialog writes its own proposal into the field once it has read the folder.
      await until('the proposed file', async () => (await input.inputValue()).startsWith(`${folder}/`));
      await instance.page.locator('.quick-input-list .monaco-list-row').first().waitFor();
      await input.fill(file);
      await until('the file as it was typed', async () => (await input.inputValue()) === file);
      await keyboard().press('Enter');
      await until(`${name} written`, () => existsSync(file) && statSync(file).size > 0, 20_000);
      await until(`a word about ${name}`, async () =>
        (await workbench.notifications()).some((text) => text.includes(name) && /rows/.test(text)),
      );
      await workbench.dismissNotifications();
      return file;
    };

    it('tables go to files as CSV and JSON, sites as pprof and speedscope', async () => {
      await inspector.show('chunks');
      const csv = readFileSync(await exported('Export table', 'chunks.csv'), 'utf8')
        .trim()
        .split('\n');
      assert.match(csv[0] ?? '', /label/);
      assert.ok(csv.some((line) => line.includes('shop.orders')));
      await inspector.show('entries');
      const entries = JSON.parse(
        readFileSync(await exported('Export table', 'entries.json'), 'utf8'),
      ) as unknown[];
      assert.ok(entries.length > 1000, String(entries.length));
      await inspector.show('groups');
      const sites = 'Export sites as pprof or speedscope';
      const profile = gunzipSync(readFileSync(await exported(sites, 'sites.pb.gz')));
      assert.ok(profile.includes('name_copy'));
      const scope = JSON.parse(readFileSync(await exported(sites, 'sites.speedscope.json'), 'utf8')) as {
        $schema: string;
        shared: { frames: { name: string }[] };
      };
      assert.match(scope.$schema, /speedscope/);
      assert.ok(scope.shared.frames.some(({ name }) => name === 'name_copy'));
    });

    it('a table is copied as it is filtered', async () => {
      await inspector.show('entries');
      await inspector.frame.locator('.filter-text input').fill('cache_put');
      await inspector.shows(/300 of [\d,]+ live blocks/, 'entries');
      await inspector.frame.locator('vscode-toolbar-button[label="Copy table"]:visible').click();
      const text = await until('the copied table', async () => {
        const copied = await instance.page.evaluate(() => navigator.clipboard.readText());
        return copied.includes('cache_put') && copied;
      });
      assert.equal(text.trim().split('\n').length, 301);
    });

    it('the bytes of a block are opened from its view', async () => {
      await inspector.show('block');
      const field = inspector.frame.getByLabel('Address or expression');
      await field.fill('name');
      await field.press('Enter');
      await inspector.shows(/live block .* 18 bytes/, 'block');
      await inspector.frame.getByRole('button', { name: 'Open in Memory View' }).click();
      await until('the dump', async () => {
        const text = await instance.page.locator('.editor-instance .view-lines').allInnerTexts();
        return text.some((one) => one.replaceAll(/\s/g, ' ').includes('43 75 73 74 6f 6d 65 72'));
      });
      await workbench.screenshot('dark/working-memory');
      await workbench.command('View: Close Editor');
    });
  });

  describe('with the keyboard alone', () => {
    /** What has the focus inside the inspector: its view, its role, else its element. */
    const focused = () =>
      inspector.frame.evaluate(() => {
        const element = document.activeElement;
        return element?.getAttribute('data-view') ?? element?.getAttribute('role') ?? element?.tagName ?? '';
      });

    it('the inspector opens, its tabs are walked, and a row is chosen', async () => {
      await workbench.command('View: Close All Editors');
      await workbench.openFile('shop.c');
      await keyboard().press('Control+K');
      await keyboard().press('Control+H');
      inspector = await Inspector.attach(workbench);
      await inspector.shows(/Live/, 'overview');
      await until('focus on a tab', async () => {
        await keyboard().press('Tab');
        return (await focused()) === 'overview';
      });
      await until('the tab Entries', async () => {
        await keyboard().press('ArrowRight');
        return (await focused()) === 'entries';
      });
      await keyboard().press('Enter');
      await inspector.shows(/live blocks/, 'entries');
      await until('focus in the table', async () => {
        await keyboard().press('Tab');
        return (await focused()) === 'grid';
      });
      await keyboard().press('Home');
      await inspector.frame.locator('.grid-row.selected').waitFor();
      await keyboard().press('ArrowDown');
      await until('the second row', async () =>
        inspector.frame
          .locator('.grid-row.selected')
          .evaluate((row) => row.getAttribute('aria-rowindex') === '3'),
      );
      await photograph(instance, 'working-keyboard');
    });
  });
});
