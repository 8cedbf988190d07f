import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { ElfError, MACHINE_X86_64, readElf, TYPE_SHARED } from '../../src/launch/elf';
import { sanitizerOf } from '../../src/launch/preflight';

describe('ELF files', () => {
  const node = process.execPath;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spaces-elf-'));
  after(() => fs.rmSync(folder, { recursive: true }));

  it('tell what a program is and needs', async () => {
    const facts = await readElf('/bin/ls');
    assert.ok(facts);
    assert.equal(facts.bits, 64);
    assert.equal(facts.machine, MACHINE_X86_64);
    assert.equal(facts.type, TYPE_SHARED);
    assert.match(facts.interpreter, /^\/lib64\/ld-linux/);
    assert.ok(facts.needed.includes('libc.so.6'));
    assert.ok(facts.dynamicSymbols.has('malloc'));
    assert.ok(facts.loads.length >= 2);
    assert.equal(sanitizerOf(facts), undefined);
  });

  it('are told from other files', async () => {
    assert.equal(await readElf(__filename), undefined);
    assert.equal(await readElf('/dev/null'), undefined);
  });

  it('may be damaged at every byte of their header without more than an error', async () => {
    const good = fs.readFileSync('/bin/true');
    const file = path.join(folder, 'damaged');
    for (let at = 4; at < 64; at++) {
      for (const value of [0, 1, 0x7f, 0xff]) {
        const bytes = Buffer.from(good);
        bytes[at] = value;
        fs.writeFileSync(file, bytes);
        await readElf(file).catch((error: unknown) =>
          assert.ok(error instanceof ElfError, `byte ${at}: ${String(error)}`),
        );
      }
    }
  });

  it('may be cut anywhere', async () => {
    const good = fs.readFileSync('/bin/true');
    const file = path.join(folder, 'cut');
    for (let length = 16; length < good.length; length += 997) {
      fs.writeFileSync(file, good.subarray(0, length));
      await assert.rejects(readElf(file), ElfError, `${length} bytes`);
    }
  });

  it('report what cannot be read', async () => {
    await assert.rejects(readElf(path.join(node, 'nothing')), /ENOTDIR/);
  });
});
