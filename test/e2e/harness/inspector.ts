/** The inspector panel as a user reads it: its tabs, tables and reports, inside the webview. */
import type { Frame, Locator } from 'playwright-core';
import type { PanelView } from '../../../adapter/src/protocol';
import { until } from './until';
import type { Workbench } from './workbench';

export type View = PanelView;

export class Inspector {
  private constructor(readonly frame: Frame) {}

  /** Opens the panel through its command. */
  static async open(workbench: Workbench): Promise<Inspector> {
    await workbench.command('Spaces: Open Heap Inspector');
    return Inspector.attach(workbench);
  }

  /** The panel that is open already. */
  static async attach(workbench: Workbench, timeoutMs?: number): Promise<Inspector> {
    return new Inspector(await workbench.webview('spaces-inspector vscode-tab-header', timeoutMs));
  }

  async show(view: View): Promise<Locator> {
    await this.frame.locator(`vscode-tab-header[data-view="${view}"]`).click();
    const panel = this.frame.locator(`vscode-tab-panel[data-view="${view}"]`);
    await until(`the view ${view}`, async () => (await panel.innerText()).trim() !== '');
    return panel;
  }

  /** Waits until `view`, which is open, says `what`; blanks are folded. */
  async shows(what: RegExp, view: View): Promise<void> {
    const panel = this.frame.locator(`vscode-tab-panel[data-view="${view}"]`);
    await until(
      `${what.source} in ${view}`,
      async () => {
        const text = (await panel.innerText()).replaceAll(/\s+/g, ' ');
        if (!what.test(text)) throw new Error(text.slice(0, 400));
        return true;
      },
      30_000,
    );
  }

  /** Texts of the rows of the table that is shown, without its head. */
  async rows(): Promise<string[]> {
    const rows = this.frame.locator('spaces-grid [role="row"]:not(.grid-head)');
    const texts = await rows.allInnerTexts();
    return texts.map((text) => text.replaceAll(/\s+/g, ' ').trim());
  }

  /** The panel's text, blanks folded. */
  async text(): Promise<string> {
    return (await this.frame.locator('spaces-inspector').innerText()).replaceAll(/\s+/g, ' ');
  }
}
