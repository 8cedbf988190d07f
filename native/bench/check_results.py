#!/usr/bin/env python3
"""Check a results file of bench.sh: every workload once under each allocator, every figure sound.

Usage: check_results.py FILE ALLOCATOR ...
"""
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / 'driver'))
from workloads import WORKLOADS  # noqa: E402  (the path is set above)

POSITIVE = ('value', 'operations', 'opsPerSecond', 'rssKiB', 'wallSeconds', 'runs', 'ratio')
NOT_NEGATIVE = ('seconds', 'userSeconds', 'systemSeconds', 'minorFaults', 'majorFaults', 'failed')


def problems(records, allocators):
    """What is wrong, one sentence each."""
    expected = [(w.name, name) for w in WORKLOADS for name in allocators]
    found = [(one.get('workload'), one.get('allocator')) for one in records]
    for pair in expected:
        if found.count(pair) != 1:
            yield f'{pair[0]} under {pair[1]}: {found.count(pair)} records, expected one.'
    for pair in set(found) - set(expected):
        yield f'{pair}: unexpected.'
    for one in records:
        where = f'{one.get("workload")} under {one.get("allocator")}'
        for key in POSITIVE + NOT_NEGATIVE:
            number = one.get(key)
            if not isinstance(number, (int, float)) or number < 0 or (number == 0 and key in POSITIVE):
                yield f'{where}: {key} is {number!r}.'
        if one.get('errors') != []:
            yield f'{where}: {one.get("errors")}.'
        if len(one.get('samples', [])) != one.get('runs'):
            yield f'{where}: {len(one.get("samples", []))} samples of {one.get("runs")} runs.'
        if one.get('workload') == 'teardown-region':
            means = 'spaces_chunk_destroy' if one.get('allocator') == 'spaces' else 'free'
            if one.get('means') != means:
                yield f'{where}: torn down by {one.get("means")}, expected {means}.'


def main():
    """0 where the file is sound."""
    path, *allocators = sys.argv[1:]
    found = list(problems(json.loads(Path(path).read_text(encoding='utf-8')), allocators))
    print('\n'.join(found) or f'{path}: sound.')
    return 1 if found else 0


sys.exit(main())
