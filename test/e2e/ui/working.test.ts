/** Working with the heap in VS Code: hovers, limits, files, quick fixes, the keyboard alone, and coming back. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Inspector, type View } from '../harness/inspector';
import { Instance } from '../harness/instance';
import { makeShop } from '../harness/shop';
import { lineOf } from '../harness/source';
import { photograph } from '../harness/themes';
import { until } from '../harness/until';
import type { Workbench } from '../harness/workbench';

const SESSIONS = 5;

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
  const shows = async (what: RegExp, view: View): Promise<void> => {
    const panel = inspector.frame.locator(`vscode-tab-panel[data-view="${view}"]`);
    await until(
      `${what.source} in ${view}`,
      async () => {
        const text = (await panel.innerText()).replaceAll(/\s+/g, ' ');
        if (!what.test(text)) throw new Error(text.slice(0, 400));
        return true;
      },
      30_000,
    );
  };
  /** Where a word stands on the line of the editor that holds `text`. */
  const placeOf = (text: string, word: string) =>
    instance.page.locator('.editor-instance .view-line').evaluateAll(
      (lines, wanted) => {
        const line = lines.find((one) =>
          (one.textContent ?? '').replaceAll('\u00a0', ' ').includes(wanted.text),
        );
        const walker = line && document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
        for (let node = walker?.nextNode(); node; node = walker?.nextNode()) {
          const at = (node.textContent ?? '').indexOf(wanted.word);
          if (at >= 0) {
            const range = document.createRange();
            range.setStart(node, at);
            range.setEnd(node, at + wanted.word.length);
            const { x, y, width, height } = range.getBoundingClientRect();
            return { x, y, width, height };
          }
        }
        return undefined;
      },
      { text, word },
    );
  const focusEditor = () => workbench.command('View: Focus First Editor Group');

  describe('before the first session', () => {
    it('a walkthrough shows the way', async () => {
      await workbench.command('Spaces: Get Started');
      const page = instance.page.locator('.gettingStartedContainer');
      await page.getByText('See the heap while you debug').first().waitFor();
      const steps = await page.locator('.getting-started-step').count();
      assert.equal(steps, 5);
      await photograph(instance, 'working-walkthrough');
      await workbench.command('View: Close All Editors');
    });

    it('side bar and inspector say how to begin', async () => {
      await workbench.command('View: Show Run and Debug');
      const pane = await workbench.pane('Spaces');
      await until('the welcome text', async () => /heap/i.test(await pane.innerText()));
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

    it('the debugger’s hover tells it too, and with Alt the whole story', async () => {
      await focusEditor();
      await workbench.goToLine(lineOf(source, 'free(name)'));
      const box = await until('the word on the screen', () => placeOf('free(name)', 'name'));
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      await instance.page.mouse.move(x, y);
      const hover = instance.page.locator('.debug-hover-widget');
      await until('the hover', async () => /→ 18 B in Default chunk/.test(await hover.innerText()));
      await workbench.screenshot('dark/working-hover-debug');
      await instance.page.mouse.move(x, 5);
      await keyboard().down('Alt');
      await instance.page.mouse.move(x - 4, y);
      await instance.page.mouse.move(x, y);
      const story = instance.page.locator('.monaco-hover:not(.hidden)', { hasText: 'Default chunk' });
      await until('the whole story', async () =>
        /points at a live block.*Show Block/s.test(await story.first().innerText()),
      );
      await workbench.screenshot('dark/working-hover-alt');
      await keyboard().up('Alt');
      await instance.page.mouse.move(x, 5);
      await keyboard().press('Escape');
    });

    it('a snapshot was taken at each pass of the place in launch.json', async () => {
      inspector = await Inspector.open(workbench);
      await inspector.show('snapshots');
      await shows(/\d+ snapshots, .* index_insert/, 'snapshots');
    });

    it('a ceiling is set from the side bar', async () => {
      await focusEditor();
      const pane = await workbench.pane('Spaces');
      const row = pane.locator('.monaco-list-row', { hasText: 'shop.orders' });
      await row.first().click({ button: 'right' });
      await instance.page.locator('.context-view .action-label', { hasText: 'Set Ceiling' }).first().click();
      const input = instance.page.locator('.quick-input-widget input.input');
      await input.waitFor();
      assert.equal(await input.inputValue(), '256KB');
      await input.fill('1');
      await until('why it does not do', async () =>
        /would be ignored|Below/.test(await instance.page.locator('.quick-input-message').innerText()),
      );
      await input.fill('8MB');
      await keyboard().press('Enter');
      await inspector.show('ceilings');
      await shows(/shop\.orders .* of 8 MB/, 'ceilings');
    });

    it('a ceiling is set in the panel, and the side bar follows', async () => {
      const field = inspector.frame.getByLabel(/^Ceiling of shop\.orders/).first();
      await field.fill('16MB');
      await field.press('Enter');
      await shows(/shop\.orders .* of 16 MB/, 'ceilings');
      await until('16 MB in the side bar', async () =>
        (await workbench.rows('.pane-body .tree-explorer-viewlet-tree-view')).some((text) =>
          /shop\.orders.*16 MB/s.test(text),
        ),
      );
    });

    const exported = async (button: string, name: string): Promise<string> => {
      await inspector.frame.locator(`vscode-toolbar-button[label="${button}"]:visible`).click();
      const input = instance.page.locator('.quick-input-widget input.input');
      await input.waitFor();
      const file = path.join(folder, name);
      await input.fill(file);
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
      await shows(/300 of [\d,]+ live blocks/, 'entries');
      await inspector.frame.locator('vscode-toolbar-button[label="Copy table"]:visible').click();
      const text = await until('the copied table', async () => {
        const copied = await instance.page.evaluate(() => navigator.clipboard.readText());
        return copied.includes('cache_put') && copied;
      });
      assert.equal(text.trim().split('\n').length, 301);
    });
  });

  describe('at a report', () => {
    it('quick fixes lead from the squiggle to both ends and to the report', async () => {
      await focusEditor();
      await workbench.continueToStop();
      await instance.page.locator('.squiggly-error').first().waitFor({ timeout: 10_000 });
      await workbench.command('Go to Next Problem in Files (Error, Warning, Info)');
      await keyboard().press('Escape');
      await keyboard().press('Control+.');
      const menu = instance.page.locator('.action-widget');
      await menu.waitFor();
      const actions = await menu.innerText();
      assert.match(actions, /Go to allocation \(shop\.c:\d+\)/);
      assert.match(actions, /Open report in heap inspector/);
      await photographQuickFix();
      await menu.locator('.monaco-list-row', { hasText: 'Go to allocation' }).click();
      await until(
        'the allocation',
        async () => (await workbench.cursorLine()) === lineOf(source, 'malloc((size_t)length'),
      );
    });

    /** The menu closes when the theme is chosen: one picture of it is enough. */
    const photographQuickFix = () => workbench.screenshot('dark/working-quick-fix');

    it('the keyboard alone opens the inspector, walks its tabs, and opens a block’s allocation', async () => {
      await workbench.command('View: Close Other Editors in Group');
      await focusEditor();
      await keyboard().press('Control+K');
      await keyboard().press('Control+H');
      inspector = await Inspector.attach(workbench);
      const focused = () =>
        inspector.frame.evaluate(() => {
          const element = document.activeElement;
          return (
            element?.getAttribute('data-view') ?? element?.getAttribute('role') ?? element?.tagName ?? ''
          );
        });
      await until('focus on a tab', async () => {
        await keyboard().press('Tab');
        return ['overview', 'entries', 'reports', 'groups', 'chunks'].includes(await focused());
      });
      await until('the tab Entries', async () => {
        if ((await focused()) === 'entries') return true;
        await keyboard().press('ArrowRight');
        return (await focused()) === 'entries';
      });
      await keyboard().press('Enter');
      await shows(/live blocks/, 'entries');
      await until('focus in the table', async () => {
        await keyboard().press('Tab');
        return (await focused()) === 'grid';
      });
      await keyboard().press('Home');
      await inspector.frame.locator('.grid-row.selected').waitFor();
      await keyboard().press('ArrowDown');
      await photograph(instance, 'working-keyboard');
    });
  });

  describe('coming back', () => {
    it('the panel is where it was when it was hidden', async () => {
      inspector = await Inspector.open(workbench);
      await inspector.show('groups');
      await inspector.frame.locator('[data-mode="treemap"]').click();
      await inspector.frame.locator('.area-site').first().waitFor();
      await workbench.command('View: New Untitled Text File');
      await until('the panel hidden', async () => !(await workbench.activeEditor()).includes('Heap'));
      await workbench.command('View: Close Editor');
      inspector = await Inspector.open(workbench);
      await inspector.frame.locator('.area-site').first().waitFor();
    });

    it('it stays open over five sessions, each with its own figures', async () => {
      await focusEditor();
      await workbench.stopDebugging();
      for (let session = 0; session < SESSIONS; session++) {
        await focusEditor();
        await keyboard().press('F5');
        await workbench.stopped();
        inspector = await Inspector.attach(workbench);
        await inspector.show('chunks');
        await shows(/shop\.orders/, 'chunks');
        assert.doesNotMatch(await inspector.text(), /figures of/);
        if (session < SESSIONS - 1) {
          await focusEditor();
          await workbench.stopDebugging();
          await shows(/has ended\. These are the figures of its last stop/, 'chunks');
        }
      }
      assert.equal(
        instance.page.frames().filter((frame) => frame.url().includes('spaces.inspector')).length <= 2,
        true,
      );
    });

    it('a window that is loaded anew brings back the panel with the figures of the last stop', async () => {
      await inspector.show('chunks');
      await instance.page.reload();
      await workbench.ready();
      inspector = await Inspector.attach(workbench);
      await shows(/shop\.orders/, 'chunks');
      await shows(/has ended\. These are the figures of its last stop/, 'chunks');
      await photograph(instance, 'working-reloaded');
    });
  });
});
