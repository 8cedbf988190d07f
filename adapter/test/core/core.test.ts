/** Core files made byte by byte: what is read of whole, of short and of damaged ones, and where their memory is found. */
import * as assert from 'node:assert';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { CoreFile, describeCore } from '../../src/core/coreFile';
import { readCore } from '../../src/core/elfCore';
import { AdapterError } from '../../src/errors';
import { parseMaps } from '../../src/symbols/modules';
import { native } from '../reader/support';

const PAGE = 4096;

interface Load {
  address: bigint;
  size: number;
  /** Absent: the core leaves it out. */
  bytes?: Buffer;
  flags?: number;
}

function note(type: number, bytes: Buffer): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt32LE(5, 0);
  head.writeUInt32LE(bytes.length, 4);
  head.writeUInt32LE(type, 8);
  head.write('CORE\0', 12);
  return Buffer.concat([head, bytes, Buffer.alloc(-bytes.length & 3)]);
}

function status(pid: number, signal: number, registers: Record<number, bigint> = {}): Buffer {
  const bytes = Buffer.alloc(336);
  for (const [index, value] of Object.entries(registers)) {
    bytes.writeBigUInt64LE(value, 112 + 8 * Number(index));
  }
  bytes.writeUInt16LE(signal, 12);
  bytes.writeInt32LE(pid, 32);
  return note(1, bytes);
}

function mapped(files: { start: bigint; end: bigint; offset: number; path: string }[]): Buffer {
  const words = [BigInt(files.length), BigInt(PAGE)].concat(
    files.flatMap(({ start, end, offset }) => [start, end, BigInt(offset / PAGE)]),
  );
  const table = Buffer.alloc(words.length * 8);
  words.forEach((word, index) => table.writeBigUInt64LE(word, index * 8));
  return note(0x46494c45, Buffer.concat([table, ...files.map((file) => Buffer.from(`${file.path}\0`))]));
}

function auxiliary(values: Record<number, bigint>): Buffer {
  const bytes = Buffer.alloc(16 * (Object.keys(values).length + 1));
  Object.entries(values).forEach(([type, value], index) => {
    bytes.writeBigUInt64LE(BigInt(type), 16 * index);
    bytes.writeBigUInt64LE(value, 16 * index + 8);
  });
  return note(6, bytes);
}

/** |header|program headers|notes|memory ...| */
function coreOf(notes: Buffer[], loads: Load[]): Buffer {
  const text = Buffer.concat(notes);
  const header = Buffer.alloc(64);
  header.write('\x7fELF\x02\x01\x01', 'latin1');
  header.writeUInt16LE(4, 16);
  header.writeUInt16LE(62, 18);
  header.writeBigUInt64LE(64n, 32);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(loads.length + 1, 56);
  let offset = 64 + 56 * (loads.length + 1);
  const program = (type: number, flags: number, address: bigint, size: number, held: number) => {
    const bytes = Buffer.alloc(56);
    bytes.writeUInt32LE(type, 0);
    bytes.writeUInt32LE(flags, 4);
    bytes.writeBigUInt64LE(BigInt(offset), 8);
    bytes.writeBigUInt64LE(address, 16);
    bytes.writeBigUInt64LE(BigInt(held), 32);
    bytes.writeBigUInt64LE(BigInt(size), 40);
    offset += held;
    return bytes;
  };
  const headers = [
    program(4, 0, 0n, 0, text.length),
    ...loads.map((load) => program(1, load.flags ?? 6, load.address, load.size, load.bytes?.length ?? 0)),
  ];
  return Buffer.concat([header, ...headers, text, ...loads.flatMap(({ bytes }) => (bytes ? [bytes] : []))]);
}

