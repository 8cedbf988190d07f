/** Names from the program that hold markup and characters that turn or hide text: every view shows them as text. */
import * as assert from 'node:assert/strict';
import { visible } from '../../adapter/src/protocol/frames';
import { openPage, type PageHost } from './page/host';
import { everyView } from './page/walk';

const MARKUP = '<img src=x onerror="alert(1)"><style>*{display:none}</style>';
/** A bell, an escape sequence, a line's end, and what turns the text round. */
const UNSEEN = '\u0007\u001b[31m\n\u202e';
const HOSTILE = `${MARKUP}${UNSEEN}end`;
/** Fields whose text is the program's. */
const NAMES = new Set(['function', 'module', 'path', 'label', 'name', 'message', 'key', 'type', 'place']);

/** The answer with a hostile name in place of each name; keys of groups stay different. */
function poisoned(value: unknown, field = '', at = ''): unknown {
  if (Array.isArray(value)) {
    return value.map((one, index) => poisoned(one, field, `${at}${index}.`));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, poisoned(one, name, `${at}${name}.`)]),
    );
  }
  if (typeof value !== 'string' || !NAMES.has(field) || /^0x/.test(value)) {
    return value;
  }
  if (field === 'label') {
    // The extension has cleaned those of chunks before they come here.
    return visible(`${HOSTILE} ${at}`);
  }
  return field === 'path' ? `/src/${HOSTILE.replaceAll('/', '')}.c` : `${HOSTILE} ${at}`;
}

describe('names from the program', function () {
  this.timeout(60_000);
  let host: PageHost;

  before(async () => {
    host = await openPage();
    await host.page.waitForSelector('vscode-tab-header');
    for (const [command, answer] of [...host.answers]) {
      host.answers.set(command, async (args) => poisoned(await answer(args)));
    }
  });
  after(() => host?.close());

  it('are text in every view, and what is unseen in them is spelled out', async () => {
    const seen: string[] = [];
    await everyView(host, async (name) => {
      const found = await host.page.evaluate(() => {
        const texts: string[] = [];
        const foreign: string[] = [];
        const roots: (Element | ShadowRoot)[] = [document.body];
        for (const root of roots) {
          for (const element of root.querySelectorAll('*')) {
            if (element.shadowRoot) {
              roots.push(element.shadowRoot);
            } else if (element.matches('img, script:not([nonce])')) {
              foreign.push(element.outerHTML);
            }
            for (const attribute of ['title', 'aria-label', 'label', 'aria-description', 'aria-valuetext']) {
              texts.push(element.getAttribute(attribute) ?? '');
            }
            for (const node of element.childNodes) {
              if (node.nodeType === Node.TEXT_NODE && !element.matches('style, script')) {
                texts.push(node.textContent ?? '');
              }
            }
          }
        }
        return { texts, foreign };
      });
      assert.deepEqual(found.foreign, [], name);
      const unseen = found.texts.filter((text) =>
        ['\u0007', '\u001b', '\u202e'].some((one) => text.includes(one)),
      );
      assert.deepEqual(unseen.slice(0, 5), [], `${name}: ${unseen.length} texts`);
      if (found.texts.some((text) => text.includes('<img src=x'))) {
        seen.push(name);
      }
    });
    assert.deepEqual(seen.length > 10, true, seen.join(', '));
  });

  it('breaks no rule of its content-security policy, and throws nothing', () => {
    assert.deepEqual(host.errors, []);
  });
});
