"""Instructions an allocator spends on one malloc and its free, counted by callgrind.

The same program runs twice, for few pairs and for many; the difference of what was executed inside the
allocator's own library is the pairs' cost, free of start-up and of the benchmark's loop. The library is
preloaded by the dynamic loader's own option, so that valgrind's shell and tool run without it.
"""
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from runs import PROGRAMS, environment

FEW, MANY = 2_000, 12_000
LOADER = '/lib64/ld-linux-x86-64.so.2'


def available():
    """Whether valgrind is installed."""
    return shutil.which('valgrind') is not None


def executed_within(profile, is_counted):
    """Instructions of a callgrind profile spent in the objects that `is_counted` accepts.

    An allocator may keep its code in a section callgrind takes for no object's (tcmalloc does): functions
    with a name but without an object count, too. Without a name it is the program's jump table.
    """
    names, belongs, named, total, inclusive = {}, None, False, 0, False
    for line in profile.splitlines():
        if match := re.match(r'c?(ob|fn)=\((\d+)\)(?: (.*))?$', line):
            if match[3]:
                names[match[1], match[2]] = match[3]
            name = names[match[1], match[2]]
            if line.startswith('ob'):
                belongs = None if name == '???' else is_counted(name)
            elif line.startswith('fn'):
                named = not name.startswith('0x')
        elif line.startswith('calls='):
            inclusive = True  # the next line's cost is the callee's
        elif match := re.match(r'(?:[+-]?\d+|\*) (\d+)$', line):
            if not inclusive and (belongs or (belongs is None and named)):
                total += int(match[1])
            inclusive = False
    return total


def _executed(allocator, size, pairs):
    with tempfile.NamedTemporaryFile(prefix='spaces-callgrind-') as profile:
        preload = ['--preload', str(allocator.library)] if allocator.library else []
        command = ['valgrind', '--tool=callgrind', f'--callgrind-out-file={profile.name}', LOADER, *preload,
                   PROGRAMS / 'micro', 'pair', str(size), str(pairs)]
        done = subprocess.run(command, env=environment(), capture_output=True, encoding='utf-8',
                              errors='replace', timeout=120, check=False)
        if done.returncode != 0:
            raise RuntimeError(f'callgrind ended with {done.returncode}: {done.stderr.strip()[-400:]}')
        return executed_within(Path(profile.name).read_text(encoding='utf-8'), allocator.serves)


def per_pair(allocator, size):
    """Instructions for one malloc and free of `size` bytes; RuntimeError where they cannot be counted."""
    try:
        cost = (_executed(allocator, size, MANY) - _executed(allocator, size, FEW)) / (MANY - FEW)
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f'callgrind took longer than {error.timeout:.0f} s') from error
    if cost <= 0:
        raise RuntimeError(f'callgrind saw no instruction in {allocator.library or "the C library"}')
    return round(cost, 1)