describe('a core file', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spaces-core-unit-'));
  const library = path.join(folder, 'library');
  const file = path.join(folder, 'core');
  const TEXT = 0x5000_0000n;
  const DATA = 0x6000_0000n;

  after(() => fs.rmSync(folder, { recursive: true }));
  beforeEach(() => {
    fs.writeFileSync(library, Buffer.concat([Buffer.alloc(PAGE, 'h'), Buffer.alloc(PAGE, 't')]));
  });

  /** A library whose first page the core holds, and whose second one it leaves out; a page of data. */
  const write = (cut = 0): void => {
    const bytes = coreOf(
      [
        status(4711, 11),
        status(4712, 0),
        auxiliary({ 9: TEXT + 0x1040n }),
        mapped([{ start: TEXT, end: TEXT + 0x2000n, offset: 0, path: library }]),
      ],
      [
        { address: TEXT, size: PAGE, bytes: Buffer.alloc(PAGE, 'h'), flags: 4 },
        { address: TEXT + 0x1000n, size: PAGE, flags: 5 },
        { address: DATA, size: 2 * PAGE, bytes: Buffer.alloc(2 * PAGE, 'd') },
      ],
    );
    fs.writeFileSync(file, bytes.subarray(0, bytes.length - cut));
  };

  /** The first of some words at each address, by the reader. */
  const find = async (core: CoreFile, word: string, ...addresses: bigint[]): Promise<bigint[]> => {
    const reader = new native.HeapReader({ files: core.parts }, 0n);
    try {
      const words = BigUint64Array.of(Buffer.alloc(8, word).readBigUInt64LE());
      const found = await reader.search(
        addresses.map((address) => ({ address, length: 8 })),
        words,
        100,
      );
      assert.ok(found.missing === undefined);
      return [...found.address];
    } finally {
      reader.close();
    }
  };

  it('tells where pointers are kept: registers, stacks from the stack pointers up, data', async () => {
    const [RBX, RSP, FS_BASE] = [5, 19, 21];
    const MAIN = 0x7000_0000n;
    const OF_THREAD = 0x7100_0000n;
    const NO_STACK = 0x7200_0000n;
    const notes = [
      status(1, 11, { [RBX]: 0x1234n, [RSP]: MAIN + 0x100n }),
      status(2, 0, { [RSP]: OF_THREAD + 0x200n, [FS_BASE]: OF_THREAD + 0xf00n }),
      status(3, 0, { [RSP]: NO_STACK + 0x300n, [FS_BASE]: OF_THREAD + 0xf00n }),
      auxiliary({ 25: MAIN + 0xff0n }),
    ];
    const loads = [MAIN, OF_THREAD, NO_STACK].map((address) => ({
      address,
      size: PAGE,
      bytes: Buffer.alloc(PAGE),
    }));
    fs.writeFileSync(file, coreOf(notes, loads));
    const { roots } = await CoreFile.open(file);
    assert.ok(roots.registers.includes(0x1234n));
    assert.deepEqual([...roots.stackPointers], [MAIN + 0x100n, OF_THREAD + 0x200n, NO_STACK + 0x300n]);
    assert.deepEqual(
      roots.ranges.map(({ address, stack }) => [address, stack]),
      [
        [MAIN, true],
        [OF_THREAD, true],
        [NO_STACK, false],
      ],
    );
    assert.equal(roots.everyThread, true);
    fs.writeFileSync(file, coreOf([...notes.slice(0, 2), status(3, 0).subarray(0, 100)], loads));
    assert.equal((await CoreFile.open(file)).roots.everyThread, false);
  });

  it('tells its process, signal, threads and program', async () => {
    write();
    const core = await CoreFile.open(file);
    assert.equal(core.facts.pid, 4711);
    assert.equal(core.facts.signal, 11);
    assert.deepEqual(
      core.facts.threads.map(({ id }) => id),
      [4711, 4712],
    );
    assert.equal(core.facts.program, library);
    assert.deepEqual(core.sentences, []);
    assert.equal(describeCore(core), `Core of ${library} (process 4711)`);
  });

  it('has the words of /proc/PID/maps for what was mapped', async () => {
    write();
    const { maps } = await CoreFile.open(file);
    assert.match(maps.readNow(), /^50000000-50001000 r--p 0 00:00 0 \S+library$/m);
    assert.match(maps.readNow(), /^50001000-50002000 r-xp 1000 00:00 0 \S+library$/m);
    assert.match(maps.readNow(), /^60000000-60002000 rw-p 0 00:00 0 $/m);
    assert.equal(parseMaps(await maps.read()).length, 2);
  });

  it('takes what it left out from a file that is as it was', async () => {
    write();
    const core = await CoreFile.open(file);
    assert.deepEqual(await find(core, 'h', TEXT), [TEXT]);
    assert.deepEqual(await find(core, 't', TEXT + 0x1000n), [TEXT + 0x1000n]);
    assert.deepEqual(await find(core, 'd', DATA, DATA + 0x1ff8n), [DATA, DATA + 0x1ff8n]);
  });

  it('takes nothing from a file that has changed, and says so', async () => {
    write();
    fs.writeFileSync(library, Buffer.concat([Buffer.alloc(PAGE, 'x'), Buffer.alloc(PAGE, 't')]));
    const core = await CoreFile.open(file);
    assert.deepEqual(await find(core, 't', TEXT + 0x1000n), []);
    assert.deepEqual(await find(core, 'h', TEXT), [TEXT]);
    assert.match(core.sentences.join(), /library has changed since the core was written/);
  });

  it('does without a file that is gone', async () => {
    write();
    fs.rmSync(library);
    const core = await CoreFile.open(file);
    assert.deepEqual(await find(core, 't', TEXT + 0x1000n), []);
    assert.deepEqual(await find(core, 'h', TEXT), [TEXT]);
  });

  it('holds what is there where it is cut short, and nothing in place of what it should hold', async () => {
    write(PAGE + 100);
    const core = await CoreFile.open(file);
    assert.match(core.sentences.join(), /cut short: 5 KB of 12 KB of memory are missing/);
    assert.deepEqual(await find(core, 'd', DATA, DATA + 0x1ff8n), [DATA]);
    write(3 * PAGE);
    // The library's first page was to be in the core: its file is not asked in place of it.
    assert.deepEqual(await find(await CoreFile.open(file), 'h', TEXT), []);
  });

  it('is read to an end whatever its bytes are', async function () {
    this.timeout(20_000);
    write();
    const whole = fs.readFileSync(file);
    const heads = whole.length - 3 * PAGE;
    let state = 12345;
    const random = (below: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    let read = 0;
    for (let round = 0; round < 600; round++) {
      const bytes = Buffer.from(whole.subarray(0, random(10) === 0 ? random(whole.length) : whole.length));
      for (let change = 0; change < 1 + random(4); change++) {
        const at = random(Math.min(heads, bytes.length));
        if (random(2) === 0 && at + 8 <= bytes.length) {
          bytes.writeBigUInt64LE([0n, 1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 47n][random(5)] ?? 0n, at);
        } else if (at < bytes.length) {
          bytes[at] = random(256);
        }
      }
      fs.writeFileSync(file, bytes);
      try {
        const core = await CoreFile.open(file);
        core.maps.readNow();
        await find(core, 'd', DATA);
        read++;
      } catch (error) {
        assert.ok(error instanceof AdapterError, String(error));
      }
    }
    assert.ok(read > 300, `${read} were read`);
  });

  it('is refused where it is of another sort', async () => {
    write();
    const bytes = fs.readFileSync(file);
    const variants: [number, number, RegExp][] = [
      [4, 1, /32-bit/],
      [18, 183, /AArch64/],
      [16, 3, /program or library/],
      [0, 0, /no ELF file/],
    ];
    for (const [at, value, reason] of variants) {
      const changed = Buffer.from(bytes);
      changed[at] = value;
      fs.writeFileSync(file, changed);
      await assert.rejects(readCore(file), reason);
    }
  });
});

