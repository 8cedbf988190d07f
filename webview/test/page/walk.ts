/** Every view of the inspector in every mode, one after the other, with a row chosen where there are rows. */
import type { PanelView } from '../../../adapter/src/protocol';
import type { PageHost } from './host';

interface Stop {
  view: PanelView;
  /** The mode's button, where the view has several. */
  mode?: string;
  /** What stands there once the view is read. */
  content: string;
  /** What is clicked then, for more to see. */
  click?: string;
}

const STOPS: readonly Stop[] = [
  { view: 'overview', content: '.tile-value' },
  { view: 'chunks', content: '.grid-rows .grid-row', click: '.grid-rows .grid-row' },
  { view: 'ceilings', content: '.ceiling-row' },
  { view: 'entries', content: '.grid-rows .mono', click: '.grid-rows .site' },
  { view: 'groups', mode: 'table', content: '.grid-rows .site', click: '.grid-rows .site' },
  { view: 'groups', mode: 'flame', content: '.flame-box' },
  { view: 'groups', mode: 'treemap', content: '.area-site' },
  { view: 'map', content: 'spaces-cells canvas' },
  { view: 'block', content: '#block-title' },
  { view: 'snapshots', content: '.grid-rows .site', click: '.grid-rows .site' },
  { view: 'leaks', mode: 'table', content: '.grid-rows .site', click: '.grid-rows .site' },
  { view: 'leaks', mode: 'treemap', content: '.area-site' },
  { view: 'reports', content: '.report-item', click: '.report-item' },
];

/** Calls `look` at each; the program stands still. */
export async function everyView(host: PageHost, look: (name: string) => Promise<void>): Promise<void> {
  await host.post({ type: 'state', state: 'stopped', sessionName: 'shop', run: 'run 1' });
  await host.post({ type: 'changed', generation: 3 });
  await host.page.locator('.tile-value').first().waitFor();
  for (const { view, mode, content, click } of STOPS) {
    await host.post(
      view === 'block' ? { type: 'show', view, address: '0x7ffff5000000' } : { type: 'show', view },
    );
    const panel = host.page.locator(`vscode-tab-panel[data-view="${view}"]`);
    if (mode !== undefined) {
      await panel.locator(`[data-mode="${mode}"]`).click();
    }
    await panel.locator(content).first().waitFor();
    if (click !== undefined) {
      await panel.locator(click).first().click();
    }
    await look(mode === undefined ? view : `${view} as ${mode}`);
  }
}
