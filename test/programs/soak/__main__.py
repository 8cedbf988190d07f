"""Servers, compilers and test-suites under glibc's malloc, the fast build and the debug build, in turns.

Each must give the same results under all three, end with the same status, and bring no report: not while it runs,
and not from the check of the whole heap that each process makes at its exit, in both builds. Prints the CPU time of
each and its ratio to the run under glibc, and ends with `N passed, N failed`.

Usage: python3 test/programs/soak [--rounds N] [PROGRAM ...]
"""
import argparse
import importlib
import shutil
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

from harness import ALLOCATORS, LIBRARIES, Failure, Job, Reports, adopt_orphans

NAMES = ('control', 'redis', 'postgres', 'mariadb', 'apache', 'clang', 'java', 'ffmpeg', 'imagemagick', 'gdb',
         'cpython')


def one_run(program, allocator, folder, reports):
    """(CPU seconds, what it did, what was wrong) of one run."""
    job = Job(allocator, folder, reports)
    result, wrong, left = '', [], []
    try:
        result = program.run(job)
    except Failure as failure:
        wrong.append(str(failure))
    finally:
        left = job.clean_up()
    wrong += [f'left behind: {what}' for what in left]
    told = job.told()
    expected = getattr(program, 'REPORTS', {}).get(allocator, 0)
    if allocator in LIBRARIES:
        if expected != len(reports.reports):
            wrong += [f'{len(reports.reports)} reports, not {expected}', *told[:10]]
        elif not expected:
            wrong += told[:10]
        if not reports.builds or set(reports.builds) != {allocator}:
            wrong.append(f'no process ran under the {allocator} build')
    processes = len(reports.builds)
    shutil.rmtree(folder, ignore_errors=True)
    return job.cpu, result, wrong, processes


def first_difference(expected, got):
    """The lines where two results part."""
    for number, (a, b) in enumerate(zip(expected.splitlines(), got.splitlines()), 1):
        if a != b:
            return f'line {number}: "{b[:200]}", under glibc "{a[:200]}"'
    return f'{len(got.splitlines())} lines, under glibc {len(expected.splitlines())}'


def soak(name, rounds, folder, reports):
    """Run one program; (passed, failed, row of the table)."""
    program = importlib.import_module(f'programs.{name}')
    rounds = min(rounds, getattr(program, 'MOST_ROUNDS', rounds))
    times = {allocator: [] for allocator in ALLOCATORS}
    wrong = {allocator: [] for allocator in ALLOCATORS}
    processes = {allocator: 0 for allocator in ALLOCATORS}
    expected = None
    for number in range(rounds):
        for allocator in ALLOCATORS:
            started = time.monotonic()
            cpu, result, bad, count = one_run(program, allocator, folder, reports)
            expected = result if expected is None else expected
            same = getattr(program, 'differences', None)
            if not bad and (same(expected, result) if same else result != expected):
                bad = same(expected, result) if same else [first_difference(expected, result)]
            times[allocator].append(cpu)
            wrong[allocator] += bad
            processes[allocator] = count
            print(f'  {name}, round {number + 1} of {rounds}, {allocator}: {cpu:.2f} s CPU, '
                  f'{time.monotonic() - started:.1f} s, {count} processes'
                  f'{"" if not bad else ": FAILED"}', flush=True)
            for line in bad:
                print(f'    {line}', flush=True)
    failed = sum(1 for build in LIBRARIES if wrong[build] or wrong['glibc'])
    middle = {allocator: statistics.median(values) for allocator, values in times.items()}
    row = [name, *(f'{middle[a]:.2f}' for a in ALLOCATORS),
           *(f'{middle[b] / middle["glibc"]:.2f}' if middle['glibc'] > 0.5 else '-' for b in LIBRARIES),
           *(str(processes[b]) for b in LIBRARIES), 'failed' if failed else 'ok']
    return len(LIBRARIES) - failed, failed, row


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--rounds', type=int, default=3, help='runs of each program under each allocator (3)')
    parser.add_argument('programs', nargs='*', metavar='PROGRAM', help=f'of {", ".join(NAMES)}; default: all')
    options = parser.parse_args()
    unknown = [name for name in options.programs if name not in NAMES]
    missing = [str(path) for path in LIBRARIES.values() if not path.exists()]
    if unknown or missing or options.rounds < 1:
        parser.error(f'no such program: {", ".join(unknown)}' if unknown else
                     f'{", ".join(missing)} missing: run "make -C native" first' if missing else
                     '--rounds takes a number from 1 on')
    adopt_orphans()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    passed = failed = 0
    rows = []
    with tempfile.TemporaryDirectory(prefix='spaces-soak.') as base:
        Path(base).chmod(0o755)
        reports = Reports(Path(base) / 'reports')
        for name in options.programs or NAMES:
            good, bad, row = soak(name, options.rounds, Path(base) / name, reports)
            passed, failed = passed + good, failed + bad
            rows.append(row)
    header = ['program', 'glibc s', 'fast s', 'debug s', 'fast', 'debug', 'fast procs', 'debug procs', '']
    widths = [max(len(row[i]) for row in (header, *rows)) for i in range(len(header))]
    print('\nCPU seconds, median of the rounds; ratio to glibc; processes that ran under the library')
    for row in (header, *rows):
        print('  '.join(cell.ljust(widths[0]) if i == 0 else cell.rjust(widths[i])
                        for i, cell in enumerate(row)).rstrip())
    print(f'{passed} passed, {failed} failed')
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
