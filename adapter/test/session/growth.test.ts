import * as assert from 'node:assert/strict';
import type { Gdb } from '../../src/gdb/mi';
import { GrowthWatches } from '../../src/session/growth';
import { SnapshotPlaces } from '../../src/session/snapshotPlaces';

/** A gdb that answers with what a test says, and keeps what it was asked. */
function fakeGdb(answer: (command: string) => object): { gdb: Gdb; commands: string[] } {
  const commands: string[] = [];
  const gdb: Gdb = {
    sendCommand: <T>(command: string) => {
      commands.push(command);
      return new Promise<T>((resolve) => resolve(answer(command) as T));
    },
  };
  return { gdb, commands };
}

const chunk = { label: 'cache', footprint: 4096, footprintAt: 0x10n };
const find = () => Promise.resolve(chunk);

describe('break when a chunk grows', () => {
  it('watches the footprint in hardware, and only its growth', async () => {
    const { gdb, commands } = fakeGdb(() => ({ wpt: { number: '7' } }));
    const watches = new GrowthWatches(gdb);
    assert.deepEqual(await watches.set({ chunk: '0x1', enabled: true }, find), {
      watched: [{ chunk: '0x1', above: 4096 }],
    });
    assert.deepEqual(commands, [
      '-break-watch "*(unsigned long *) 0x10"',
      '-break-condition 7 *(unsigned long *) 0x10 > 4096',
    ]);
    assert.ok(watches.has('7') && !watches.has('8'));
    const stop = {
      wpt: { number: '7', exp: '*(unsigned long *) 0x10' },
      value: { old: '4096', new: '8192' },
    };
    assert.match((await watches.hit(stop)) ?? '', /^cache grew to 8192 bytes/);
    assert.equal(commands.at(-1), '-break-condition 7 *(unsigned long *) 0x10 > 8192');
    assert.deepEqual(watches.list().watched, [{ chunk: '0x1', above: 8192 }]);
    assert.equal(await watches.hit({ wpt: { number: '9', exp: 'x' } }), undefined);
    await watches.set({ chunk: '0x1', enabled: false }, find);
    assert.equal(commands.at(-1), '-break-delete 7');
    assert.ok(!watches.has('7'));
  });

  it('takes the mark that is asked for, and says why it cannot watch', async () => {
    const { gdb, commands } = fakeGdb((command) => {
      if (commands.length > 2 && command.startsWith('-break-watch')) {
        throw new Error('no more debug registers');
      }
      return { wpt: { number: '7' } };
    });
    const watches = new GrowthWatches(gdb);
    await watches.set({ chunk: '0x1', enabled: true, above: 99 }, find);
    assert.equal(commands.at(-1), '-break-condition 7 *(unsigned long *) 0x10 > 99');
    await assert.rejects(
      watches.set({ chunk: '0x2', enabled: true }, find),
      /no more debug registers.*remove a data breakpoint/,
    );
    assert.equal(watches.list().watched.length, 1);
  });
});

describe('places of snapshots', () => {
  it('names each snapshot, and stops after the number asked for', async () => {
    const { gdb, commands } = fakeGdb((command) => {
      if (command.includes('nowhere')) {
        throw new Error('No symbol table is loaded.');
      }
      return { bkpt: { number: String(commands.length), line: '12' } };
    });
    const places = new SnapshotPlaces(gdb);
    const { places: set } = await places.set([
      { path: '/src/main.c', line: 12, most: 2 },
      { function: 'f', name: 'after f' },
      { function: 'nowhere' },
    ]);
    assert.deepEqual(set, [
      { verified: true, line: 12 },
      { verified: true, line: 12 },
      { verified: false, message: 'No symbol table is loaded.' },
    ]);
    assert.deepEqual(
      ['1', '1', '1', '2', '5'].map((number) => places.hit(number)),
      ['main.c:12 #1', 'main.c:12 #2', '', 'after f #1', undefined],
    );
    await places.set([]);
    assert.equal(commands.at(-1), '-break-delete 1 2');
    assert.ok(!places.has('1'));
  });
});
