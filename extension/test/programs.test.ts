/** Finding the program of a source file, in folders that really exist and with a real CMake layout. */
import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { buildArguments, compilersFor, findOnPath } from '../src/launch/compilers';
import { findPrograms } from '../src/launch/programs';

describe('findPrograms', () => {
  let root: string;
  beforeEach(() => {
    root = fs.mkdtempSync(path.join(os.tmpdir(), 'spaces programs '));
  });
  afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

  const write = (name: string, content: string | Buffer = 'int main(void) { return 0; }\n'): string => {
    const file = path.join(root, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
    return file;
  };
  const program = (name: string): string => {
    const file = write(name, fs.readFileSync('/bin/true'));
    fs.chmodSync(file, 0o755);
    return file;
  };
  const paths = async (source: string): Promise<string[]> =>
    (await findPrograms(source, root)).map((found) => found.path);

  it('finds it beside the source first, then in output folders', async () => {
    const source = write('app/hello.c');
    const inBuild = program('build/hello');
    const beside = program('app/hello');
    const mirrored = program('out/app/hello');
    assert.deepEqual(await paths(source), [beside, inBuild, mirrored]);
  });

  it('takes no script, no folder and nothing that cannot be executed', async () => {
    const source = write('hello.c');
    fs.chmodSync(write('build/hello', '#!/bin/sh\n'), 0o755);
    fs.chmodSync(program('bin/hello'), 0o644);
    fs.mkdirSync(path.join(root, 'hello'));
    assert.deepEqual(await paths(source), []);
  });

  it('says where the source is newer', async () => {
    const source = write('hello.c');
    const built = program('hello');
    fs.utimesSync(built, 1000, 1000);
    assert.deepEqual(await findPrograms(source, root), [{ path: built, outdated: true }]);
  });

  it('finds the CMake target that a source belongs to, by its object file', async () => {
    const source = write('src/net/socket.c');
    const build = path.join(root, 'build');
    const target = path.join(build, 'src/CMakeFiles/server.dir');
    write('build/CMakeCache.txt', `CMAKE_HOME_DIRECTORY:INTERNAL=${root}\n`);
    write(
      'build/CMakeFiles/TargetDirectories.txt',
      `${path.join(build, 'CMakeFiles/edit_cache.dir')}\n${target}\n`,
    );
    write('build/src/CMakeFiles/server.dir/net/socket.c.o', '');
    const server = program('build/src/server');
    program('build/src/client');
    assert.deepEqual(await paths(source), [server]);
  });

  it('agrees with a real CMake', async function () {
    if (!(await findOnPath(['cmake']))) {
      this.skip();
    }
    this.timeout(60_000);
    const source = write('src/tool.c');
    write(
      'CMakeLists.txt',
      'cmake_minimum_required(VERSION 3.10)\nproject(t C)\nadd_executable(other-name src/tool.c)\n',
    );
    const build = path.join(root, 'build');
    execFileSync('cmake', ['-S', root, '-B', build], { stdio: 'ignore' });
    execFileSync('cmake', ['--build', build], { stdio: 'ignore' });
    assert.deepEqual(await paths(source), [path.join(build, 'other-name')]);
  });
});

describe('compilers', () => {
  it('knows C from C++ by the name of the file', () => {
    assert.equal(compilersFor('/a/b.c')[0], 'gcc');
    assert.equal(compilersFor('/a/b.cpp')[0], 'g++');
    assert.equal(compilersFor('/a/b.C')[0], 'g++');
    assert.deepEqual(compilersFor('/a/b.py'), []);
    assert.deepEqual(compilersFor('/a/b.h'), []);
  });

  it('finds none on an empty path', async () => {
    assert.equal(await findOnPath(['gcc'], ''), undefined);
    assert.equal(await findOnPath(['gcc'], '/nonexistent'), undefined);
  });

  it('builds with debug information, beside the source', () => {
    const args = buildArguments('/a b/main.c');
    assert.ok(args.includes('-g'));
    assert.deepEqual(args.slice(-2), ['-o', '/a b/main']);
  });
});
