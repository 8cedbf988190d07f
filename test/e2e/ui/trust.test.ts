/** A folder that the user does not trust: VS Code opens it, and Spaces starts nothing in it. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { processesWith } from '../../../scripts/lib/processes.mjs';
import { copyOfSamples } from '../../../scripts/lib/workspace.mjs';
import { Instance } from '../harness/instance';
import { until } from '../harness/until';

describe('an untrusted workspace', () => {
  const workspace = copyOfSamples();
  let instance: Instance;

  before(async () => {
    instance = await Instance.open({ folder: workspace.folder, askForTrust: true });
  });
  after(async () => {
    await instance?.close();
    workspace.remove();
  });

  it('runs no program on F5, and says that trust is missing', async () => {
    const { workbench, page } = instance;
    await workbench.openFile('double-free/main.c');
    await page.keyboard.press('F5');
    const dialog = page.locator('.monaco-dialog-box');
    await dialog.waitFor({ timeout: 15_000 });
    assert.match(await dialog.innerText(), /trust/i);
    await workbench.screenshot('untrusted');
    await page.keyboard.press('Escape');
    await until('the dialog closed', async () => (await dialog.count()) === 0);
    await page.waitForTimeout(2000);
    assert.equal(await workbench.isStopped(), false);
    assert.deepEqual(processesWith(path.join(workspace.folder, 'double-free')), []);
  });

  it('runs it once the user trusts the folder', async () => {
    const { workbench, page } = instance;
    await page.keyboard.press('F5');
    await page.locator('.monaco-dialog-box .monaco-button', { hasText: 'Trust' }).click({ timeout: 15_000 });
    await workbench.stopped();
    assert.match(await page.locator('.exception-widget').first().innerText(), /double free/i);
    await workbench.stopDebugging();
  });
});
