/** One run as the extension follows it: states, stale answers, failures. */
import * as assert from 'node:assert/strict';
import { PROTOCOL_VERSION, type HeapResponse } from '../../adapter/src/protocol';
import { HeapSession, type Log } from '../src/session/heapSession';
import { SessionStateMachine } from '../src/session/sessionState';
import { makeReport } from './frames';

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function heapOf(generation: number, protocol = PROTOCOL_VERSION): HeapResponse {
  return {
    protocol,
    pid: 1,
    build: 'debug',
    version: '0',
    generation,
    via: 'process',
    chunks: [],
    process: {
      heapTotal: 0,
      heapLimit: null,
      totalFree: 0,
      growIncrement: 0,
      freeBytes: null,
      largeThreshold: 0,
      useMunmap: true,
      coalesce: true,
    },
  };
}

/** A session whose requests wait until the test answers them. */
function makeSession(): {
  session: HeapSession;
  calls: { command: string; args: unknown; answer(body: unknown): void; fail(message: string): void }[];
} {
  const calls: ReturnType<typeof makeSession>['calls'] = [];
  const session = new HeapSession(
    {
      id: 'id',
      name: 'test',
      customRequest: (command, args) =>
        new Promise((resolve, reject) => {
          calls.push({ command, args, answer: resolve, fail: (message) => reject(new Error(message)) });
        }),
    },
    silent,
  );
  return { session, calls };
}

const stopped = { type: 'event', event: 'stopped' } as const;

describe('SessionStateMachine', () => {
  it('goes on with the request, not with its answer', () => {
    const machine = new SessionStateMachine();
    machine.accept(stopped);
    assert.equal(machine.state, 'stopped');
    machine.accept({ type: 'request', command: 'next', seq: 4 });
    assert.equal(machine.state, 'running');
    machine.accept(stopped);
    machine.accept({ type: 'response', command: 'next', request_seq: 4, success: true });
    assert.equal(machine.state, 'stopped');
  });

  it('stays stopped where going on fails', () => {
    const machine = new SessionStateMachine();
    machine.accept(stopped);
    machine.accept({ type: 'request', command: 'continue', seq: 9 });
    machine.accept({ type: 'response', command: 'continue', request_seq: 9, success: false });
    assert.equal(machine.state, 'stopped');
  });

  it('is over for good', () => {
    const machine = new SessionStateMachine();
    machine.accept({ type: 'event', event: 'terminated' });
    assert.equal(machine.accept(stopped), false);
    assert.equal(machine.state, 'ended');
  });
});

describe('HeapSession', () => {
  it('reads the heap once a stop, however many ask', async () => {
    const { session, calls } = makeSession();
    session.observe(stopped);
    const both = Promise.all([session.heap(), session.heap()]);
    assert.equal(calls.length, 1);
    calls[0]?.answer(heapOf(1));
    const [first, second] = await both;
    assert.equal(first, second);
    assert.equal(first?.generation, 1);
  });

  it('drops an answer that a newer stop has overtaken', async () => {
    const { session, calls } = makeSession();
    session.observe(stopped);
    const asked = session.heap();
    session.changed(2);
    calls[0]?.answer(heapOf(1));
    await new Promise(setImmediate);
    assert.equal(calls.length, 2);
    calls[1]?.answer(heapOf(2));
    assert.equal((await asked)?.generation, 2);
    assert.equal(session.lastHeap?.generation, 2);
  });

  it('asks nothing while the program runs, and shows the last heap', async () => {
    const { session, calls } = makeSession();
    assert.equal(await session.heap(), undefined);
    session.observe(stopped);
    const asked = session.heap();
    calls[0]?.answer(heapOf(1));
    await asked;
    session.observe({ type: 'request', command: 'continue', seq: 1 });
    assert.equal((await session.heap())?.generation, 1);
    assert.equal(session.stale, true);
    assert.equal(calls.length, 1);
  });

  it('keeps the sentence of a failure, and asks again at the next stop', async () => {
    const { session, calls } = makeSession();
    session.observe(stopped);
    const asked = session.heap();
    calls[0]?.fail('The program runs without Spaces.');
    assert.equal(await asked, undefined);
    assert.equal(session.heapFailure, 'The program runs without Spaces.');
    session.changed(2);
    const again = session.heap();
    calls[1]?.answer(heapOf(2));
    await again;
    assert.equal(session.heapFailure, undefined);
  });

  it('refuses another version of the contract', async () => {
    const { session, calls } = makeSession();
    session.observe(stopped);
    const asked = session.heap();
    calls[0]?.answer(heapOf(1, PROTOCOL_VERSION + 1));
    assert.equal(await asked, undefined);
    assert.match(
      session.heapFailure ?? '',
      new RegExp(`version ${PROTOCOL_VERSION + 1} .* version ${PROTOCOL_VERSION}`),
    );
  });

  it('takes every report once, also those that a check returns', async () => {
    const { session, calls } = makeSession();
    session.observe(stopped);
    session.addReport(makeReport(1));
    const checking = session.check();
    calls[0]?.answer({ blocks: 10, reports: [makeReport(1), makeReport(2)] });
    assert.equal((await checking).blocks, 10);
    assert.deepEqual(
      session.reports.map((report) => report.id),
      [1, 2],
    );
  });

  it('reads a page of groups once a stop', () => {
    const { session, calls } = makeSession();
    session.observe(stopped);
    void session.groups({ by: 'site', start: 0, count: 10 });
    void session.groups({ by: 'site', start: 0, count: 10 });
    assert.equal(calls.length, 1);
    session.changed(2);
    void session.groups({ by: 'site', start: 0, count: 10 });
    assert.equal(calls.length, 2);
  });

  it('keeps the groups of the last stop while the program runs', async () => {
    const { session, calls } = makeSession();
    session.observe(stopped);
    const asked = session.groups({ by: 'site' });
    calls[0]?.answer({ total: 0, groups: [], generation: 1 });
    await asked;
    session.observe({ type: 'event', event: 'continued' });
    assert.equal((await session.groups({ by: 'site' }))?.generation, 1);
    assert.equal(await session.groups({ by: 'size' }), undefined);
    assert.equal(calls.length, 1);
  });

  it('says that the program has ended, whatever becomes of what was asked', async () => {
    const { session, calls } = makeSession();
    session.observe(stopped);
    const asked = session.request('spaces/entries', {});
    session.end();
    calls[0]?.fail('canceled');
    await assert.rejects(asked, /has ended before it was read/);
  });

  it('forgets a page of groups that failed', async () => {
    const { session, calls } = makeSession();
    session.observe(stopped);
    const asked = session.groups({ by: 'site' });
    calls[0]?.fail('gone');
    await assert.rejects(asked, /gone/);
    void session.groups({ by: 'site' });
    assert.equal(calls.length, 2);
  });
});
