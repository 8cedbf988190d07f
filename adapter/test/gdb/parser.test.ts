import * as assert from 'node:assert/strict';
import { unescapeCString } from '../../src/gdb/parser';

describe('strings of MI', () => {
  it('are what gdb meant', () => {
    const strings: [string, string][] = [
      ['plain', 'plain'],
      ['a\\nb\\tc\\rd', 'a\nb\tc\rd'],
      ['\\a\\b\\v\\f\\e', '\x07\b\v\f\x1b'],
      ['quote \\" and \\\\n', 'quote " and \\n'],
      ['\\303\\251t\\303\\251', 'été'],
      ['\\0071', '\x071'],
      ['\\377', '\ufffd'],
      ['', ''],
    ];
    for (const [written, meant] of strings) {
      assert.equal(unescapeCString(written), meant, written);
    }
  });
});
