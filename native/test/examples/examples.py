#!/usr/bin/env python3
"""The document's eleven examples, word for word as it has them, do what it says.

Each is built with the document's own commands from the single file, as the fast and as the debug build,
and with the chunk archive where it needs no malloc; its output is compared with what the document says.
"""
import re
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'preload'))
from checks import BUILD, BUILDS, Checks, run  # noqa: E402

checks = Checks()
ARCHIVE = ['gcc', '-O3', '-pthread', '-fPIC', '-c', 'spaces.c']
DROP_IN = ['-Wl,--whole-archive', 'libspaces.a', '-Wl,--no-whole-archive', '-lpthread']
# Bytes that the 500 blocks of statistics.c ask for.
PAYLOAD = sum(48 + i % 200 for i in range(500))


def at_least(least):
    """A test that the number in the output is no less."""
    return lambda numbers: numbers[0] >= least


def statistics(numbers):
    """Footprints hold the payload; shrinking makes none larger."""
    return numbers[0] >= numbers[1] >= PAYLOAD


# Expected output: a pattern, and a test of the numbers it caught.
EXPECTED = {
    'malloc': (r'v\[100\] = 50\.0\n', None),
    'fixed': (r'root=50 left=25 right=75\n', None),
    'variable': (r'Hello from a Spaces chunk \(usable: (\d+) bytes\)\n', at_least(64)),
    'aligned': (r'aligned ptr: 0x[0-9a-f]+000 \(mod 4096 = 0\)\n', None),
    'statistics': (r'live allocations: 500\ntotal bytes: (\d+)\nafter shrink: (\d+)\n', statistics),
    'walk': (r'walked 10 in-use entries\n', None),
    'tuning': (r'alloc OK, ptr=0x[0-9a-f]+\n', None),
    'handler': (r'allocation (\d+) returned NULL \(ceiling enforced\)\n', lambda numbers: numbers[0] * 64 <= 4096),
    'exclusive': (r'(?:thread [0-3] done\n){4}', None),
    'process': (r'grow increment: 2097152\nheap limit: 268435456\n', None),
    'resize': (r'short — now with room to spare \(size: (\d+)\)\n', at_least(256)),
}
ERRORS = {'handler': 'Spaces error 7\n'}
NEEDS_MALLOC = {'malloc', 'exclusive'}


def judge(name, how, done):
    """Compare a run's output with what the document says."""
    pattern, test = EXPECTED[name]
    match = re.fullmatch(pattern, done.stdout)
    holds = (done.returncode == 0 and match is not None and done.stderr == ERRORS.get(name, '')
             and (test is None or test([int(number) for number in match.groups()])))
    checks.check(f'{name}: {how}', holds, (done.returncode, done.stdout, done.stderr))


def build_and_run(name, how, flags, directory, **environment):
    """Compile one example by a command of the document and run it."""
    built = run(['gcc', f'{name}.c', '-I.', *flags], directory=directory)
    if built.returncode or built.stderr:
        checks.check(f'{name}: {how}', False, f'it does not build: {built.stderr[:1500]}')
        return
    judge(name, how, run(['./a.out'], directory=directory, **environment))


def main():
    """Both builds of the single file, the chunk archive, and preloading."""
    names = list(EXPECTED)
    checks.equal('eleven examples', sorted(path.stem for path in HERE.glob('*.c')), sorted(EXPECTED))
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary)
        for file in (*HERE.glob('*.c'), BUILD / 'spaces.c', BUILD / 'spaces.h'):
            shutil.copy(file, directory)
        for how, define in (('fast build', []), ('debug build', ['-DSPACES_DEBUG'])):
            for command in ([*ARCHIVE, *define], ['ar', 'rc', 'libspaces.a', 'spaces.o'],
                            ['ranlib', 'libspaces.a']):
                done = run(command, directory=directory)
                checks.check(f'{how}: {" ".join(command)}', done.returncode == 0 and not done.stderr, done.stderr)
            for name in names:
                build_and_run(name, how, DROP_IN, directory)
        for name in names:
            if name not in NEEDS_MALLOC:
                build_and_run(name, 'chunk API only', [BUILD / 'libspaces-chunk.a', '-lpthread'], directory)
            for build, library in BUILDS.items():
                build_and_run(name, f'shared library ({build})', [library, f'-Wl,-rpath,{BUILD}', '-lpthread'],
                              directory)
        for build, library in BUILDS.items():
            build_and_run('malloc', f'preloaded ({build})', [], directory, LD_PRELOAD=library)
    checks.end()


main()
