/** The adapter of the product on a very large heap: its memory, how long its answers take, and whether a step waits. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { readFileSync } from 'node:fs';
import testsupport from '@vscode/debugadapter-testsupport';
import { dist, root } from '../lib/paths.mjs';
import { compile, peakMemory } from './subject.mjs';

const SOURCE = 'test/dap/programs/million.c';
/** How long the program may take to make its blocks. */
const PATIENCE_MS = 300_000;

function once(client, event) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no "${event}" event`)), PATIENCE_MS);
    client.once(event, (message) => {
      clearTimeout(timer);
      resolve(message.body);
    });
  });
}

export async function measureAdapter(blocks) {
  const program = compile(SOURCE);
  const source = path.join(root, SOURCE);
  const line =
    1 +
    readFileSync(source, 'utf8')
      .split('\n')
      .findIndex((text) => text.includes('@look'));
  const adapter = spawn(process.execPath, [path.join(dist, 'adapter.js')], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const client = new testsupport.DebugClient('node', 'adapter', 'spaces');
  client.defaultTimeout = PATIENCE_MS;
  client.connect(adapter.stdout, adapter.stdin);
  try {
    await client.initializeRequest({ adapterID: 'spaces', pathFormat: 'path' });
    const initialized = once(client, 'initialized');
    await client.launchRequest({ program, args: [String(blocks)], checkOnStop: false });
    await initialized;
    await client.setBreakpointsRequest({ source: { path: source }, breakpoints: [{ line }] });
    const stopped = once(client, 'stopped');
    await client.configurationDoneRequest();
    await stopped;
    const times = {};
    const ask = async (name, command, args = {}) => {
      const start = performance.now();
      const { body } = await client.customRequest(`spaces/${command}`, args);
      times[name] = performance.now() - start;
      return body;
    };
    await ask('chunks and totals', 'heap');
    const sorted = { sort: { by: 'size', descending: true }, count: 1000 };
    const { total } = await ask('first page by size', 'entries', { ...sorted, start: 0 });
    await ask('page in the middle', 'entries', { ...sorted, start: Math.floor(total / 2) });
    await ask('groups by site', 'groups', { by: 'site' });
    await ask('call tree', 'callTree');
    await ask('heap map', 'map', { cells: 16384 });
    const one = await ask('snapshot', 'snapshot');
    await ask('second snapshot', 'snapshot');
    await ask('comparison', 'diff', { from: one.id, by: 'site' });
    await ask('check', 'check');
    // A step while a check is at work must not wait for it.
    const cut = client.customRequest('spaces/check', {}).then(
      () => false,
      () => true,
    );
    const stepped = once(client, 'stopped');
    const start = performance.now();
    await client.nextRequest({ threadId: 1 });
    await stepped;
    times['step while a check runs'] = performance.now() - start;
    return { blocks: total, times, interrupted: await cut, peak: peakMemory(adapter.pid) };
  } finally {
    await client.disconnectRequest().catch(() => undefined);
    adapter.kill('SIGKILL');
  }
}
