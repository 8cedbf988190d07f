"""What the debug build's full tracking costs real programs, beside heaptrack, AddressSanitizer and Valgrind.

Every program runs under every tool, taking turns; told are medians of CPU time (user and system) and of peak
resident memory, their ratios to the program alone, and whether the bars hold. Ends with 1 where a run failed, and,
unless -q, where a bar is missed. Writes tracking.json.
"""
import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

import programs
from programs import Absent
from runs import MEASURE, Failed, check_output, run_once
from tools import HEAPTRACK, PLAIN, SPACES, TOOLS

RESULTS = Path(__file__).resolve().parents[1] / 'results'
CPU_BAR = 2.0
MEMORY_BAR = 3.0


def parse_arguments(words):
    """Command line."""
    parser = argparse.ArgumentParser(prog='bench:debug', description=__doc__.partition('\n')[0])
    parser.add_argument('-n', type=int, default=5, metavar='N', help='rounds (default 5); Valgrind has one')
    parser.add_argument('-w', action='append', choices=list(programs.MAKERS), help='only this program; may be repeated')
    parser.add_argument('-t', action='append', choices=[tool.name for tool in TOOLS if tool.name != PLAIN],
                        help='only this tool beside the program alone; may be repeated')
    parser.add_argument('-d', type=Path, default=RESULTS, metavar='DIR', help='folder for tracking.json')
    parser.add_argument('-q', action='store_true', help='short form: seconds in all, bars are not judged')
    options = parser.parse_args(words)
    if options.n < 1:
        parser.error('-n needs a number from 1')
    return options


def run_rounds(program, tools, rounds, folder):
    """{tool name: [Run]}, {tool name: why it is absent}, [failures]; the tools take turns."""
    runs, absent, failures = {}, {}, []
    for number in range(rounds):
        for tool in tools:
            if number >= tool.rounds or tool.name in absent:
                continue
            if sys.stderr.isatty():
                print(f'  {program.name}, {tool.name}, round {number + 1}'.ljust(60), end='\r', file=sys.stderr)
            try:
                run = run_once(program, tool, folder)
                check_output(run, runs.get(PLAIN, [run])[0], program, tool)
                runs.setdefault(tool.name, []).append(run)
            except Absent as why:
                absent[tool.name] = str(why)
            except Failed as why:
                failures.append(str(why))
    return runs, absent, failures


def median_of(runs, what):
    """Median of one figure."""
    return statistics.median(getattr(run, what) for run in runs)


def record(program, runs, absent):
    """What is written of a program: figures by tool, and its bars."""
    plain = runs.get(PLAIN)
    of = {}
    for name, some in runs.items():
        seconds, rss = median_of(some, 'seconds'), median_of(some, 'rss_kib')
        of[name] = {'seconds': seconds, 'rssKiB': rss, 'faults': median_of(some, 'faults'), 'runs': len(some),
                    'samples': [one.seconds for one in some]}
        if plain:
            of[name]['cpuRatio'] = round(seconds / max(median_of(plain, 'seconds'), 1e-3), 3)
            of[name]['rssRatio'] = round(rss / median_of(plain, 'rss_kib'), 3)
    bars = []
    if SPACES in of and plain:
        ours = of[SPACES]
        bars.append((f'CPU at most {CPU_BAR} times the program alone', ours['cpuRatio'] <= CPU_BAR))
        if HEAPTRACK in of:
            bars.append(("CPU below heaptrack's recording", ours['cpuRatio'] < of[HEAPTRACK]['cpuRatio']))
        bars.append((f'peak memory at most {MEMORY_BAR} times the program alone', ours['rssRatio'] <= MEMORY_BAR))
    return {'program': program.name, 'tools': of, 'absent': absent,
            'bars': [{'bar': text, 'holds': bool(holds)} for text, holds in bars]}


def tell(one):
    """A record in words."""
    print(f'{one["program"]:10}{"CPU s":>9}{"ratio":>8}{"peak MiB":>10}{"ratio":>8}{"faults":>9}')
    for name, of in one['tools'].items():
        print(f'  {name:14}{of["seconds"]:>3.2f}'.ljust(19) +
              f'{of.get("cpuRatio", 0):>8.2f}{of["rssKiB"] / 1024:>10.1f}{of.get("rssRatio", 0):>8.2f}'
              f'{of["faults"]:>9.0f}')
    for name, why in one['absent'].items():
        print(f'  {name:14}absent: {why}')
    for bar in one['bars']:
        print(f'  {"ok  " if bar["holds"] else "MISS"} {bar["bar"]}')
    print(flush=True)


def main():
    """0; 1 where a run failed or, in the full form, a bar is missed; 2 where nothing can be run."""
    options = parse_arguments(sys.argv[1:])
    if not MEASURE.is_file():
        print(f'{MEASURE} is not built: make -C native/bench', file=sys.stderr)
        return 2
    tools = [tool for tool in TOOLS if tool.name == PLAIN or not options.t or tool.name in options.t]
    load = os.getloadavg()[0]
    if load > 1.5 and not options.q:
        print(f'The machine is busy (load {load:.1f}): these figures will be noisy.')
    records, failures = [], []
    with tempfile.TemporaryDirectory(prefix='spaces-tracking-') as folder:
        for name in options.w or programs.MAKERS:
            try:
                program = programs.make(name, Path(folder), options.q)
            except Absent as why:
                print(f'{name} is left out: {why}\n')
                continue
            runs, absent, failed = run_rounds(program, tools, options.n, Path(folder))
            failures += failed
            records.append(record(program, runs, absent))
            tell(records[-1])
    options.d.mkdir(parents=True, exist_ok=True)
    result = options.d / 'tracking.json'
    result.write_text(json.dumps(records, indent=1) + '\n', encoding='utf-8')
    print(result)
    for why in failures:
        print(f'FAILED: {why}')
    missed = [bar for one in records for bar in one['bars'] if not bar['holds']]
    if not records:
        return 2
    return 1 if failures or (missed and not options.q) else 0


sys.exit(main())
