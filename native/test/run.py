#!/usr/bin/env python3
"""Run the allocator's tests and sum them up.

Every step is a program with a time limit. A cmocka suite counts its tests; any other program counts as
one. A suite that crashes, hangs or says nothing counts as failed, and the run goes on. The last line is
`N passed, N failed`, alone.

Usage: run.py [--sanitized | --soak] [WORD ...]     (words: only steps whose name has one of them)
"""
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

TEST = Path(__file__).resolve().parent
NATIVE = TEST.parent
BUILD = NATIVE / 'build'
OUT = BUILD / 'test'

PASSED = re.compile(r'^\[  PASSED  \] (\d+) test', re.M)
FAILED = re.compile(r'^\[  FAILED  \] \w*: ?(\d+) test|^\[  FAILED  \] (\d+) test', re.M)
TOTALS = re.compile(r'^(\d+) passed, (\d+) failed$', re.M)


@dataclass
class Step:
    """One program to run. `counts` says that it prints totals of its own: cmocka's, or ours."""
    name: str
    command: list
    environment: dict = field(default_factory=dict)
    seconds: int = 60
    counts: bool = False


def clean_environment(extra):
    """This process's environment without anything of ours, and with `extra`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith('SPACES_') and k != 'LD_PRELOAD'}
    return {**kept, **{k: str(v) for k, v in extra.items()}}


def run(step):
    """(passed, failed) of a step, its output printed."""
    print(f'== {step.name}', flush=True)
    started = time.monotonic()
    try:
        done = subprocess.run([str(word) for word in step.command], env=clean_environment(step.environment),
                              cwd=TEST, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=step.seconds, check=False)
        output, code = done.stdout.decode(errors='replace'), done.returncode
    except subprocess.TimeoutExpired as late:
        output, code = (late.stdout or b'').decode(errors='replace'), None
    except OSError as error:
        output, code = f'{error}\n', 127
    print(output, end='' if output.endswith('\n') or not output else '\n')
    passed = failed = 0
    if step.counts:
        passed = sum(int(n) for n in PASSED.findall(output))
        failed = sum(int(a or b) for a, b in FAILED.findall(output))
        for good, bad in TOTALS.findall(output):
            passed, failed = passed + int(good), failed + int(bad)
    if code != 0 and not failed:
        failed = 1
    elif code == 0 and not passed + failed:
        passed, failed = (0, 1) if step.counts else (1, 0)
    verdict = f'did not end in {step.seconds} s' if code is None else f'ended with {code}' if code else 'ok'
    print(f'   {verdict}, {time.monotonic() - started:.1f} s', flush=True)
    return passed, failed


def suites():
    """The cmocka suites, against both builds."""
    names = sorted(path.name[:-len('_test.c')] for path in TEST.glob('suites/*_test.c'))
    return [Step(f'{name} ({build})', [OUT / build / name], counts=True, seconds=90)
            for name in names for build in ('fast', 'debug')]


def stresses():
    """The stress program in its short form."""
    steps = []
    for threads, operations in ((1, 60000), (4, 20000), (16, 5000)):
        arguments = [str(threads), str(operations), os.environ.get('SEED', '1')]
        for build in ('fast', 'debug', 'static', 'static-debug'):
            steps.append(Step(f'stress, {threads} threads, linked ({build})',
                              [OUT / build / 'stress', *arguments]))
        for library in ('libspaces.so', 'libspaces-debug.so'):
            steps.append(Step(f'stress, {threads} threads, preloaded ({library})',
                              [OUT / 'plain' / 'stress', *arguments],
                              {'LD_PRELOAD': BUILD / library}))
    return steps


def shared(seconds, kill_each_ms):
    """Four processes in one shared chunk, one of them killed again and again."""
    arguments = ['4', str(seconds), str(kill_each_ms), os.environ.get('SEED', '1')]
    return [Step(f'shared chunk, killed processes ({build})', [OUT / build / 'shared_stress', *arguments],
                 seconds=seconds + 30) for build in ('fast', 'debug')]


def fuzz_soak(seconds):
    """Each fuzzed program for so long in each build, operations under libFuzzer."""
    programs = 6
    return [Step('fuzz soak', ['make', '--no-print-directory', '-C', TEST / 'fuzz', 'soak', f'SECONDS={seconds}'],
                 seconds=programs * (seconds + 60) + 900)]


def others():
    """What is no suite of ours: the walker's tests, fuzzed programs, preloading, distribution."""
    return [
        Step('walker', ['make', '--no-print-directory', '-C', TEST / 'walker', 'test'],
             counts=True, seconds=120),
        Step('fuzz', ['make', '--no-print-directory', '-C', TEST / 'fuzz', 'test'], seconds=900),
        Step('preload manners', [sys.executable, TEST / 'preload' / 'manners.py'], counts=True, seconds=240),
        Step('header', [sys.executable, TEST / 'header' / 'header.py'], counts=True, seconds=180),
        Step('examples', [sys.executable, TEST / 'examples' / 'examples.py'], counts=True, seconds=180),
        Step('distribution', [sys.executable, TEST / 'preload' / 'distribution.py'], counts=True, seconds=150),
    ]


