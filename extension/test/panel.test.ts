/** The panel's page and the messages that it may send. */
import * as assert from 'node:assert/strict';
import { hexDump } from '../src/panel/hexDump';
import { pageOf } from '../src/panel/html';
import { asPanelMessage } from '../src/panel/messages';

describe('pageOf', () => {
  const page = pageOf({
    cspSource: 'https://panel.test',
    nonce: 'N',
    script: 'main.js',
    styles: 'main.css',
    codicons: 'codicon.css',
    language: 'de',
    title: 'Heap "Inspector" <b>',
    translations: { Live: '</script><img src=x onerror="x">' },
  });

  it('allows nothing but its own parts', () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
    assert.match(policy, /^default-src &#39;none&#39;;/);
    assert.ok(!policy.includes('unsafe'));
    assert.match(policy, /script-src &#39;nonce-N&#39;$/);
  });

  it('holds no markup but its own', () => {
    assert.ok(!page.includes('<img'));
    assert.ok(!page.includes('<b>'));
    assert.equal(page.match(/<script/g)?.length, 1);
    assert.ok(!/ style=/.test(page));
  });
});

describe('asPanelMessage', () => {
  it('passes on what the contract has', () => {
    const messages = [
      { type: 'ready' },
      {
        type: 'markIntended',
        allocated: [{ address: '0x1', function: 'main', module: '/shop', user: true }],
        leak: { class: 'definite', count: 1, bytes: 40, indirectCount: 0, indirectBytes: 0 },
      },
      { type: 'request', seq: 1, command: 'spaces/heap', arguments: {} },
      { type: 'openSource', path: '/src/main.c', line: 3 },
      { type: 'viewMemory', address: '0x7fff00', length: 64 },
      { type: 'copy', text: 'x' },
      { type: 'copyTable', table: { what: 'chunks', format: 'csv' } },
      { type: 'export', table: { what: 'stacks', format: 'pprof', query: { chunk: '0x7f00' } } },
      { type: 'startDebugging' },
    ];
    messages.forEach((message) => assert.deepEqual(asPanelMessage(message), message));
  });

  it('refuses everything else', () => {
    const messages: unknown[] = [
      null,
      'ready',
      { type: 'run' },
      { type: 'request', seq: 1, command: 'evaluate', arguments: {} },
      { type: 'request', seq: 1, command: 'constructor', arguments: {} },
      { type: 'request', command: 'spaces/heap' },
      { type: 'openSource', path: 'relative.c', line: 3 },
      { type: 'openSource', path: '/src/main.c', line: 'x' },
      { type: 'viewMemory', address: '$(rm)', length: 1 },
      { type: 'copy', text: 1 },
      { type: 'markIntended', allocated: [{ user: true }], leak: {} },
      { type: 'export', table: { what: 'stacks', format: 'csv' } },
      { type: 'export', table: { what: 'toString', format: 'csv' } },
      { type: 'export', table: { what: 'entries', format: 'csv', query: 'all' } },
      { type: 'copyTable' },
    ];
    messages.forEach((message) => assert.equal(asPanelMessage(message), undefined, JSON.stringify(message)));
  });
});

describe('hexDump', () => {
  it('writes sixteen bytes a line, with their text', () => {
    const bytes = new TextEncoder().encode('Spaces\u0001 and more than sixteen');
    const lines = hexDump(0x7fff00001000n, bytes).split('\n');
    assert.equal(lines.length, 2);
    assert.match(lines[0] ?? '', /^0x7fff00001000 {2}53 70 61 63 65 73 01 20 .* {2}Spaces\. and more$/);
    assert.match(lines[1] ?? '', /^0x7fff00001010 {2}/);
  });
});
