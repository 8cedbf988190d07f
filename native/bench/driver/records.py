"""Records: the runs of one workload under one allocator, summed up for JSON, table and chart."""
import re
from statistics import median, quantiles

COSTS = {'user_seconds': 'userSeconds', 'system_seconds': 'systemSeconds', 'wall_seconds': 'wallSeconds',
         'minor_faults': 'minorFaults', 'major_faults': 'majorFaults'}


def _quartiles(values):
    if len(values) < 2:
        return [values[0], values[0]]
    low, _, high = quantiles(values, n=4, method='inclusive')
    return [low, high]


def _camel(name):
    return re.sub(r'_(\w)', lambda match: match[1].upper(), name)


def record(workload, allocator, runs, short):
    """The record of `runs`; without figures where none of them counts."""
    good = [run for run in runs if not run.error]
    result = {
        'workload': workload.name,
        'allocator': allocator.name,
        'library': str(allocator.library) if allocator.library else None,
        'arguments': workload.arguments(short),
        'short': short,
        'metric': _camel(workload.figure),
        'unit': workload.unit,
        'runs': len(good),
        'failed': len(runs) - len(good),
        'errors': sorted({run.error for run in runs if run.error}),
    }
    if not good:
        return result
    values = [run.figure(workload) for run in good]
    seconds = [run.seconds for run in good]
    walls = [run.costs['wall_seconds'] for run in good]
    operations = good[0].figures['operations']
    result |= {
        'value': median(values),
        'quartiles': _quartiles(values),
        'least': min(values),
        'most': max(values),
        'samples': values,
        'seconds': median(seconds),
        'operations': operations,
        'opsPerSecond': round(operations / median(walls)),
        'rssKiB': median(run.costs['rss_kib'] for run in good),
        'rssKiBMost': max(run.costs['rss_kib'] for run in good),
    }
    result |= {name: median(run.costs[key] for run in good) for key, name in COSTS.items()}
    result |= {_camel(name): median(run.figures[name] for run in good)
               for name in good[0].figures if name not in ('operations', workload.figure)}
    if 'means' in good[0].words:
        result['means'] = good[0].words['means']
    return result


def compare(records, ours):
    """Add to each record of one workload its ratio to the best peer; to ours, too, how it stands."""
    peers = sorted((r for r in records if r['runs'] and r['allocator'] not in ours), key=lambda r: r['value'])
    if not peers or peers[0]['value'] <= 0:
        return
    best = peers[0]
    for one in records:
        if not one['runs']:
            continue
        one['ratio'] = one['value'] / best['value']
        if one['allocator'] not in ours:
            continue
        one['bestPeer'] = best['allocator']
        leaner = min(peer['rssKiB'] for peer in peers[:2])
        one['rssRatio'] = one['rssKiB'] / leaner
        # A tie: the middle halves of both sets of runs overlap.
        overlap = one['quartiles'][0] <= best['quartiles'][1]
        one['standing'] = 'first' if one['ratio'] <= 1 else 'tie' if overlap and one['runs'] > 1 else 'behind'
