"""The tables on stdout: one row a workload, one column an allocator."""


def _number(value):
    if value >= 1000 or value == int(value):
        return f'{value:,.0f}'
    return f'{value:.3g}' if value < 1 else f'{value:.2f}' if value < 100 else f'{value:.1f}'


def _print(header, rows):
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]
        print('  '.join(cells).rstrip())


def _table(title, records, names, ours, cell, compared):
    """`cell` makes the text of one record; `compared` the further texts of one of ours."""
    print(f'\n{title}')
    by_workload = {}
    for one in records:
        by_workload.setdefault(one['workload'], {})[one['allocator']] = one
    header = ['workload', *names]
    for name in ours:
        header += [f'{name}: {what}' for what in compared]
    rows = []
    for workload, of in by_workload.items():
        row = [workload, *(cell(of[name]) if of[name]['runs'] else 'failed' for name in names)]
        for name in ours:
            row += [text(of[name]) for text in compared.values()]
        rows.append(row)
    _print(header, rows)


def print_tables(records, names, ours):
    """Cost, memory and page faults; ours against the best peer of each row."""
    def ratio(key):
        return lambda one: f'{one[key]:.2f}' if key in one else '-'

    def spread(one):
        if not one['runs'] or not one['value']:
            return '-'
        low, high = one['quartiles']
        return f'{(high - low) / one["value"] * 100:.0f} %'

    _table('Cost: CPU seconds, or as the unit says (median; less is better; spread: middle half of the runs)',
           records, names, ours, lambda one: f'{_number(one["value"])} {one["unit"]}',
           {'ratio': ratio('ratio'), 'spread': spread, 'standing': lambda one: one.get('standing', '-')})
    _table('Peak resident memory, MiB (ratio: to the leaner of the two fastest peers)',
           records, names, ours, lambda one: _number(one['rssKiB'] / 1024), {'ratio': ratio('rssRatio')})
    _table('Page faults', records, names, ours,
           lambda one: _number(one['minorFaults'] + one['majorFaults']), {})
    _table('Wall seconds', records, names, ours, lambda one: _number(one['wallSeconds']), {})
    counting = {one['workload'] for one in records if 'instructionsPerPair' in one}
    counted = [one for one in records if one['workload'] in counting]
    if counted:
        _table('Instructions of the allocator for one malloc and its free', counted, names, ours,
               lambda one: _number(one['instructionsPerPair']) if 'instructionsPerPair' in one else '-', {})
