/** Sizes: reading, writing, and reading back. */
import * as assert from 'node:assert/strict';
import { formatSize, parseSize, sizeForEditing } from '../../adapter/src/protocol/sizes';

describe('sizes', () => {
  it('reads numbers with and without units', () => {
    assert.equal(parseSize('4096'), 4096);
    assert.equal(parseSize('256MB'), 256 * 1024 ** 2);
    assert.equal(parseSize(' 1.5 GiB '), 1.5 * 1024 ** 3);
    assert.equal(parseSize('64k'), 65536);
    assert.equal(parseSize('12 B'), 12);
  });

  it('reads nothing else', () => {
    for (const text of ['', 'MB', '-1', '1,000', '12XB', '0x10', 'NaN', '99999999999TB']) {
      assert.equal(parseSize(text), undefined, text);
    }
  });

  it('writes three digits at most', () => {
    assert.equal(formatSize(0), '0 B');
    assert.equal(formatSize(1023), '1023 B');
    assert.equal(formatSize(1536), '1.5 KB');
    assert.equal(formatSize(100 * 1024), '100 KB');
    assert.equal(formatSize(10.25 * 1024 ** 2), '10.3 MB');
  });

  it('writes for editing what reads back as the same', () => {
    for (const bytes of [0, 1, 1023, 1024, 1536, 65536, 3 * 1024 ** 2, 1024 ** 3, 123456789]) {
      assert.equal(parseSize(sizeForEditing(bytes)), bytes);
    }
  });
});
