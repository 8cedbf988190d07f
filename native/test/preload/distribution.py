#!/usr/bin/env python3
"""What is shipped builds and works as the document says: the single file, the archives, make install."""
import re
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
        'share/man/man3/spaces.3', 'share/man/man7/libspaces.7',
        *(f'lib/{name}.so{suffix}' for name in ('libspaces', 'libspaces-debug')
          for suffix in ('', '.0', f'.{version}'))})
    for name in ('libspaces', 'libspaces-debug'):
        checks.equal(f'{name}: links', [str((stage / f'lib/{name}.so{suffix}').readlink()) for suffix in ('', '.0')],
                     [f'{name}.so.0', f'{name}.so.{version}'])
        dynamic = run(['readelf', '-d', stage / f'lib/{name}.so']).stdout
        checks.check(f'{name}: soname', f'Library soname: [{name}.so.0]' in dynamic, dynamic)
    if shutil.which('pkg-config'):
        checks.equal('pkg-config has the version', run(['pkg-config', '--modversion', 'spaces'],
                     PKG_CONFIG_PATH=stage / 'lib/pkgconfig').stdout, f'{version}\n')
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


def manual():
    """The man pages are well formed, name every function and variable, and are of this version."""
    version = (NATIVE / 'Makefile').read_text().split('VERSION := ')[1].split()[0]
    pages = {path.name: path for path in (NATIVE / 'man').iterdir()}
    text = {name: path.read_text().replace('\\-', '-') for name, path in pages.items()}
    for name, path in pages.items():
        checks.check(f'{name}: version', f'"Spaces {version}"' in text[name], text[name].splitlines()[2])
        for tool in (['groff', '-ww', '-b', '-z', '-man', '-Tutf8'], ['mandoc', '-Tlint', '-Wwarning'],
                     ['man', '--warnings=w', '-l']):
            if shutil.which(tool[0]):
                done = run([*tool, path])
                checks.check(f'{name}: {tool[0]}', done.returncode == 0 and not done.stderr and
                             (tool[0] == 'man' or not done.stdout), done.stdout[:500] + done.stderr[:500])
            else:
                print(f'  (no {tool[0]} here)')
    header = (NATIVE / 'include/spaces.h').read_text()
    names = set(re.findall(r'^SPACES_API [^;(]*?\b(spaces_\w+)', header, re.M))
    checks.equal('spaces.3 names all that spaces.h declares',
                 sorted(name for name in names if not re.search(rf'\b{name}\b', text['spaces.3'])), [])
    listed = run(['true'], LD_PRELOAD=BUILD / 'libspaces.so', SPACES_HELP='1').stderr
    variables = set(re.findall(r'SPACES_[A-Z_]+', listed))
    checks.check('SPACES_HELP lists variables', len(variables) >= 11, listed)
    checks.equal('libspaces.7 has them all', set(re.findall(r'^\.B (SPACES_[A-Z_]+)', text['libspaces.7'], re.M)),
                 variables)


with tempfile.TemporaryDirectory() as temporary:
    single_file(Path(temporary))
    archives(Path(temporary))
    installation(Path(temporary))
manual()
checks.end()
