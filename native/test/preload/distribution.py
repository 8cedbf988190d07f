#!/usr/bin/env python3
"""What is shipped builds and works as the document says: the single file, the archives, make install."""
import shutil
import subprocess
import tempfile
from pathlib import Path

from checks import BUILD, NATIVE, Checks, run

checks = Checks()

APP = r'''
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include "spaces.h"
int main(void)
{
    char *p = malloc(100);
    SpacesChunk chunk = spaces_chunk_create(0);
    char *q = spaces_chunk_alloc(chunk, 50, SPACES_FLAG_ZERO_INIT);
    strcpy(q, "works");
    printf("%s linked %d malloc %d count %zu\n", q, spaces_malloc_linked,
           spaces_chunk_ptr_check(NULL, p) == SPACES_PTR_OK, spaces_chunk_count(chunk));
    free(p);
    spaces_chunk_destroy(chunk);
    return 0;
}
'''
CXX_APP = r'''
#include <cstdio>
#include <map>
#include <new>
#include <string>
#include "spaces.h"
int main()
{
    std::map<int, std::string> map;
    for (int i = 0; i < 1000; i++)
        map[i] = std::string(static_cast<size_t>(i), 'x');
    bool thrown = false;
    try {
        ::operator delete(::operator new(static_cast<size_t>(-1) / 2));
    } catch (const std::bad_alloc &) {
        thrown = true;
    }
    std::printf("%zu %d %d\n", map.size(), thrown, spaces_malloc_linked);
}
'''
DROP_IN = 'works linked 1 malloc 1 count 1\n'
CHUNK_ONLY = 'works linked 0 malloc 0 count 1\n'
HELP = 'SPACES_HEAP_LIMIT'


def build(name, command, directory):
    """Run a compiler silently; true where it succeeded without a word."""
    done = run(command, directory=directory)
    checks.check(name, done.returncode == 0 and not done.stderr, done.stderr[:2000])
    return done.returncode == 0


def single_file(directory):
    """The document's lines, and stricter ones."""
    for file in ('spaces.c', 'spaces.h'):
        shutil.copy(BUILD / file, directory)
    (directory / 'app.c').write_text(APP)
    (directory / 'app.cc').write_text(CXX_APP)
    whole = ['-Wl,--whole-archive', 'libspaces.a', '-Wl,--no-whole-archive', '-lpthread']
    for compiler, cxx in (('gcc', 'g++'), ('clang', 'clang++')):
        if not shutil.which(compiler):
            print(f'  (no {compiler} here)')
            continue
        line = [compiler, '-O3', '-pthread', '-fPIC', '-c', 'spaces.c']
        build(f'{compiler}: the single file, as documented', line, directory)
        build(f'{compiler}: archive', ['ar', 'rc', 'libspaces.a', 'spaces.o'], directory)
        build(f'{compiler}: a drop-in program', [compiler, 'app.c', *whole], directory)
        checks.equal(f'{compiler}: it works', run(['./a.out'], directory=directory).stdout, DROP_IN)
        build(f'{compiler}: a C++ program', [cxx, '-std=c++17', 'app.cc', *whole], directory)
        checks.equal(f'{compiler}: it works', run(['./a.out'], directory=directory).stdout, '1000 1 1\n')
        for flags in ([], ['-DSPACES_DEBUG'], ['-DSPACES_NO_MALLOC']):
            build(f'{compiler}: -Wall -Wextra {" ".join(flags)}',
                  [*line, '-Wall', '-Wextra', '-o', 'other.o', *flags], directory)
            if compiler == 'gcc':
                build(f'  a program of it {" ".join(flags)}', [compiler, 'app.c', 'other.o', '-lpthread'], directory)
                checks.equal('  it works', run(['./a.out'], directory=directory).stdout,
                             CHUNK_ONLY if 'SPACES_NO_MALLOC' in ''.join(flags) else DROP_IN)


def archives(directory):
    """The archives of `make`, also without --whole-archive: start-up code is part of them."""
    for name, expected in (('libspaces.a', DROP_IN), ('libspaces-chunk.a', CHUNK_ONLY)):
        build(f'{name}', ['gcc', f'-I{NATIVE}/include', 'app.c', BUILD / name, '-lpthread'], directory)
        done = run(['./a.out'], directory=directory)
        checks.equal(f'{name} works', (done.returncode, done.stdout, done.stderr), (0, expected, ''))
        done = run(['./a.out'], directory=directory, SPACES_HELP='1')
        checks.check(f'{name} reads its settings', HELP in done.stderr and done.stdout == expected, done.stderr)
        defined = subprocess.run(['nm', '--defined-only', str(BUILD / name)], capture_output=True, text=True,
                                 check=True).stdout
        has = any(line.endswith(' T malloc') for line in defined.splitlines())
        checks.equal(f'{name} has malloc', has, name == 'libspaces.a')


def installation(directory):
    """make install into a directory, and a program built from there by pkg-config."""
    stage = directory / 'a stage'
    done = run(['make', '--no-print-directory', '-C', NATIVE, 'install', f'DESTDIR={directory}/stage',
                'PREFIX=/opt/spaces'])
    checks.equal('make install', done.returncode, 0)
    stage = directory / 'stage/opt/spaces'
    files = {str(path.relative_to(stage)) for path in stage.rglob('*') if not path.is_dir()}
    version = (NATIVE / 'Makefile').read_text().split('VERSION := ')[1].split()[0]
    checks.equal('what it installs', files, {
        'include/spaces.h', 'lib/libspaces.a', 'lib/libspaces-chunk.a', 'lib/pkgconfig/spaces.pc',
        *(f'lib/{name}.so{suffix}' for name in ('libspaces', 'libspaces-debug')
          for suffix in ('', '.0', f'.{version}'))})
    checks.equal('links', str((stage / 'lib/libspaces.so').readlink()), 'libspaces.so.0')
    if shutil.which('pkg-config'):
        flags = run(['pkg-config', f'--define-variable=prefix={stage}', f'--define-variable=libdir={stage}/lib',
                     f'--define-variable=includedir={stage}/include', '--cflags', '--libs', 'spaces'],
                    PKG_CONFIG_PATH=stage / 'lib/pkgconfig').stdout.split()
        checks.check('pkg-config', flags and all(str(stage) in f or f == '-lspaces' for f in flags), flags)
    else:
        print('  (no pkg-config here)')
        flags = [f'-I{stage}/include', f'-L{stage}/lib', '-lspaces']
    build('a program from there', ['gcc', 'app.c', *flags, f'-Wl,-rpath,{stage}/lib'], directory)
    done = run(['./a.out'], directory=directory)
    checks.equal('it works', (done.returncode, done.stdout), (0, DROP_IN))
    needed = subprocess.run(['readelf', '-d', str(directory / 'a.out')], capture_output=True, text=True,
                            check=True).stdout
    checks.check('it needs the soname', '[libspaces.so.0]' in needed, needed)
    done = run(['make', '--no-print-directory', '-C', NATIVE, 'uninstall', f'DESTDIR={directory}/stage',
                'PREFIX=/opt/spaces'])
    left = [path for path in stage.rglob('*') if not path.is_dir()]
    checks.equal('make uninstall leaves nothing', (done.returncode, left), (0, []))


with tempfile.TemporaryDirectory() as temporary:
    single_file(Path(temporary))
    archives(Path(temporary))
    installation(Path(temporary))
checks.end()
