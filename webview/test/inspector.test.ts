/** The inspector's model against an extension that the test plays. */
import * as assert from 'node:assert/strict';
import type { HostMessage, PanelMessage, Report } from '../../adapter/src/protocol';
import { Inspector } from '../src/model/inspector';
import type { HostPort } from '../src/model/port';
import { answerEntries, makeHeap, makeReports } from './page/fixture';

type Request = Extract<PanelMessage, { type: 'request' }>;

class FakePort implements HostPort {
  readonly sent: PanelMessage[] = [];
  state: unknown;

  postMessage(message: PanelMessage): void {
    this.sent.push(message);
  }
  getState(): unknown {
    return this.state;
  }
  setState(state: unknown): void {
    this.state = structuredClone(state);
  }
  requests(command: string): Request[] {
    return this.sent.filter(
      (message): message is Request => message.type === 'request' && message.command === command,
    );
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class Host {
  readonly port = new FakePort();
  readonly inspector: Inspector;

  constructor(state?: unknown) {
    this.port.state = state;
    this.inspector = new Inspector(this.port);
    this.inspector.start();
  }

  state(state: 'none' | 'running' | 'stopped' | 'ended', run = 'run 1'): void {
    this.inspector.receive({
      type: 'state',
      state,
      sessionName: state === 'none' ? '' : 'shop',
      run: state === 'none' ? '' : run,
    });
  }

  async answer(command: string, body: unknown, index = -1): Promise<void> {
    const request = this.port.requests(command).at(index);
    assert.ok(request, `no request ${command}`);
    this.inspector.receive({ type: 'response', seq: request.seq, ok: true, body });
    await settled();
  }

  async fail(command: string, message: string): Promise<void> {
    const request = this.port.requests(command).at(-1);
    assert.ok(request);
    const failure: HostMessage = { type: 'response', seq: request.seq, ok: false, message };
    this.inspector.receive(failure);
    await settled();
  }

  /** Stops the program and answers what the page asks then. */
  async stop(generation = 1, reports: Report[] = []): Promise<void> {
    this.state('stopped');
    this.inspector.receive({ type: 'changed', generation });
    await this.answer('spaces/heap', makeHeap(generation));
    await this.answer('spaces/reports', { reports });
  }
}

describe('Inspector', () => {
  it('asks for its state, then for the heap at a stop', async () => {
    const host = new Host();
    assert.deepEqual(host.port.sent, [{ type: 'ready' }]);
    assert.equal(host.inspector.reportsKnown, false);
    await host.stop(1, makeReports());
    assert.equal(host.inspector.reportsKnown, true);
    assert.equal(host.inspector.heap?.generation, 1);
    assert.equal(host.inspector.reports.length, 4);
    assert.equal(host.inspector.stale, false);
    assert.equal(host.inspector.canEdit, true);
  });

  it('ignores a heap that a newer request has overtaken', async () => {
    const host = new Host();
    host.state('stopped');
    host.inspector.receive({ type: 'changed', generation: 1 });
    host.inspector.receive({ type: 'changed', generation: 2 });
    await host.answer('spaces/heap', makeHeap(2), -1);
    await host.answer('spaces/heap', makeHeap(1), -2);
    assert.equal(host.inspector.heap?.generation, 2);
  });

  it('asks for entries only while they are in sight, once a stop and filter', async () => {
    const host = new Host();
    await host.stop();
    assert.equal(host.port.requests('spaces/entries').length, 0);
    host.inspector.open('entries');
    assert.equal(host.port.requests('spaces/entries').length, 1);
    await host.answer('spaces/entries', answerEntries({ start: 0, count: 200 }));
    host.inspector.open('overview');
    host.inspector.open('entries');
    assert.equal(host.port.requests('spaces/entries').length, 1);
    host.inspector.entries.sortBy('address');
    await settled();
    assert.deepEqual((host.port.requests('spaces/entries').at(-1)?.arguments as { sort: unknown }).sort, {
      by: 'address',
      descending: false,
    });
  });

  it('shows the entries of the chunk that it is told to show', async () => {
    const host = new Host();
    await host.stop();
    const chunk = makeHeap().chunks[3]?.id ?? '';
    host.inspector.receive({ type: 'show', view: 'entries', chunk });
    assert.equal(host.inspector.view, 'entries');
    const asked = host.port.requests('spaces/entries').at(-1)?.arguments as { chunk: string };
    assert.equal(asked.chunk, chunk);
  });

  it('keeps the data of a run that ended, and says that it is stale', async () => {
    const host = new Host();
    await host.stop();
    host.state('ended');
    assert.equal(host.inspector.heap?.generation, 1);
    assert.equal(host.inspector.stale, true);
    assert.equal(host.inspector.canEdit, false);
  });

  it('forgets it when another run begins', async () => {
    const host = new Host();
    await host.stop(1, makeReports());
    host.state('ended');
    host.state('running', 'run 2');
    assert.equal(host.inspector.heap, undefined);
    assert.deepEqual(host.inspector.reports, []);
    assert.deepEqual(host.inspector.history, []);
  });

  it('comes back as it was after being hidden, in the same run', async () => {
    const host = new Host();
    await host.stop(3, makeReports());
    host.inspector.openReport(2);
    host.inspector.sortChunksBy('peak');
    const again = new Host(host.port.state);
    assert.equal(again.inspector.view, 'reports');
    again.state('running');
    assert.equal(again.inspector.selectedReport, 2);
    assert.deepEqual(again.inspector.chunkSort, { by: 'peak', descending: true });
    assert.equal(again.inspector.heap?.generation, 3);
    assert.equal(again.inspector.reports.length, 4);
  });

  it('learns of the reports that came while it was hidden', async () => {
    const host = new Host();
    await host.stop(1, makeReports().slice(0, 1));
    const again = new Host(host.port.state);
    again.state('running');
    await again.answer('spaces/reports', { reports: makeReports() });
    assert.equal(again.inspector.reports.length, 4);
  });

  it('comes back after a reload of the window with the data of the run before, as ended', async () => {
    const host = new Host();
    await host.stop(3);
    const again = new Host(host.port.state);
    again.state('none');
    assert.equal(again.inspector.session, 'ended');
    assert.equal(again.inspector.heap?.generation, 3);
    assert.equal(again.inspector.sessionName, 'shop');
  });

  it('takes no state of another version', () => {
    const host = new Host({ version: 99, view: 'nonsense' });
    assert.equal(host.inspector.view, 'overview');
  });

  it('says why the heap cannot be read, until it can', async () => {
    const host = new Host();
    host.state('stopped');
    host.inspector.receive({ type: 'changed', generation: 1 });
    await host.fail('spaces/heap', 'The program runs without Spaces.');
    assert.equal(host.inspector.heapError, 'The program runs without Spaces.');
    assert.equal(host.inspector.canEdit, false);
    host.inspector.receive({ type: 'changed', generation: 2 });
    await host.answer('spaces/heap', makeHeap(2));
    assert.equal(host.inspector.heapError, undefined);
  });

  it('takes a report once, however it arrives', async () => {
    const host = new Host();
    await host.stop();
    const [report] = makeReports();
    assert.ok(report);
    host.inspector.receive({ type: 'report', report });
    host.inspector.receive({ type: 'report', report });
    assert.equal(host.inspector.reports.length, 1);
  });

  it('says what a check came to', async () => {
    const host = new Host();
    await host.stop();
    void host.inspector.check();
    assert.equal(host.inspector.checking, true);
    await host.answer('spaces/check', { blocks: 12_345, reports: [] });
    assert.equal(host.inspector.checking, false);
    assert.deepEqual(host.inspector.notice, {
      severity: 'info',
      text: 'No damage in the heap: 12,345 blocks checked.',
    });
    void host.inspector.check();
    await host.fail('spaces/check', 'The program has gone.');
    assert.deepEqual(host.inspector.notice, {
      severity: 'error',
      text: 'Not checked: The program has gone.',
    });
  });

  it('forgets at the next stop what it said of the one before', async () => {
    const host = new Host();
    await host.stop();
    void host.inspector.check();
    await host.answer('spaces/check', { blocks: 1, reports: [] });
    assert.equal(host.inspector.notice?.text, 'No damage in the heap: 1 block checked.');
    await host.stop();
    assert.ok(host.inspector.notice, 'the same stop');
    await host.stop(2);
    assert.equal(host.inspector.notice, undefined);
  });

  it('reads the heap again after a limit was set, and passes on a refusal', async () => {
    const host = new Host();
    await host.stop();
    const setting = host.inspector.set({ chunk: '0x1', ceiling: 4096 });
    await host.answer('spaces/set', { ceiling: 4096 });
    await host.answer('spaces/heap', makeHeap(1));
    assert.equal(await setting, undefined);
    const refused = host.inspector.set({ chunk: '0x1', ceiling: 1 });
    await host.fail('spaces/set', 'Below the footprint.');
    assert.equal(await refused, 'Below the footprint.');
  });

  it('drops a filter on a chunk that is no more', async () => {
    const host = new Host();
    await host.stop();
    host.inspector.openEntries('0xdead');
    host.inspector.receive({ type: 'changed', generation: 2 });
    await host.answer('spaces/heap', makeHeap(2));
    assert.equal(host.inspector.entries.choice.chunk, '');
  });
});
