import * as assert from 'node:assert/strict';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { Tasks } from '../../src/session/tasks';
import type { Task } from '../../src/heap/task';

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function makeTasks(showsProgress: boolean): { tasks: Tasks; events: DebugProtocol.Event[] } {
  const events: DebugProtocol.Event[] = [];
  const tasks = new Tasks((event) => events.push(event));
  tasks.showsProgress = showsProgress;
  return { tasks, events };
}

/** Work that ends when it is cancelled. */
const endless = (task: Task) =>
  new Promise<never>((_resolve, reject) => {
    task.signal.addEventListener('abort', () => reject(new Error('cancelled')));
  });

describe('requests that take long', () => {
  it('show no progress where they end soon', async () => {
    const { tasks, events } = makeTasks(true);
    assert.equal(await tasks.run({ title: 'Quick', request: 1 }, () => Promise.resolve(5)), 5);
    await wait(600);
    assert.deepEqual(events, []);
  });

  it('show it after half a second, to clients that can', async () => {
    for (const able of [true, false]) {
      const { tasks, events } = makeTasks(able);
      await tasks.run({ title: 'Slow', request: 7 }, async (task) => {
        task.progress(1, 100);
        await wait(600);
        task.progress(50, 100);
        task.progress(51, 100);
      });
      const names = events.map(({ event }) => event);
      assert.deepEqual(names, able ? ['progressStart', 'progressUpdate', 'progressEnd'] : []);
      if (able) {
        const [start, update] = events.map(({ body }) => body as Record<string, unknown>);
        assert.equal(start?.['title'], 'Slow');
        assert.equal(start?.['requestId'], 7);
        assert.equal(start?.['cancellable'], true);
        assert.equal(update?.['percentage'], 50);
      }
    }
  });

  it('are cancelled by token, by request and by progress, each alone', async () => {
    const { tasks, events } = makeTasks(true);
    const first = tasks.run({ title: 'A', request: 1, token: 'mine' }, endless);
    const second = tasks.run({ title: 'B', request: 2 }, endless);
    const third = tasks.run({ title: 'C', request: 3 }, endless);
    const outcomes = Promise.allSettled([first, second, third]);
    assert.equal(tasks.cancel({ token: 'other' }), false);
    assert.equal(tasks.cancel({ token: 'mine' }), true);
    await assert.rejects(first, /cancelled/);
    assert.equal(tasks.cancel({ request: 2 }), true);
    await assert.rejects(second, /cancelled/);
    await wait(600);
    const start = events.find(({ event }) => event === 'progressStart');
    assert.equal(tasks.cancel({ progressId: (start?.body as { progressId: string }).progressId }), true);
    await assert.rejects(third, /cancelled/);
    await outcomes;
    assert.equal(events.at(-1)?.event, 'progressEnd');
    assert.equal(tasks.cancel({ request: 3 }), false, 'it has ended');
  });
});