describe('memory in files', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spaces-files-'));
  const first = path.join(folder, 'first');
  const second = path.join(folder, 'second');
  after(() => fs.rmSync(folder, { recursive: true }));

  const words = (reader: InstanceType<typeof native.HeapReader>, from: bigint, length: number) =>
    reader.search([{ address: from, length }], BigUint64Array.of(1n, 2n), 1000).then((found) => {
      assert.ok(found.missing === undefined);
      return Array.from(found.word, (word) => word + 1);
    });

  it('holds what was named first where ranges overlap', async () => {
    const filled = (value: bigint, count: number) =>
      Buffer.from(BigUint64Array.from({ length: count }, () => value).buffer);
    fs.writeFileSync(first, filled(1n, 2));
    fs.writeFileSync(second, filled(2n, 8));
    const reader = new native.HeapReader(
      {
        files: [
          { path: first, ranges: [{ address: 0x1010n, length: 16, offset: 0 }] },
          { path: second, ranges: [{ address: 0x1000n, length: 64, offset: 0 }] },
        ],
      },
      0n,
    );
    assert.deepEqual(await words(reader, 0x1000n, 64), [2, 2, 1, 1, 2, 2, 2, 2]);
    // Beyond the range, and beyond the end of the file.
    assert.deepEqual(await words(reader, 0x1040n, 8), []);
    fs.truncateSync(second, 8);
    assert.deepEqual(await words(reader, 0x1000n, 8), [2]);
    assert.deepEqual(await words(reader, 0x1038n, 8), []);
    reader.close();
  });

  it('says which file cannot be read', () => {
    const missing = path.join(folder, 'missing');
    for (const [file, reason] of [
      [missing, /missing cannot be read: No such file/],
      [folder, /cannot be read/],
    ] as const) {
      assert.throws(
        () => new native.HeapReader({ files: [{ path: file, ranges: [] }] }, 0n),
        (error: NodeJS.ErrnoException) => error.code === 'SPACES_FILE' && reason.test(error.message),
      );
    }
    assert.throws(() => new native.HeapReader({} as never, 0n), /source must be/);
    assert.throws(() => new native.HeapReader({ pid: 1, image: true } as never, 0n), /source must be/);
    assert.throws(
      () => new native.HeapReader({ files: [{ path: '/dev/null', ranges: [{ address: 1n }] as never }] }, 0n),
      /range.length/,
    );
  });
});
