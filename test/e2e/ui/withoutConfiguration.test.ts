/** F5 on a C file in a folder without launch.json: Spaces finds the built program, or offers to build it. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { copyOfSamples } from '../../../scripts/lib/workspace.mjs';
import { Instance } from '../harness/instance';
import { lineOf } from '../harness/source';
import { until } from '../harness/until';

describe('F5 without a launch.json', () => {
  const workspace = copyOfSamples('plain');
  const source = path.join(workspace.folder, 'overflow/main.c');
  let instance: Instance;

  before(async () => {
    rmSync(path.join(workspace.folder, '.vscode'), { recursive: true });
    mkdirSync(path.join(workspace.folder, 'overflow'), { recursive: true });
    instance = await Instance.open({ folder: workspace.folder });
  });
  after(async () => {
    await instance?.close();
    workspace.remove();
  });

  it('builds the open file, runs it and stops at its error', async () => {
    const { workbench, page } = instance;
    await workbench.openFile('overflow/main.c');
    await workbench.command('Spaces: Debug Active File with Spaces');
    const build = page.locator('.monaco-dialog-box .monaco-button, .notification-toast .monaco-button', {
      hasText: /build/i,
    });
    await Promise.race([build.first().waitFor({ timeout: 20_000 }), workbench.stopped()]);
    if ((await build.count()) > 0) await build.first().click();
    await workbench.stopped();
    const line = lineOf(source, 'printf("%s');
    await until(`line ${line}`, async () => (await workbench.cursorLine()) === line);
    assert.match(await page.locator('.exception-widget').first().innerText(), /overflow/i);
    await workbench.stopDebugging();
  });
});
