/** The inspector that stays open: hidden, reloaded, over five sessions, and when the program is gone. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { processesWith } from '../../../scripts/lib/processes.mjs';
import { Inspector } from '../harness/inspector';
import { Instance } from '../harness/instance';
import { makeShop } from '../harness/shop';
import { lineOf } from '../harness/source';
import { photograph } from '../harness/themes';
import { until } from '../harness/until';
import type { Workbench } from '../harness/workbench';

const SESSIONS = 5;
const ENDED = /has ended\. These are the figures of its last stop/;

describe('an inspector that stays open in VS Code', function () {
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
    await workbench.openFile('shop.c');
    await workbench.setBreakpoint(lineOf(source, 'the second stop'));
    await workbench.setBreakpoint(lineOf(source, 'the first stop'));
    await start();
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
  const start = async (): Promise<void> => {
    await focusEditor();
    await instance.page.keyboard.press('F5');
    await workbench.stopped();
  };
  const end = async (): Promise<void> => {
    await focusEditor();
    await workbench.stopDebugging();
    await until('no stop', async () => !(await workbench.isStopped()));
  };

  it('is where it was when another editor has hidden it', async () => {
    inspector = await Inspector.open(workbench);
    await inspector.show('groups');
    await inspector.frame.locator('[data-mode="treemap"]').click();
    await inspector.frame.locator('.area-site').first().waitFor();
    await workbench.command('File: New Untitled Text File');
    await until('the inspector hidden', async () => !(await workbench.activeEditor()).includes('Heap'));
    await workbench.command('View: Close Editor');
    inspector = await Inspector.open(workbench);
    await inspector.frame.locator('.area-site').first().waitFor();
    assert.equal(await inspector.frame.locator('[data-mode="treemap"]').getAttribute('aria-checked'), 'true');
  });

  it('shows each of five sessions its own figures, one after the other', async () => {
    await inspector.show('chunks');
    await end();
    await inspector.shows(ENDED, 'chunks');
    for (let session = 1; session <= SESSIONS; session++) {
      await start();
      await until('figures of this session', async () => !ENDED.test(await inspector.text()));
      await inspector.shows(/shop\.orders/, 'chunks');
      await inspector.show('entries');
      await inspector.shows(/1,200 of 1,200 live blocks/, 'entries');
      if (session % 2 === 0) {
        await focusEditor();
        await workbench.continueToStop();
        // A report brings itself into sight.
        await inspector.shows(/Overflow/, 'reports');
        await inspector.show('entries');
        await inspector.shows(/4,349 of 4,349 live blocks/, 'entries');
      }
      await inspector.show('chunks');
      if (session < SESSIONS) {
        await end();
        await inspector.shows(ENDED, 'chunks');
      }
    }
    await inspector.show('reports');
    await inspector.shows(/^(?!.*Overflow)/, 'reports');
  });

  it('says that the program was killed while it was looked at, and nothing waits for ever', async () => {
    const [program] = processesWith(path.join(folder, 'shop')).filter(
      ({ command }) => command === path.join(folder, 'shop'),
    );
    assert.ok(program);
    process.kill(program.pid, 'SIGKILL');
    await inspector.show('entries');
    await inspector.frame.locator('vscode-toolbar-button[label="Refresh"]').click();
    await until('a sentence', async () => {
      const text = await inspector.text();
      if (!/has ended|is gone|has gone|no longer/.test(text)) throw new Error(text.slice(0, 400));
      return true;
    });
    await until(
      'nothing spins',
      async () => (await inspector.frame.locator('vscode-progress-ring:visible').count()) === 0,
    );
    await photograph(instance, 'coming-back-killed');
    await end();
  });

  it('comes back with the figures of the last stop when the window is loaded anew', async () => {
    await start();
    await inspector.show('chunks');
    await inspector.shows(/shop\.orders/, 'chunks');
    await end();
    await instance.page.reload();
    inspector = await Inspector.attach(workbench, 90_000);
    // VS Code writes a page's state down in its own time: the view may be one that was open before.
    await until('the figures of the last stop', async () => ENDED.test(await inspector.text()));
    await inspector.show('chunks');
    await inspector.shows(/shop\.orders/, 'chunks');
    await photograph(instance, 'coming-back-reloaded');
    await start();
    await until('figures of this session', async () => !ENDED.test(await inspector.text()));
    await inspector.show('entries');
    await inspector.shows(/1,200 of 1,200 live blocks/, 'entries');
  });
});
