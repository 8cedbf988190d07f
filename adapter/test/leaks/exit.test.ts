/** The end of a program: whether it waits to be looked at, and what is found without a debugger. */
import * as assert from 'node:assert/strict';
import { lostAtExit, readAtExit } from '../../src/leaks/exit';
import { Suppressions } from '../../src/leaks/suppressions';
import type { AgentExit } from '../../src/protocol';
import { FileLines } from '../../src/symbols/files';
import { mapsOf, ModuleMap } from '../../src/symbols/modules';
import { Symbolizer } from '../../src/symbols/symbolizer';
import { BUILDS } from '../reader/support';
import { atExit, compile, runToEnd } from './support';

/** What the adapter tells of a program that no gdb holds. */
async function lost(exit: AgentExit, suppressions = Suppressions.none()) {
  const modules = new ModuleMap(mapsOf(exit.pid));
  modules.readNow();
  const symbols = new Symbolizer(new FileLines('gdb', modules, () => undefined), modules);
  return lostAtExit(await readAtExit(exit), symbols, suppressions);
}

describe('leaks at the end of a program', function () {
  this.timeout(60_000);

  it('are found without a debugger, with their lines', async () => {
    const records = await atExit(await compile('lists.c'), 'debug', (exit) => lost(exit));
    const told = records.map((record) => {
      const frame = record.frames.find(({ user }) => user);
      return [record.class, frame?.function, frame?.line, record.count, record.indirectCount];
    });
    assert.deepEqual(told.sort(), [
      ['definite', 'make_list', 15, 1, 13],
      ['definite', 'make_tree', 32, 1, 30],
    ]);
  });

  it('are found in the fast build, by their sizes', async () => {
    const records = await atExit(await compile('lists.c'), 'fast', (exit) => lost(exit));
    assert.deepEqual(
      records.map(({ class: kind, size, count, indirectCount, frames }) => [
        kind,
        size,
        count,
        indirectCount,
        frames.length,
      ]),
      [
        ['definite', 64, 1, 30, 0],
        ['definite', 16, 1, 13, 0],
      ],
    );
  });

  it('are not looked for twice where other threads run on', async () => {
    const records = await atExit(await compile('threads.c'), 'debug', (exit) => lost(exit));
    const bytes = records.map((record) => [record.bytes, record.indirectBytes, record.count]);
    assert.deepEqual(bytes.sort(), [
      [1000, 500, 2],
      [3000, 0, 3],
      [600, 300, 3],
    ]);
  });

  const WAYS = [
    ['return', 1, 0, null],
    ['thread', 1, 4, null],
    ['pthread_exit', 1, 0, null],
    ['fork', 1, 0, null],
    ['_exit', 0, 5, null],
    ['abort', 0, null, 'SIGABRT'],
  ] as const;
  for (const build of BUILDS) {
    for (const [way, times, code, signal] of WAYS) {
      it(`${way} (${build}): looked at ${times === 1 ? 'once' : 'never'}`, async () => {
        const program = await compile('ends.c');
        const ended = await runToEnd(program, build, (exit) => Promise.resolve(exit.pid), { args: [way] });
        assert.equal(ended.found.length, times);
        assert.equal(ended.code, code);
        assert.equal(ended.signal, signal);
      });
    }
  }

  it('are not waited for unless that is asked', async () => {
    const program = await compile('ends.c');
    const { found, code } = await runToEnd(program, 'debug', () => Promise.resolve(1), { leaks: '0' });
    assert.deepEqual([found.length, code], [0, 0]);
  });

  it('keep the program until it was looked at', async () => {
    let alive = false;
    await atExit(await compile('ends.c'), 'debug', async ({ pid }) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      alive = process.kill(pid, 0);
    });
    assert.ok(alive);
  });
});
