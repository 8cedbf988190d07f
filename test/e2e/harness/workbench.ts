/** VS Code's workbench as a user works it: commands, files, breakpoints, and what the views say. */
import type { Frame, Locator, Page } from 'playwright-core';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { testOut } from '../../../scripts/lib/paths.mjs';
import { until } from './until';

const STOPPED = '.debug-top-stack-frame-line, .debug-focused-stack-frame-line';

export class Workbench {
  constructor(readonly page: Page) {}

  /** Resolves once the workbench shows its explorer or its trust dialog. */
  async ready(): Promise<void> {
    await this.page.waitForSelector('.monaco-workbench', { timeout: 60_000 });
    await this.page.waitForSelector('.explorer-folders-view .monaco-list-row, .monaco-dialog-box', {
      timeout: 60_000,
    });
  }

  /**
   * Runs a command by its title in the command palette. The palette lists what applied when it was opened: a command
   * that comes with the editor's language may take another look.
   */
  async command(title: string): Promise<void> {
    for (const timeout of [3000, 5000, 10_000]) {
      const input = await this.palette('F1');
      try {
        // What takes the focus meanwhile closes the palette.
        await input.fill(`>${title}`, { timeout });
        return await this.choose(title, timeout);
      } catch (error) {
        if (timeout === 10_000) throw error;
        await this.page.keyboard.press('Escape');
      }
    }
  }

