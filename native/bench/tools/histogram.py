#!/usr/bin/env python3
"""Sum recordings of real programs (tools/record_sizes.c) into workloads/size_histogram.h.

Every recording weighs the same, however many allocations its program made.

Usage: histogram.py RECORDING ... > workloads/size_histogram.h
"""
import sys
from collections import Counter
from pathlib import Path

SCALE = 65536


def shares(path):
    """Bucket bound -> share of the recording's allocations."""
    counts = Counter()
    for line in Path(path).read_text().splitlines():
        bound, count = map(int, line.split())
        counts[bound] += count
    total = sum(counts.values())
    if total == 0:
        sys.exit(f'{path}: no allocation was recorded. Was record_sizes.so preloaded?')
    return {bound: count / total for bound, count in counts.items()}


def main(paths):
    if not paths:
        sys.exit(__doc__)
    recordings = [shares(path) for path in paths]
    bounds = sorted({bound for recording in recordings for bound in recording})
    weights = [round(SCALE * sum(r.get(b, 0) for r in recordings) / len(recordings)) for b in bounds]
    # What rounding took or gave belongs to the most common bucket.
    weights[weights.index(max(weights))] += SCALE - sum(weights)
    print('/*')
    print(' * size_histogram.h - how often real programs ask for which size. Made by')
    print(' * tools/histogram.py from recordings of', end='')
    print(f' {len(recordings)} programs:')
    names = ', '.join(sorted(Path(path).suffix[1:] or Path(path).name for path in paths))
    print(f' * {names}.')
    print(' */')
    print('#include <stdint.h>')
    print()
    print(f'/* Weights of {SCALE}; a size lies above the bucket before, up to `largest`. */')
    print('static const struct {')
    print('    uint32_t largest, weight;')
    print('} size_histogram[] = {')
    for bound, weight in zip(bounds, weights):
        if weight > 0:
            print(f'    {{{bound}, {weight}}},')
    print('};')


main(sys.argv[1:])
