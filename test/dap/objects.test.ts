/** Types of blocks: objects with virtual functions are told by their tables, others by the place of the allocation. */
import * as assert from 'node:assert/strict';
import { compile } from './support/programs';
import * as dap from './support/session';

describe('types of blocks', () => {
  const program = compile('objects.cpp', ['-g', '-O0']);
  afterEach(() => dap.closeAll());

  for (const allocator of ['debug', 'fast'] as const) {
    it(`are told where an object has virtual functions (${allocator})`, async () => {
      const session = await dap.open();
      await dap.launchTo(session, { program: program.path, allocator }, program.source, [
        { line: program.line('@stand') },
      ]);
      const [frame] = await dap.stack(session);
      const objectOf = async (expression: string) => {
        const located = await dap.ask(session, 'spaces/locate', { expression, frameId: frame?.id ?? 0 });
        return located.entry?.object;
      };
      assert.equal(await objectOf('one'), 'shapes::Shape');
      assert.equal(await objectOf('boxes'), 'shapes::Box<int>');
      assert.equal(await objectOf('plain'), undefined);
      // By the place of the allocation, which only the debug build knows.
      const debug = allocator === 'debug';
      assert.match((await objectOf('text')) ?? '', debug ? /^std::(__cxx11::basic_)?string/ : /^$/);
      assert.equal(await objectOf('places'), debug ? 'place[3]' : undefined);
      assert.equal(await objectOf('name'), debug ? 'name_of' : undefined);
      assert.equal(await objectOf('copy'), debug ? 'char[6]' : undefined);
      assert.equal(await objectOf('odd'), undefined);
      const grouped = await dap.ask(session, 'spaces/groups', { by: 'object' });
      const place = grouped.groups.find(({ key }) => key === 'place');
      assert.deepEqual([place?.count, place?.bytes], debug ? [2, 48 + 17] : [undefined, undefined]);
      const narrowed = await dap.ask(session, 'spaces/entries', {
        filter: { group: { by: 'object', key: 'place' } },
      });
      assert.equal(narrowed.total, debug ? 2 : 0);
      const page = await dap.ask(session, 'spaces/entries', { state: 'live' });
      const classes = page.entries.flatMap(({ object }) => (object?.startsWith('shapes::') ? [object] : []));
      assert.deepEqual(classes.sort(), ['shapes::Box<int>', 'shapes::Shape']);
    });
  }
});
