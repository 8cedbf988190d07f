/** The parts of a search for a write that need no program: what is watched, what is said, what is believed. */
import * as assert from 'node:assert/strict';
import { firstChange, placeExpression, placeToWatch, type Target } from '../../src/findwrite/place';
import { parseReport } from '../../src/findwrite/report';
import { describeDifference, describeFailure, describeWrite } from '../../src/findwrite/words';
import type { Report } from '../../src/protocol';
import { siteOf } from '../../src/symbols/site';
import { decodeEvent, EVENT_BYTES, watchText } from '../../src/watches/event';

const report: Report = {
  id: 1,
  kind: 'overflow',
  code: 11,
  message: 'Overflow',
  address: '0x1000',
  size: 60,
  offset: 60,
  chunk: '0x2000',
  sequence: 9,
  pass: 3,
  site: '0xabc',
  thread: 7,
  pid: 7,
  time: 0,
  detected: [],
  allocated: [],
  freed: [],
  bytes: '',
};

function problemOf(value: unknown): string {
  const problem = parseReport(value);
  return typeof problem === 'string' ? problem : '';
}

describe('finding a write', () => {
  it('watches the bad byte and what else of the redzone one register covers', () => {
    const place = (target: Partial<Target>, block = 0x1000n, size = target.size ?? 60) =>
      placeToWatch({ kind: 'overflow', size: 60, offset: 60, ...target }, block, size);
    assert.deepEqual(place({}), { address: 0x103cn, bytes: 4 });
    assert.deepEqual(place({ offset: 64 }), { address: 0x1040n, bytes: 8 });
    assert.deepEqual(place({ offset: 61 }), { address: 0x103dn, bytes: 1 });
    // The last byte of the redzone, and one beyond it: never the next block's.
    assert.deepEqual(place({ size: 64, offset: 79 }), { address: 0x104fn, bytes: 1 });
    assert.deepEqual(place({ size: 64, offset: 200 }), { address: 0x10c8n, bytes: 1 });
    assert.deepEqual(place({ kind: 'underflow', offset: -1 }), { address: 0xfffn, bytes: 1 });
    assert.deepEqual(place({ kind: 'underflow', offset: -6 }), { address: 0xffan, bytes: 2 });
    assert.deepEqual(place({ kind: 'underflow', offset: -16 }), { address: 0xff0n, bytes: 8 });
    assert.deepEqual(place({ kind: 'write-after-free', offset: 56 }), { address: 0x1038n, bytes: 4 });
    assert.deepEqual(place({ kind: 'write-after-free', offset: 0, size: 1 }), { address: 0x1000n, bytes: 1 });
    // A block of another size: as far behind its end.
    assert.deepEqual(place({ offset: 62 }, 0x1000n, 40), { address: 0x102an, bytes: 2 });
    assert.equal(placeExpression({ address: 0x103cn, bytes: 4 }), '*(unsigned int *) 0x103c');
  });

  it('names the first byte that changes', () => {
    assert.deepEqual(firstChange(Buffer.from('a5a5a5', 'hex'), Buffer.from('a54142', 'hex')), {
      index: 1,
      before: 0xa5,
      after: 0x41,
    });
    assert.equal(firstChange(Buffer.from('a5'), Buffer.from('a5')), undefined);
  });

  it('reads events as the allocator writes them', () => {
    const bytes = Buffer.alloc(EVENT_BYTES);
    bytes.writeUInt32LE(2, 0);
    bytes.writeUInt32LE(5, 4);
    [0x7ffff5001240n, 60n, 123n, 4n, 99n, 0n].forEach((value, index) =>
      bytes.writeBigUInt64LE(value, 8 + 8 * index),
    );
    assert.deepEqual(decodeEvent(bytes), {
      kind: 'freed',
      watch: 5,
      address: 0x7ffff5001240n,
      size: 60,
      sequence: 123,
      pass: 4,
      thread: 99,
    });
    assert.throws(() => decodeEvent(bytes.subarray(1)), /an event of a block that is none/);
    bytes.writeUInt32LE(77, 0);
    assert.throws(() => decodeEvent(bytes), /kind 77/);
    assert.equal(watchText({ sequence: 4 }), 'sequence:4/afrm');
    assert.equal(watchText({ site: '0x1f', passes: [1, 2] }), 'site:0x1f:1/afrm,site:0x1f:2/afrm');
  });

  it('gives a stack the same identity wherever its modules lie', () => {
    const at = (base: bigint) => siteOf([base + 0x1234n, base + 0x5678n], () => base);
    assert.equal(at(0x555555554000n), at(0x561234000000n));
    assert.notEqual(
      at(0x555555554000n),
      siteOf([0x1234n], () => 0n),
    );
    assert.notEqual(
      siteOf([1n, 2n], () => 0n),
      siteOf([2n, 1n], () => 0n),
    );
    assert.equal(
      siteOf([], () => 0n),
      undefined,
    );
  });

  it('says which write it was', () => {
    const write = { offset: 60, before: 0xa5, after: 1, by: 'watchpoint' } as const;
    assert.equal(
      describeWrite(report, 60, write),
      'This write damages the block: byte at offset 60 of the 60-byte block changes from 0xa5 to 0x01',
    );
    assert.match(describeWrite(report, 60, { ...write, offset: -2 }), /offset -2 \(before the start\)/);
  });

  it('says what differed', () => {
    const missed = { what: 'missed', seen: 2, allocations: 500 } as const;
    assert.match(describeDifference(report, missed), /allocated 2 times.*the 3rd of it/);
    const { site: _site, ...anonymous } = report;
    assert.match(describeDifference(anonymous, missed), /500 allocations.*number 9/);
    for (const pass of [11, 12, 13, 111, 21, 22, 4]) {
      const suffix = { 21: 'st', 22: 'nd' }[pass] ?? 'th';
      assert.match(
        describeDifference(report, { what: 'other block', pass }),
        new RegExp(`the ${pass}${suffix} one`),
      );
    }
    assert.match(
      describeFailure(report, { what: 'crashed', signal: 'SIGSEGV' }, 1),
      /^The write was not found\. The run differed: .*SIGSEGV/,
    );
  });

  it('believes no report that comes back changed', () => {
    assert.equal(parseReport(report), report);
    for (const [field, value] of Object.entries({
      kind: 'thing',
      size: 1.5,
      address: '12',
      site: 7,
      pass: 'two',
      allocated: [{ address: 'x' }],
      detected: undefined,
      message: 3,
    })) {
      assert.equal(typeof parseReport({ ...report, [field]: value }), 'string', field);
    }
    assert.match(problemOf({ ...report, kind: 'leak' }), /no write has made/);
    assert.match(problemOf(null), /must be a report/);
  });
});