  /** Clicks the row of the open quick input whose label is exactly `label`. */
  async choose(label: string, timeout = 10_000): Promise<void> {
    const exact = new RegExp(`^${label.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
    await this.page
      .locator('.quick-input-list .monaco-list-row .label-name')
      .filter({ hasText: exact })
      .first()
      .click({ timeout });
  }

  /** Titles that the palette offers for `text`. */
  async commandsMatching(text: string): Promise<string[]> {
    const input = await this.palette('F1');
    await input.fill(`>${text}`);
    await this.page.locator('.quick-input-list .monaco-list-row').first().waitFor({ timeout: 10_000 });
    const titles = await this.page.locator('.quick-input-list .monaco-list-row .label-name').allInnerTexts();
    await this.page.keyboard.press('Escape');
    return titles;
  }

  async openFile(file: string): Promise<void> {
    const input = await this.palette('Control+P');
    await input.fill(file);
    await this.page
      .locator('.quick-input-list .monaco-list-row', { hasText: path.basename(file) })
      .first()
      .waitFor({ timeout: 15_000 });
    await this.page.keyboard.press('Enter');
    await until(`an editor with ${file}`, async () =>
      (await this.activeEditor()).includes(path.basename(file)),
    );
  }

  /** Moves the cursor; on a busy machine the quick input may take Enter before it has read the line. */
  async goToLine(line: number): Promise<void> {
    await until(
      `the cursor on line ${line}`,
      async () => {
        const input = await this.palette('Control+G');
        await input.fill(`:${line}`);
        await this.page.keyboard.press('Enter');
        const deadline = Date.now() + 3000;
        while (Date.now() < deadline) {
          if ((await this.cursorLine()) === line) return true;
          await this.page.waitForTimeout(100);
        }
        await this.page.keyboard.press('Escape');
        return false;
      },
      30_000,
    );
  }

  /** Sets a breakpoint; F9 does nothing until the debug type is known, so it is tried again. */
  async setBreakpoint(line: number): Promise<void> {
    await this.goToLine(line);
    await until(`a breakpoint on line ${line}`, async () => {
      await this.page.keyboard.press('F9');
      return this.page
        .locator('.glyph-margin-widgets [class*="codicon-debug-breakpoint"]')
        .first()
        .waitFor({ timeout: 1500 })
        .then(() => true);
    });
  }

  /** Resolves when a session stands at a stop other than the one `after` names. */
  async stopped(timeoutMs = 30_000): Promise<void> {
    await until(
      'a stop',
      async () => {
        const dialog = this.page.locator('.monaco-dialog-box');
        if ((await dialog.count()) > 0) {
          throw new Error(`VS Code says: ${await dialog.innerText()}`);
        }
        return (await this.page.locator(STOPPED).count()) > 0;
      },
      timeoutMs,
    );
  }

  async isStopped(): Promise<boolean> {
    return (await this.page.locator(STOPPED).count()) > 0;
  }

  /** Continues and resolves at the next stop. */
  async continueToStop(): Promise<void> {
    const place = async (): Promise<string> => (await this.rows('.debug-call-stack')).join('\n');
    const before = await place();
    await this.page.keyboard.press('F5');
    // The next stop may come before the workbench has shown that the program runs.
    await until(
      'the program going on',
      async () => !(await this.isStopped()) || (await place()) !== before,
      30_000,
    );
    await this.stopped();
  }

  /** Ends the session, if there is one, so that no program stays. */
  async stopDebugging(): Promise<void> {
    if ((await this.page.locator('.debug-toolbar').count()) > 0) {
      await this.page.keyboard.press('Shift+F5');
      await this.sessionEnded();
    }
  }

  async sessionEnded(timeoutMs = 15_000): Promise<void> {
    await this.page.locator('.debug-toolbar').waitFor({ state: 'hidden', timeout: timeoutMs });
  }

  /** Label of the active editor's tab. */
  async activeEditor(): Promise<string> {
    const tab = this.page.locator('.editor-group-container.active .tab.active .label-name').first();
    return (await tab.count()) > 0 ? tab.innerText() : '';
  }

  /** Line of the cursor as the status bar tells it. */
  async cursorLine(): Promise<number | undefined> {
    const text = await this.page.locator('#status\\.editor\\.selection').innerText();
    const match = /(?:Ln|Line) (\d+)/.exec(text);
    return match ? Number(match[1]) : undefined;
  }

  /**
   * Chooses `item` in the context menu of `row`. The menu has what extensions add to it only once VS Code has read
   * them, and takes no click in the moment in which it opens: both are tried again.
   */
  async chooseInMenu(row: Locator, item: string): Promise<void> {
    const action = this.page.locator('.monaco-menu .action-item', { hasText: item }).first();
    const within = (state: 'visible' | 'hidden', timeout: number): Promise<boolean> =>
      action.waitFor({ state, timeout }).then(
        () => true,
        () => false,
      );
    await until(
      `the menu with ${item}`,
      async () => {
        await row.click({ button: 'right' });
        const shown = await within('visible', 2000);
        if (!shown) await this.page.keyboard.press('Escape');
        return shown;
      },
      30_000,
    );
    await until(`${item} chosen`, async () => {
      await action.click({ timeout: 2000 });
      return within('hidden', 1000);
    });
  }

  /** Where `word` stands on the line of the editor that holds `text`; undefined where that is not on the screen. */
  placeOf(
    text: string,
    word: string,
  ): Promise<{ x: number; y: number; width: number; height: number } | undefined> {
    return this.page.locator('.editor-instance .view-line').evaluateAll(
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
  }

  /** Rows of the list or tree inside `selector`, as a screen reader hears them. */
  async rows(selector: string): Promise<string[]> {
    return this.page
      .locator(`${selector} .monaco-list-row`)
      .evaluateAll((rows) =>
        rows.map((row) => `${row.getAttribute('aria-label') ?? ''} ${(row as HTMLElement).innerText}`.trim()),
      );
  }

  /** A pane of a side bar by its title, opened where it is folded. */
  async pane(title: string): Promise<Locator> {
    const pane = this.page.locator('.pane', {
      has: this.page.locator(`.pane-header[aria-label^="${title}"]`),
    });
    await pane.waitFor({ timeout: 15_000 });
    const header = pane.locator('.pane-header');
    // The side bar may fold or unfold panes by itself while it is being laid out: look again after a click.
    await until(`the pane ${title} open`, async () => {
      if ((await header.getAttribute('aria-expanded')) === 'true') return true;
      // At its left end: the middle may hold the actions of the view.
      await header.click({ position: { x: 20, y: 10 } });
      await this.page.waitForTimeout(500);
      return (await header.getAttribute('aria-expanded')) === 'true';
    });
    return pane;
  }

  /** The innermost document of the webview whose body matches `selector`. */
  async webview(selector: string, timeoutMs = 20_000): Promise<Frame> {
    return until(
      `a webview with ${selector}`,
      async () => {
        for (const frame of this.page.frames()) {
          if (frame === this.page.mainFrame()) continue;
          const found = await frame.$(selector).catch(() => null);
          if (found) return frame;
        }
        return undefined;
      },
      timeoutMs,
    );
  }

  async notifications(): Promise<string[]> {
    return this.page.locator('.notification-toast .notification-list-item-message').allInnerTexts();
  }

  async dismissNotifications(): Promise<void> {
    if ((await this.notifications()).length > 0) await this.command('Notifications: Clear All Notifications');
  }

  /** A picture of the page under test/out/; `name` may hold folders. */
  async screenshot(name: string): Promise<string> {
    const file = path.join(testOut, `${name}.png`);
    mkdirSync(path.dirname(file), { recursive: true });
    await this.page.screenshot({ path: file });
    return file;
  }

  private async palette(key: string): Promise<Locator> {
    const input = this.page.locator('.quick-input-widget input.input');
    await until(`the quick input after ${key}`, async () => {
      await this.page.keyboard.press(key);
      return input.waitFor({ state: 'visible', timeout: 3000 }).then(() => true);
    });
    return input;
  }
}
