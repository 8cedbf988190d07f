/** What a screen reader is told: every table, picture, gauge, list and control of every view has a name. */
import * as assert from 'node:assert/strict';
import { openPage, type PageHost } from './page/host';
import { everyView } from './page/walk';

/** Roles that say nothing without a name. */
const NAMED =
  'grid table tree listbox list application meter radiogroup group radio checkbox option treeitem tab ' +
  'columnheader button textbox combobox';

describe('the inspector as it is read out', function () {
  this.timeout(60_000);
  let host: PageHost;

  before(async () => {
    host = await openPage();
    await host.page.waitForSelector('vscode-tab-header');
  });
  after(() => host?.close());

  it('names everything in every view', async () => {
    const roles = new Set<string>();
    const nameless: string[] = [];
    const session = await host.page.context().newCDPSession(host.page);
    await everyView(host, async (view) => {
      const { nodes } = (await session.send('Accessibility.getFullAXTree')) as {
        nodes: { ignored: boolean; role?: { value: string }; name?: { value: string } }[];
      };
      for (const { ignored, role, name } of nodes) {
        if (!ignored && role && NAMED.split(' ').includes(role.value)) {
          roles.add(role.value);
          if ((name?.value ?? '').trim() === '') nameless.push(`${view}: ${role.value}`);
        }
      }
      // The roles of pictures are ours; those of icons inside of the elements' library are not.
      const pictures = await host.page
        .locator('[role="img"]')
        .evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? ''));
      pictures.forEach((name) => {
        roles.add('img');
        if (name === '') nameless.push(`${view}: img`);
      });
    });
    assert.deepEqual([...new Set(nameless)], []);
    for (const role of ['grid', 'table', 'tree', 'listbox', 'application', 'img', 'meter', 'radiogroup']) {
      assert.ok(roles.has(role), `no ${role} was met`);
    }
  });
});
