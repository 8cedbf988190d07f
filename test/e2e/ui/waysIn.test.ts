/** Other ways in, as a user clicks them: a core file in the explorer, a running process by the picker. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { dist, root } from '../../../scripts/lib/paths.mjs';
import { copyOfSamples } from '../../../scripts/lib/workspace.mjs';
import { Instance } from '../harness/instance';
import { lineOf } from '../harness/source';
import { until } from '../harness/until';

const LIBRARY = path.join(dist, 'native/libspaces-debug.so');
const PROGRAMS = path.join(root, 'test/dap/programs');

const NAMES = { core: 'crashes', attach: 'ticks', children: 'family' } as const;

describe('other ways in', () => {
  const workspace = copyOfSamples('ways');
  const core = path.join(workspace.folder, 'core.4711');
  let running: ChildProcess | undefined;
  let instance: Instance;

  before(async () => {
    for (const name of ['core', 'attach', 'children'] as const) {
      copyFileSync(path.join(PROGRAMS, `${name}.c`), path.join(workspace.folder, `${name}.c`));
      const program = path.join(workspace.folder, NAMES[name]);
      execFileSync('gcc', ['-g', '-o', program, path.join(workspace.folder, `${name}.c`)]);
    }
    execFileSync(
      'gdb',
      [
        ...['-nx', '-q', '-batch', '-ex', `set exec-wrapper env LD_PRELOAD=${LIBRARY}`, '-ex', 'run'],
        ...['-ex', `generate-core-file ${core}`, '-ex', 'kill', path.join(workspace.folder, 'crashes')],
      ],
      { stdio: 'ignore', env: { ...process.env, SHELL: '/bin/sh' } },
    );
    const family = {
      ...{ type: 'spaces', request: 'launch', name: 'Family', followChildren: true },
      program: path.join(workspace.folder, 'family'),
    };
    writeFileSync(
      path.join(workspace.folder, '.vscode/launch.json'),
      JSON.stringify({ version: '0.2.0', configurations: [family] }),
    );
    instance = await Instance.open({ folder: workspace.folder });
  });
  after(async () => {
    await instance?.close();
    running?.kill('SIGKILL');
    workspace.remove();
  });

  /** Rows of the chunk tree, which reads the heap. */
  const chunks = async (): Promise<string[]> => {
    const pane = await instance.workbench.pane('Spaces');
    await pane.locator('.monaco-list-row').first().waitFor({ timeout: 15_000 });
    return pane.locator('.monaco-list-row').allInnerTexts();
  };

  it("opens a core file by the explorer's context menu", async () => {
    const { workbench, page } = instance;
    await workbench.command('View: Show Explorer');
    await workbench.chooseInMenu(
      page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'core.4711' }).first(),
      'Open Core File',
    );
    await workbench.stopped();
    const line = lineOf(path.join(workspace.folder, 'core.c'), 'text[0] + depth');
    await until(`line ${line}`, async () => (await workbench.cursorLine()) === line);
    assert.match(await page.locator('.exception-widget').first().innerText(), /Segmentation fault|SIGSEGV/);
    assert.match((await chunks()).join('\n'), /Default chunk/);
    await workbench.screenshot('ways/core');
    await workbench.stopDebugging();
  });

  it('attaches to a process by the picker, and leaves it running', async () => {
    const { workbench, page } = instance;
    const child = spawn(path.join(workspace.folder, 'ticks'), {
      env: { ...process.env, LD_PRELOAD: LIBRARY },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    running = child;
    let text = '';
    child.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()));
    await until('the program runs', () => text.includes('ready'));
    await workbench.command('Spaces: Attach to Process…');
    const input = page.locator('.quick-input-widget input.input');
    await input.fill(String(child.pid));
    const row = page.locator('.quick-input-list .monaco-list-row', { hasText: 'ticks' }).first();
    await row.waitFor({ timeout: 20_000 });
    await workbench.screenshot('ways/picker');
    await page.keyboard.press('Enter');
    await page.locator('.debug-toolbar').waitFor({ timeout: 20_000 });
    child.kill('SIGUSR1');
    await workbench.stopped();
    // The signal stops it first, where it has not run on to the error by itself.
    await until('the error', async () => {
      const widget = await page.locator('.exception-widget').first().innerText();
      if (/Double free/i.test(widget)) return true;
      await workbench.continueToStop();
      return false;
    });
    const line = lineOf(path.join(workspace.folder, 'attach.c'), '@twice');
    await until(`line ${line}`, async () => (await workbench.cursorLine()) === line);
    assert.match((await chunks()).join('\n'), /Default chunk/);
    await workbench.screenshot('ways/attached');
    await workbench.stopDebugging();
    const before = text.split('misused').length;
    child.kill('SIGUSR1');
    await until('it goes on alone', () => text.split('misused').length > before);
    assert.equal(child.exitCode, null);
  });

  it("has a session for each of the program's children", async () => {
    const { workbench, page } = instance;
    await workbench.command('Debug: Start Debugging');
    const children = page.locator('.debug-call-stack .monaco-list-row', { hasText: /\w+ \(\d+\)/ });
    const seen = new Set<string>();
    // The forked child stops at its error in its own session, then the executed one.
    for (let child = 1; child <= 2; child++) {
      const pid = await until(
        `the error of child ${child}`,
        async () => {
          for (const row of await children.allInnerTexts()) {
            const [, own] = /\w+ \((\d+)\)[^]*double free/i.exec(row) ?? [];
            if (own !== undefined && !seen.has(own)) return own;
          }
          return undefined;
        },
        40_000,
      ).catch(async (error: unknown) => {
        await workbench.screenshot('ways/no-child');
        throw error;
      });
      seen.add(pid);
      await workbench.stopped();
      await workbench.screenshot(`ways/child-${child}`);
      await page.keyboard.press('F5');
    }
    await workbench.sessionEnded(60_000);
    assert.equal(seen.size, 2);
  });
});