def sanitized():
    """Suites and stress under UBSan, stress under TSan; a finding ends the program."""
    names = sorted(path.name[:-len('_test.c')] for path in TEST.glob('suites/*_test.c'))
    steps = []
    for build in ('ubsan-fast', 'ubsan-debug'):
        steps += [Step(f'{name} ({build})', [OUT / build / name], counts=True, seconds=180) for name in names]
        steps += [Step(f'stress, {n} threads ({build})', [OUT / build / 'stress', str(n), str(40000 // n)],
                       seconds=180) for n in (1, 4, 16)]
    for build in ('tsan-fast', 'tsan-debug'):
        steps += [Step(f'stress, {n} threads ({build})', [OUT / build / 'stress', str(n), str(12000 // n)],
                       {'TSAN_OPTIONS': 'halt_on_error=1'},
                       seconds=240) for n in (2, 8)]
    return steps


# Suites that Valgrind runs in reasonable time; it must leave our malloc alone.
UNDER_VALGRIND = ['chunk', 'mixed', 'routing', 'area', 'walk']
VALGRIND = ['valgrind', '-q', '--error-exitcode=9', '--soname-synonyms=somalloc=none',
            f'--suppressions={TEST}/valgrind.supp']


def valgrind():
    """Memcheck over some suites and the stress program: reads of what nobody wrote, memory that is not there."""
    steps = []
    for build in ('fast', 'debug'):
        steps += [Step(f'{name}, Valgrind ({build})', [*VALGRIND, OUT / build / name], counts=True, seconds=600)
                  for name in UNDER_VALGRIND]
        steps += [Step(f'stress, Valgrind ({build})', [*VALGRIND, OUT / build / 'stress', '3', '3000'], seconds=300)]
    return steps


def main():
    words = sys.argv[1:]
    options = [word for word in words if word.startswith('--')]
    words = [word for word in words if word not in options]
    if '--sanitized' in options:
        steps = sanitized() + valgrind()
    elif '--soak' in options:
        steps = shared(60, 1000) + shared(20, 20) + fuzz_soak(120)
    else:
        steps = suites() + stresses() + shared(3, 50) + others()
    passed = failed = 0
    bad = []
    for step in steps:
        if words and not any(word in step.name for word in words):
            continue
        good, wrong = run(step)
        passed, failed = passed + good, failed + wrong
        if wrong:
            bad.append(step.name)
    if bad:
        print('Failed: ' + '; '.join(bad))
    print(f'{passed} passed, {failed} failed')
    sys.exit(1 if failed or not passed else 0)


if __name__ == '__main__':
    main()
