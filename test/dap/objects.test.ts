/** Classes of blocks: objects with virtual functions are told by their tables. */
import * as assert from 'node:assert/strict';
import { compile } from './support/programs';
import * as dap from './support/session';

describe('classes of blocks', () => {
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
      assert.equal(await objectOf('text'), undefined);
      const page = await dap.ask(session, 'spaces/entries', { state: 'live' });
      const classes = page.entries.flatMap(({ object }) => (object === undefined ? [] : [object]));
      assert.deepEqual(classes.sort(), ['shapes::Box<int>', 'shapes::Shape']);
    });
  }
});
