"""The benchmark's driver: runs what bench.sh was asked for, and writes results/latest.{json,svg}, growth.svg."""
import argparse
import json
import os
import platform
import sys
from datetime import datetime, timezone
from pathlib import Path

import allocators
import instructions
from chart import chart
from growth import growth_chart
from records import compare, record
from runs import run_workload
from table import print_tables
from workloads import chosen

RESULTS = Path(__file__).resolve().parents[1] / 'results'


def parse_arguments(words):
    """Command line of bench.sh, without its -s."""
    parser = argparse.ArgumentParser(prog='bench.sh', description='Each workload under each allocator.')
    parser.add_argument('-s', action='store_true', help='skip the build')
    parser.add_argument('-n', type=int, default=7, metavar='N', help='rounds (default 7)')
    parser.add_argument('-w', action='append', default=[], metavar='WORKLOAD',
                        help='only this workload, or all whose names begin so ("mstress"); may be repeated')
    parser.add_argument('-a', action='append', default=[], metavar='NAME=LIB',
                        help='a further allocator; names that begin with "spaces-" count as ours')
    parser.add_argument('-o', action='append', default=[], metavar='NAME',
                        help='only these of the allocators found; may be repeated')
    parser.add_argument('-d', type=Path, default=RESULTS, metavar='DIR',
                        help='folder for latest.json and latest.svg (default native/bench/results)')
    parser.add_argument('-q', action='store_true', help='short form: seconds in all, figures mean nothing')
    options = parser.parse_args(words)
    if options.n < 1:
        parser.error('-n needs a number from 1')
    return options


def find_allocators(options):
    """Ours, the peers, and what -a adds; narrowed by -o."""
    peers, missing = allocators.installed_peers()
    found = [*allocators.ours(), *peers, *(allocators.added(text) for text in options.a)]
    names = [one.name for one in found]
    for name in names:
        if names.count(name) > 1:
            raise allocators.AllocatorError(f'Two allocators are called "{name}": give -a another name.')
    for name in options.o:
        if name not in names:
            raise allocators.AllocatorError(f'-o {name}: there is no such allocator here, only {", ".join(names)}.')
    if options.o:
        return [one for one in found if one.name in options.o]
    for name, package in missing:
        print(f'{name} is not installed and left out; to have it: apt-get install {package}')
    # Ours side by side, before the peers.
    return sorted(found, key=lambda one: not one.ours)


def machine():
    """The machine, in one line."""
    cpu = platform.processor() or platform.machine()
    for line in Path('/proc/cpuinfo').read_text(encoding='utf-8').splitlines():
        if line.startswith('model name'):
            cpu = line.partition(':')[2].strip()
            break
    return f'{cpu}, {os.cpu_count()} cores, Linux {platform.release()}'


def count_instructions(workload, allocator, one, short):
    """Add the instructions of a pair to the record of a micro row; failures count as failed runs."""
    if not workload.instructions or (short and workload.instructions != 64):
        return
    try:
        one['instructionsPerPair'] = instructions.per_pair(allocator, workload.instructions)
    except RuntimeError as error:
        print(f'{workload.name} under {allocator.name}, instructions: {error}', file=sys.stderr)
        one['failed'] += 1
        one['errors'].append(str(error))


def available_mib():
    """Memory that programs can still have, by the kernel's estimate."""
    for line in Path('/proc/meminfo').read_text(encoding='utf-8').splitlines():
        if line.startswith('MemAvailable:'):
            return int(line.split()[1]) // 1024
    return 0


def measure(workloads, found, options):
    """Records of everything, workload by workload."""
    ours = [one.name for one in found if one.ours]
    counting = instructions.available()
    if not counting:
        print('Instructions are not counted: that needs valgrind (apt-get install valgrind).')
    records = []
    for number, workload in enumerate(workloads, 1):
        if not options.q and workload.memory > available_mib():
            print(f'{workload.name} is left out: it needs {workload.memory} MiB of memory, '
                  f'and {available_mib()} are available.')
            continue
        print(f'[{number}/{len(workloads)}] {workload.name}', file=sys.stderr, flush=True)
        runs = run_workload(workload, found, options.n, options.q)
        of = [record(workload, allocator, runs[allocator.name], options.q) for allocator in found]
        if counting:
            for allocator, one in zip(found, of):
                count_instructions(workload, allocator, one, options.q)
        compare(of, ours)
        records += of
        write(records, found, options)
    return records


def write(records, found, options):
    """The result files, whole at any moment."""
    when = datetime.now(timezone.utc).strftime('%Y-%m-%d')
    form = 'short form' if options.q else f'median of {options.n}'
    charted = [one for one in records if not one['workload'].startswith(('micro-', 'grow-'))] or records
    names = [one.name for one in found]
    subtitle = f'{form}, {machine()}, {when}'
    texts = {'latest.json': json.dumps(records, indent=1) + '\n',
             'latest.svg': chart(charted, names, subtitle)}
    growth = growth_chart(records, names, subtitle)
    if growth:
        texts['growth.svg'] = growth
    options.d.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        unfinished = options.d / (name + '.new')
        unfinished.write_text(text, encoding='utf-8')
        unfinished.replace(options.d / name)


def main():
    """0, or 1 where any run failed, or 2 where nothing could be run."""
    options = parse_arguments(sys.argv[1:])
    try:
        found = find_allocators(options)
        workloads = chosen(options.w)
    except (allocators.AllocatorError, LookupError) as error:
        print(error.args[0], file=sys.stderr)
        return 2
    load = os.getloadavg()[0]
    if load > 1.5 and not options.q:
        print(f'The machine is busy (load {load:.1f}): these figures will be noisy.')
    print(f'{machine()}; {", ".join(one.name for one in found)}; {options.n} rounds')
    records = measure(workloads, found, options)
    print_tables(records, [one.name for one in found], [one.name for one in found if one.ours])
    failed = sum(one['failed'] for one in records)
    print(f'\n{options.d / "latest.json"}, {options.d / "latest.svg"}')
    if failed:
        print(f'{failed} runs failed:')
        for one in records:
            for error in one['errors']:
                print(f'  {one["workload"]} under {one["allocator"]}: {error}')
    return 1 if failed else 0


sys.exit(main())
