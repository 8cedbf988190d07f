#!/usr/bin/env python3
"""The tables of docs/performance.md, from results files of bench.sh: cost, memory and page faults, growth.

Usage: markdown.py FILE ...   (a row of a later file takes the place of the same row of an earlier one)
"""
import json
import sys
from pathlib import Path


def load(paths):
    """Records by workload and allocator, in the order of the first file that has them."""
    rows = {}
    for path in paths:
        for one in json.loads(Path(path).read_text(encoding='utf-8')):
            if one['runs']:
                rows.setdefault(one['workload'], {})[one['allocator']] = one
    return rows


def short(value):
    """Three digits that count."""
    return f'{value:,.0f}' if value >= 1000 else f'{value:.3g}'


def table(header, rows):
    """Lines of one table; prettier makes them even."""
    return [' | '.join(['', *header, '']).strip(), '|'.join(['', *['---'] * len(header), '']),
            *(' | '.join(['', *row, '']).strip() for row in rows)]


def cost(rows, names):
    """What each row costs, and ours as a multiple of the best peer's, with how it stands."""
    for workload, of in rows.items():
        ours = of.get('spaces', {})
        first = next(iter(of.values()))
        yield [workload, first['unit'], *(short(of[n]['value']) if n in of else '-' for n in names),
               f'{ours["ratio"]:.2f}' if 'ratio' in ours else '-', ours.get('standing', '-')]


def memory(rows, names):
    """Peak memory, and page faults."""
    for workload, of in rows.items():
        ours = of.get('spaces', {})
        yield [workload, *(short(of[n]['rssKiB'] / 1024) if n in of else '-' for n in names),
               f'{ours["rssRatio"]:.2f}' if 'rssRatio' in ours else '-',
               *(short(of[n]['minorFaults'] + of[n]['majorFaults']) if n in of else '-' for n in names)]


def main():
    """Print the tables."""
    if len(sys.argv) < 2:
        sys.exit(__doc__.strip())
    rows = load(sys.argv[1:])
    names = list(dict.fromkeys(name for of in rows.values() for name in of))
    lean = [name for name in names if name != 'spaces-unchecked']
    grow = {name: of for name, of in rows.items() if name.startswith('grow-')}
    rest = {name: of for name, of in rows.items() if name not in grow}
    for lines in (table(['row', 'unit', *names, 'to best', ''], cost(rest, names)),
                  table(['row', *(f'{n} MiB' for n in lean), 'ratio', *(f'{n} faults' for n in lean)],
                        memory(rest, lean)),
                  table(['row', 'unit', *lean, 'to best', ''], cost(grow, lean))):
        print('\n'.join([*lines, '']))


main()
