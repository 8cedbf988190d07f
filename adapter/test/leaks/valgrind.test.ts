/** The classes of lost blocks are those that Valgrind's Memcheck gives them. */
import * as assert from 'node:assert/strict';
import { allRecords, atExit, compile, foundByUs, foundByValgrind } from './support';

const PROGRAMS = [
  'lists.c',
  'cycles.c',
  'interior.c',
  'threads.c',
  'grown.c',
  'exits.c',
  'strings.cpp',
  'cookies.cpp',
  'bases.cpp',
  'statics.cpp',
];

describe('leaks beside Valgrind', function () {
  this.timeout(120_000);

  for (const file of PROGRAMS) {
    it(file, async () => {
      const program = await compile(file);
      const found = await atExit(program, 'debug', allRecords);
      const ours = foundByUs(found, file);
      assert.ok(Object.keys(ours).length > 0);
      assert.deepEqual(ours, await foundByValgrind(program, file));
    });
  }
});
