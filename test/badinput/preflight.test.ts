/** Programs and machines that cannot be debugged: each a plain error with its remedy, before anything starts. */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { compile, compileFile } from '../dap/support/programs';
import * as dap from '../dap/support/session';

describe('a launch that cannot succeed', () => {
  const good = compile('basic.c');
  let folder: string;
  let session: dap.Session;

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spaces-bad-'));
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));
  beforeEach(async () => {
    session = await dap.open();
  });
  afterEach(() => dap.closeAll());

  /** The error of launching `program`, having checked that nothing was started. */
  async function refusal(program: string, more: object = {}): Promise<string> {
    const message = await dap.failure(session.client.launchRequest({ program, ...more } as object));
    assert.ok(!session.events.some(({ event }) => ['process', 'initialized'].includes(event)));
    assert.deepEqual(dap.descendants(session.adapter.pid ?? 0), []);
    return message;
  }

  /** A copy of a working program with some of its bytes replaced. */
  function patched(name: string, patch: (bytes: Buffer) => Buffer | void, mode = 0o755): string {
    const file = path.join(folder, name);
    const bytes = fs.readFileSync(good.path);
    fs.writeFileSync(file, patch(bytes) ?? bytes);
    fs.chmodSync(file, mode);
    return file;
  }

  it('names a program that is missing', async () => {
    assert.match(await refusal('/nowhere/program'), /\/nowhere\/program does not exist\. Build it first/);
  });

  it('names a program that is a directory', async () => {
    assert.match(await refusal(folder), /is a directory/);
  });

  it('names a program that is not executable', async () => {
    const file = patched('plain', () => undefined, 0o644);
    assert.match(await refusal(file), /is not executable\. Run: chmod \+x/);
  });

  it('names a program without a name', async () => {
    assert.match(await refusal(''), /"program" is missing/);
  });

  it('tells a shell script by its interpreter', async () => {
    const file = path.join(folder, 'script');
    fs.writeFileSync(file, '#!/bin/bash\necho hi\n', { mode: 0o755 });
    assert.match(await refusal(file), /is a script, .*\/bin\/bash.*"args"/);
  });

  it('tells a file that is no program', async () => {
    const file = path.join(folder, 'text');
    fs.writeFileSync(file, 'just text', { mode: 0o755 });
    assert.match(await refusal(file), /is not a Linux executable/);
  });

  it('tells an empty file and a damaged one', async () => {
    const empty = path.join(folder, 'empty');
    fs.writeFileSync(empty, '', { mode: 0o755 });
    assert.match(await refusal(empty), /is not a Linux executable/);
    const cut = patched('cut', (bytes) => bytes.subarray(0, 200));
    assert.match(await refusal(cut), /is a damaged executable/);
    const wild = patched('wild', (bytes) => {
      bytes.writeBigUInt64LE(0x7fffffffffffn, 32);
    });
    assert.match(await refusal(wild), /is a damaged executable/);
  });

  it('tells an object file and a shared library', async () => {
    const object = path.join(folder, 'object.o');
    compileFile(good.source, ['-g', '-c'], object);
    fs.chmodSync(object, 0o755);
    assert.match(await refusal(object), /is an object file/);
    const library = path.join(folder, 'library.so');
    compileFile(good.source, ['-g', '-shared', '-fPIC'], library);
    assert.match(await refusal(library), /is a shared library/);
  });

  it('tells a 32-bit program', async () => {
    const bare = compileFile(path.join(__dirname, 'programs/bare.c'), [
      '-m32',
      '-nostdlib',
      '-static',
      '-fno-pic',
      '-no-pie',
    ]);
    assert.match(await refusal(bare.path), /is a 32-bit program/);
  });

  it('tells a program for another processor', async () => {
    const file = patched('arm', (bytes) => {
      bytes.writeUInt16LE(183, 18);
    });
    assert.match(await refusal(file), /is built for AArch64/);
  });

  it('tells a static program, and debugs it without Spaces', async () => {
    const fixed = compile('basic.c', ['-g', '-static']);
    assert.match(await refusal(fixed.path), /is statically linked/);
    await session.client.disconnectRequest();
    session = await dap.open();
    await dap.launch(session, { program: fixed.path, allocator: 'none' });
    assert.equal(await dap.finish(session, () => session.client.configurationDoneRequest()), 28);
  });

  it('tells a static position-independent program', async () => {
    assert.match(await refusal(compile('basic.c', ['-g', '-static-pie']).path), /is statically linked/);
  });

  it('tells a program for musl', async () => {
    const musl = compile('basic.c', ['-g', '-Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1']);
    assert.match(await refusal(musl.path), /is linked against musl/);
  });

  it('tells a program whose loader is missing', async () => {
    const odd = compile('basic.c', ['-g', '-Wl,--dynamic-linker=/lib/ld-nowhere.so.9']);
    assert.match(await refusal(odd.path), /asks for the loader \/lib\/ld-nowhere\.so\.9/);
  });

  it('tells set-user-ID and set-group-ID programs', async () => {
    assert.match(await refusal(patched('setuid', () => undefined, 0o4755)), /set-user-ID/);
    assert.match(await refusal(patched('setgid', () => undefined, 0o2755)), /set-group-ID/);
  });

  for (const [flag, name] of [
    ['address', 'AddressSanitizer'],
    ['thread', 'ThreadSanitizer'],
    ['leak', 'LeakSanitizer'],
  ]) {
    it(`tells a program built with ${name}`, async () => {
      const program = compile('basic.c', ['-g', `-fsanitize=${flag}`]);
      assert.match(await refusal(program.path), new RegExp(`is built with ${name}`));
    });
  }

  it('names a library of the program that is missing', async () => {
    const library = path.join(folder, 'libneeded.so');
    compileFile(path.join(__dirname, 'programs/needed.c'), ['-shared', '-fPIC'], library);
    const program = path.join(folder, 'needy');
    compileFile(path.join(__dirname, 'programs/needy.c'), ['-g', '-L', folder, '-lneeded'], program);
    assert.match(await refusal(program), /cannot start: libneeded\.so was not found/);
    await session.client.disconnectRequest();
    session = await dap.open();
    await dap.launch(session, { program, env: { LD_LIBRARY_PATH: folder } });
    assert.equal(await dap.finish(session, () => session.client.configurationDoneRequest()), 7);
  });

  it('names the allocator where it is not installed', async () => {
    await session.client.disconnectRequest();
    session = await dap.open({ SPACES_LIB_DIR: folder });
    const message = await refusal(good.path);
    assert.match(message, /libspaces-debug\.so was not found/);
    assert.ok(message.includes(folder));
  });

  it('says how to get gdb where it is missing', async () => {
    assert.match(
      await refusal(good.path, { gdb: '/nowhere/gdb' }),
      /"\/nowhere\/gdb" was not found\. Install gdb/,
    );
    await session.client.disconnectRequest();
    session = await dap.open({ PATH: folder });
    assert.match(await refusal(good.path), /"gdb" was not found\. Install gdb/);
  });

  it('refuses a gdb that is none', async () => {
    assert.match(await refusal(good.path, { gdb: '/bin/true' }), /cannot be used/);
  });

  it('names a working directory that is missing', async () => {
    assert.match(await refusal(good.path, { cwd: '/nowhere' }), /working directory \/nowhere does not exist/);
  });

  it('names the field of the launch configuration that does not hold', async () => {
    assert.match(await refusal(good.path, { args: 'one two' }), /"args" must be a list of strings/);
    assert.match(await refusal(good.path, { heapLimit: 'plenty' }), /"heapLimit" must be a number of bytes/);
    assert.match(await refusal(good.path, { allocator: 'other' }), /"allocator" must be one of "debug"/);
    assert.match(await refusal(good.path, { env: { 'a b': '1' } }), /"env" holds the name "a b"/);
    assert.match(
      await refusal(good.path, { setupCommands: ['no-such-command'] }),
      /setup command "no-such-command" failed/,
    );
  });

  it('warns of a program without debug information', async () => {
    const stripped = compile('basic.c', ['-s']);
    await dap.launch(session, { program: stripped.path });
    assert.match(dap.output(session, 'console'), /has no debug information.*-g/);
  });
});
