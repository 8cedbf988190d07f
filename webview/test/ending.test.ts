/** The inspector when the program goes away while a view is being read: a sentence, and the next run is read. */
import * as assert from 'node:assert/strict';
import type { PanelView, SpacesCommand } from '../../adapter/src/protocol';
import { openPage, type PageHost } from './page/host';

/** Views that are read for themselves, the request that they send, and what they show of the next run. */
const READ: readonly [PanelView, SpacesCommand, string][] = [
  ['entries', 'spaces/entries', '.grid-row .mono'],
  ['groups', 'spaces/groups', '.grid-row .site'],
  ['map', 'spaces/map', 'spaces-cells canvas'],
  ['block', 'spaces/block', '#block-title'],
  ['snapshots', 'spaces/diff', '.grid-row .site'],
  ['leaks', 'spaces/leaks', '.grid-row .site'],
];

describe('the inspector when the program goes away', function () {
  this.timeout(60_000);
  let host: PageHost;
  let run = 0;

  before(async () => {
    host = await openPage();
    await host.page.waitForSelector('vscode-tab-header');
  });
  after(() => host?.close());

  const state = (name: 'stopped' | 'ended'): Promise<void> =>
    host.post({ type: 'state', state: name, sessionName: 'shop', run: `run ${run}` });
  const show = (view: PanelView): Promise<void> =>
    host.post(view === 'block' ? { type: 'show', view, address: '0x7ffff5000000' } : { type: 'show', view });
  const stop = async (): Promise<void> => {
    await state('stopped');
    await host.post({ type: 'changed', generation: run + 1 });
  };

  /** Waits for a request of this run. */
  const sent = async (command: SpacesCommand): Promise<void> => {
    while (!host.requests.some((request) => request.command === command)) {
      await host.page.waitForTimeout(20);
    }
  };

  for (const [view, command, content] of READ) {
    it(`says so in the view ${view}, and reads the next run`, async () => {
      const answer = host.answers.get(command);
      assert.ok(answer);
      run++;
      host.requests.length = 0;
      host.answers.set(command, () => new Promise(() => undefined));
      await stop();
      await show(view);
      const panel = host.page.locator(`vscode-tab-panel[data-view="${view}"]`);
      await sent(command);
      await state('ended');
      await panel.getByText('shop has ended before it was read.').waitFor();
      assert.equal(await panel.locator('vscode-progress-ring').count(), 0);
      host.answers.set(command, answer);
      run++;
      await stop();
      await show(view);
      await panel.locator(content).first().waitFor();
    });
  }

  it('says so of a heap that was being read, in every view', async () => {
    const answer = host.answers.get('spaces/heap');
    assert.ok(answer);
    run++;
    host.answers.set('spaces/heap', () => new Promise(() => undefined));
    await show('overview');
    await stop();
    await host.page.getByText('Reading the heap').waitFor();
    host.answers.set('spaces/heap', () => {
      throw new Error('The heap shows when the program stops.');
    });
    await state('ended');
    await host.page.getByText('shop has ended before its heap was seen').waitFor();
    for (const view of ['chunks', 'ceilings', 'entries', 'groups', 'map', 'block', 'leaks'] as const) {
      await show(view);
      const panel = host.page.locator(`vscode-tab-panel[data-view="${view}"]`);
      await panel.getByText('shop has ended before its heap was seen').waitFor();
      assert.equal(await panel.locator('vscode-progress-ring').count(), 0, view);
    }
    host.answers.set('spaces/heap', answer);
  });

  it('breaks no rule of its content-security policy, and throws nothing', () => {
    assert.deepEqual(host.errors, []);
  });
});
