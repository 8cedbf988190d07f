#!/usr/bin/env python3
"""spaces.h compiles in every dialect without a warning, says what the document says, and explains itself."""
import itertools
import re
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'preload'))
from checks import BUILD, NATIVE, Checks, run  # noqa: E402

checks = Checks()
HEADER = NATIVE / 'include/spaces.h'
STRICT = ['-Wall', '-Wextra', '-Wpedantic', '-Werror', f'-I{HEADER.parent}', '-fsyntax-only']
C = ['c99', 'gnu99', 'c11', 'gnu11', 'c17', 'gnu17', 'c2x', 'gnu2x']
CXX = ['c++11', 'c++14', 'c++17', 'c++20', 'gnu++17']
# What stands before and after the header.
BESIDE = {
    'alone': ('', ''),
    'twice': ('#include "spaces.h"\n', ''),
    'after the standard headers': ('#include <stdlib.h>\n#include <malloc.h>\n#include <string.h>\n'
                                   '#include <stdio.h>\n#include <stdint.h>\n#include <pthread.h>\n', ''),
    'before the standard headers': ('', '#include <stdlib.h>\n#include <malloc.h>\n#include <stdio.h>\n'),
}
NOT_EMPTY = 'int compiled;\n'


def compilers():
    """(language, compiler, dialect) for all that are on this machine."""
    for name, cxx in (('gcc', 'g++'), ('clang', 'clang++')):
        if not shutil.which(name):
            print(f'  (no {name} here)')
            continue
        yield from (('c', name, dialect) for dialect in C)
        yield from (('c++', cxx, dialect) for dialect in CXX)


def dialects(directory):
    """The header in each position, its values and its prototypes."""
    sources = {position: directory / f'{position.replace(" ", "_")}.c' for position in BESIDE}
    for position, path in sources.items():
        before, after = BESIDE[position]
        path.write_text(f'{before}#include "spaces.h"\n{after}{NOT_EMPTY}')
    sources['values'] = HERE / 'values.c'
    sources['prototypes'] = HERE / 'prototypes.c'
    for language, compiler, dialect in compilers():
        for name, path in sources.items():
            done = run([compiler, '-x', language, f'-std={dialect}', *STRICT, path])
            checks.check(f'{compiler} -std={dialect}: {name}', done.returncode == 0 and not done.stderr,
                         done.stderr[:1500])


def can_fail(directory):
    """The two files do notice a header that says something else."""
    text = HEADER.read_text()
    for name, old, new in (('values', 'SPACES_BLOCK_FREE = 0x0010', 'SPACES_BLOCK_FREE = 0x0020'),
                           ('values', 'void *corruptAddr;', 'long corruptAddr;'),
                           ('prototypes', 'int spaces_chunk_free(void *ptr)', 'void spaces_chunk_free(void *ptr)')):
        assert old in text, old
        (directory / 'spaces.h').write_text(text.replace(old, new, 1))
        for language, compiler in (('c', 'gcc'), ('c++', 'g++')):
            done = run([compiler, '-x', language, '-fsyntax-only', '-Werror', f'-I{directory}', HERE / f'{name}.c'])
            checks.check(f'{compiler} refuses "{new}"', done.returncode != 0, 'it compiles')
    (directory / 'spaces.h').unlink()


def documented_functions():
    """Names of prototypes.c, malloc's family apart."""
    text = (HERE / 'prototypes.c').read_text()
    return re.findall(r'\b(spaces_\w+)\(', text)


def completeness():
    """Each documented function is declared and exported, and each declared one has a docstring."""
    text = HEADER.read_text()
    declared = re.findall(r'^SPACES_API [^;(]*?\b(spaces_\w+)\s*\(', text, re.M)
    documented = documented_functions()
    checks.equal('the document has 70 functions of its own', len(set(documented)), 70)
    for library in ('libspaces.so', 'libspaces-debug.so', 'libspaces.a', 'libspaces-chunk.a'):
        table = run(['nm', *(['-D'] if library.endswith('.so') else []), '--defined-only', BUILD / library]).stdout
        names = {line.split()[-1] for line in table.splitlines() if line}
        checks.equal(f'{library} has all that spaces.h declares', sorted(set(declared) - names), [])
    checks.equal('declared once', [n for n in set(declared) if declared.count(n) > 1], [])
    checks.equal('all documented functions are declared', sorted(set(documented) - set(declared)), [])
    lines = text.splitlines()
    bare = [line for before, line in itertools.pairwise(lines)
            if line.startswith('SPACES_API ') and not before.rstrip().endswith('*/')]
    checks.equal('every function and variable has a docstring', bare, [])


with tempfile.TemporaryDirectory() as temporary:
    dialects(Path(temporary))
    can_fail(Path(temporary))
completeness()
checks.end()
