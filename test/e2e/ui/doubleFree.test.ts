/** The main job as a new user does it, through the page: from F5 to a caught double free. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { processesWith } from '../../../scripts/lib/processes.mjs';
import { copyOfSamples } from '../../../scripts/lib/workspace.mjs';
import { Inspector } from '../harness/inspector';
import { Instance } from '../harness/instance';
import { lineOf } from '../harness/source';
import { photograph } from '../harness/themes';
import { record } from '../harness/timings';
import { until } from '../harness/until';
import type { Workbench } from '../harness/workbench';

const F5_TO_STOP_SECONDS = 3;
const RUNS = 5;

describe('double free in VS Code', function () {
  this.bail(true);
  const workspace = copyOfSamples();
  const source = path.join(workspace.folder, 'double-free/main.c');
  const lines = {
    call: lineOf(source, 'log_out_everyone(&cache)'),
    allocation: lineOf(source, 'calloc('),
    firstFree: lineOf(source, 'free(session)', 'drop_oldest'),
    secondFree: lineOf(source, 'free(session)', 'log_out'),
  };
  let instance: Instance;
  let workbench: Workbench;

  before(async () => {
    instance = await Instance.open({ folder: workspace.folder });
    workbench = instance.workbench;
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench?.screenshot(`failed/${this.currentTest.title}`);
  });
  after(async () => {
    await instance?.close();
    workspace.remove();
  });

  async function standsOn(line: number): Promise<void> {
    await until(`main.c, line ${line}`, async () => {
      const [editor, cursor] = [await workbench.activeEditor(), await workbench.cursorLine()];
      if (editor !== 'main.c' || cursor !== line) throw new Error(`the editor is at ${editor}:${cursor}`);
      return true;
    });
  }

  it('F5 builds the program and stops at the breakpoint', async () => {
    await workbench.openFile('double-free/main.c');
    await workbench.setBreakpoint(lines.call);
    const pressed = Date.now();
    await instance.page.keyboard.press('F5');
    await workbench.stopped();
    record('F5 to the first stop, with the first build', [(Date.now() - pressed) / 1000]);
    await standsOn(lines.call);
    assert.ok((await workbench.rows('.debug-call-stack')).some((row) => row.includes('main')));
  });

  it('the variables of the frame can be read', async () => {
    await until('the variable cache', async () =>
      (await workbench.rows('.debug-variables')).some((row) => /\bcache\b/.test(row)),
    );
  });

  it('the side bar shows the heap', async () => {
    await workbench.pane('Spaces');
    const rows = await until('the default chunk', async () => {
      const found = await workbench.rows('.pane-body .tree-explorer-viewlet-tree-view');
      return found.some((row) => /default/i.test(row)) && found;
    });
    assert.match(rows.join('\n'), /\d+ blocks/);
    await photograph(instance, '1-breakpoint');
  });

  it('the panel shows chunks and the live blocks with their lines', async () => {
    const inspector = await Inspector.open(workbench);
    await inspector.show('overview');
    await photograph(instance, '2-overview');
    await inspector.show('chunks');
    await until('a row of the default chunk', async () =>
      (await inspector.rows()).some((row) => /default/i.test(row)),
    );
    await photograph(instance, '3-chunks');
    await inspector.show('entries');
    const rows = await until('the sessions', async () => {
      const found = (await inspector.rows()).filter((row) => row.includes('open_session'));
      return found.length > 0 && found;
    });
    assert.equal(rows.length, 8, rows.join('\n'));
    assert.ok(
      rows.every((row) => row.includes(`main.c:${lines.allocation}`)),
      rows[0],
    );
    await photograph(instance, '4-entries');
    await inspector.show('ceilings');
    await photograph(instance, '5-ceilings');
  });

  it('F5 again stops at the second free, on the line of the program', async () => {
    await workbench.command('View: Focus First Editor Group');
    await workbench.continueToStop();
    await standsOn(lines.secondFree);
    const text = await instance.page.locator('.exception-widget').first().innerText();
    assert.match(text, /double free/i);
    const selected = await instance.page
      .locator('.debug-call-stack .monaco-list-row.selected, .debug-call-stack .monaco-list-row.focused')
      .allInnerTexts();
    assert.ok(
      selected.some((row) => row.includes('log_out')),
      `selected frame: ${selected.join(' | ')}`,
    );
  });

  it('the line has a squiggle', async () => {
    await instance.page.locator('.squiggly-error').first().waitFor({ timeout: 10_000 });
    await photograph(instance, '6-double-free');
  });

  it('the problem names the allocation and the first free, one click away', async () => {
    await workbench.command('View: Toggle Problems');
    const panel = instance.page.locator('.markers-panel');
    await panel.waitFor();
    const rows = await until('the problem with related lines', async () => {
      const found = await workbench.rows('.markers-panel');
      return found.length >= 4 && found;
    });
    assert.equal(rows.filter((row) => /double free/i.test(row)).length, 1, rows.join('\n'));
    await photograph(instance, '7-problems');
    await panel.locator('.monaco-list-row', { hasText: 'allocated here' }).click();
    await standsOn(lines.allocation);
    await panel.locator('.monaco-list-row', { hasText: 'freed here' }).click();
    await standsOn(lines.firstFree);
    await workbench.command('View: Toggle Problems');
  });

  it('the panel shows the report with its stacks', async () => {
    const inspector = await Inspector.open(workbench);
    const panel = await inspector.show('reports');
    await until('the report', async () => /double free/i.test(await panel.innerText()));
    const text = await panel.innerText();
    for (const line of [lines.secondFree, lines.allocation, lines.firstFree]) {
      assert.ok(text.includes(`main.c:${line}`), `main.c:${line} in:\n${text}`);
    }
    await photograph(instance, '8-report');
    await inspector.frame
      .locator('.stacks button.link', { hasText: `main.c:${lines.allocation}` })
      .first()
      .click();
    await standsOn(lines.allocation);
  });

  it('the program goes on to its end; the problem stays', async () => {
    await instance.page.keyboard.press('F5');
    await workbench.sessionEnded();
    await workbench.command('Debug Console: Focus on Debug Console View');
    const output = await instance.page.locator('.repl').innerText();
    assert.match(output, /9 sessions were closed/);
    await workbench.command('View: Focus First Editor Group');
    await workbench.goToLine(lines.secondFree);
    await instance.page.locator('.squiggly-error').first().waitFor({ timeout: 5000 });
    await photograph(instance, '9-ended');
  });

  /* What it takes is written down, with the aim beside it, and never fails: machines are noisy. */
  it('F5 to the stop, again and again', async () => {
    const taken: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const pressed = Date.now();
      await instance.page.keyboard.press('F5');
      await workbench.stopped();
      taken.push((Date.now() - pressed) / 1000);
      await standsOn(lines.call);
      await workbench.stopDebugging();
      await until('no stop', async () => !(await workbench.isStopped()));
    }
    record('F5 to the stop', taken);
    console.log(`      F5 to the stop: ${taken.join(', ')} s; the aim is below ${F5_TO_STOP_SECONDS} s`);
  });

  it('leaves no process behind', async () => {
    await until('no process of the program or its adapter', () => {
      const left = [
        ...processesWith(path.dirname(source)),
        ...processesWith(`${instance.data}/extensions/`),
      ].filter(({ command }) => !command.includes('chromium'));
      if (left.length > 0) throw new Error(left.map(({ command }) => command).join('\n'));
      return true;
    });
  });
});
