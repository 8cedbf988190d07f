/** A project in a folder whose name holds blanks, quotes and a colon works like any other. */
import path from 'node:path';
import assert from 'node:assert/strict';
import { copyOfSamples } from '../../../scripts/lib/workspace.mjs';
import { Instance } from '../harness/instance';
import { lineOf } from '../harness/source';
import { until } from '../harness/until';

const NAME = `it's a "project": two`;

describe(`a folder called ${NAME}`, () => {
  const workspace = copyOfSamples(NAME);
  const source = path.join(workspace.folder, 'double-free/main.c');
  let instance: Instance;

  before(async () => {
    instance = await Instance.open({ folder: workspace.folder });
  });
  after(async () => {
    await instance?.close();
    workspace.remove();
  });

  it('stops at a breakpoint and at the double free', async () => {
    const { workbench, page } = instance;
    const call = lineOf(source, 'log_out_everyone(&cache)');
    const secondFree = lineOf(source, 'free(session)', 'log_out');
    await workbench.openFile('double-free/main.c');
    await workbench.setBreakpoint(call);
    await page.keyboard.press('F5');
    await workbench.stopped();
    await until(`line ${call}`, async () => (await workbench.cursorLine()) === call);
    await workbench.continueToStop();
    await until(`line ${secondFree}`, async () => (await workbench.cursorLine()) === secondFree);
    assert.match(await page.locator('.exception-widget').first().innerText(), /double free/i);
    await page.locator('.squiggly-error').first().waitFor({ timeout: 10_000 });
    await workbench.screenshot('awkward-folder');
    await workbench.stopDebugging();
  });
});
