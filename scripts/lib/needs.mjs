/** What the machine must offer, for starting and for testing: how to tell that it is there, and Debian's package for it. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { onPath } from './steps.mjs';

const command = (name, debian) => ({ what: name, debian, present: () => onPath(name) !== undefined });
const file = (what, debian, ...paths) => ({ what, debian, present: () => paths.some((p) => existsSync(p)) });

/** A program in a folder named after its version. */
const glob = (what, debian, folder, program) => ({
  what,
  debian,
  present: () =>
    existsSync(folder) &&
    readdirSync(folder).some((version) => existsSync(path.join(folder, version, program))),
});

const toStart = [
  command('gcc', 'gcc'),
  command('g++', 'g++'),
  command('make', 'make'),
  command('python3', 'python3'),
  command('gdb', 'gdb'),
  file('C library headers', 'libc6-dev', '/usr/include/stdio.h'),
];

/** The local VS Code finds files and text with Debian's ripgrep; a desktop one brings its own. */
const toBrowse = [command('rg', 'ripgrep')];

const toTest = [
  ...toStart,
  ...toBrowse,
  command('git', 'git'),
  command('chromium', 'chromium'),
  command('clang', 'clang'),
  file('lldb-dap', 'lldb-19', '/usr/bin/lldb-dap-19', '/usr/bin/lldb-dap'),
  command('clang-format', 'clang-format'),
  command('groff', 'groff-base'),
  command('pkg-config', 'pkg-config'),
  command('cmake', 'cmake'),
  command('sqlite3', 'sqlite3'),
  command('perl', 'perl'),
  command('musl-gcc', 'musl-tools'),
  command('valgrind', 'valgrind'),
  file('cmocka', 'libcmocka-dev', '/usr/include/cmocka.h'),
  file(
    '32-bit C library',
    'gcc-multilib',
    '/usr/lib/gcc/x86_64-linux-gnu/12/32/libgcc.a',
    '/usr/lib32/crt1.o',
    '/usr/lib/crt1.o',
  ),
  file('python test-suite', 'libpython3.11-testsuite', '/usr/lib/python3.11/test/test_json/__init__.py'),
];

/**
 * Servers, compilers and test-suites of test/programs/soak. Where Debian has a server's program in a package of its
 * own, that one: it starts no service.
 */
const toSoak = [
  ...toTest,
  command('heaptrack', 'heaptrack'),
  command('redis-server', 'redis-server'),
  glob('PostgreSQL, whose package also starts a server', 'postgresql', '/usr/lib/postgresql', 'bin/postgres'),
  command('mariadb-install-db', 'mariadb-server-core'),
  command('mariadb', 'mariadb-client-core'),
  command('apache2', 'apache2-bin'),
  command('ab', 'apache2-utils'),
  command('javac', 'default-jdk-headless'),
  command('ffmpeg', 'ffmpeg'),
  command('convert', 'imagemagick'),
];

/** The needs of a profile: `start` (build and open, `browser`: in the local VS Code), `test`, or `soak` (everything). */
export function needsFor(profile, browser) {
  if (profile === 'soak') return toSoak;
  if (profile === 'test') return toTest;
  return browser ? [...toStart, ...toBrowse] : toStart;
}
