"""Runs: one program, once, under one allocator; and the rounds that interleave them."""
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from allocators import NATIVE
from workloads import SECONDS

PROGRAMS = NATIVE / 'build/bench'
# A full run takes a few seconds on an idle machine.
TIME_LIMIT = 300


@dataclass
class Run:
    """What one run cost, or why it does not count."""
    costs: dict = field(default_factory=dict)     # measure's lines
    figures: dict = field(default_factory=dict)   # the program's own numbers
    words: dict = field(default_factory=dict)     # and words
    error: str | None = None

    @property
    def seconds(self):
        """CPU seconds, user and system."""
        return self.costs['user_seconds'] + self.costs['system_seconds']

    def figure(self, workload):
        """The number that ranks the workload."""
        return self.seconds if workload.figure == SECONDS else self.figures[workload.figure]


def environment():
    """The caller's, without other preloads and without any allocator's settings."""
    settings = ('LD_PRELOAD', 'SPACES_', 'MALLOC_', 'GLIBC_TUNABLES', 'MIMALLOC_', 'TCMALLOC_')
    return {k: v for k, v in os.environ.items() if not k.startswith(settings)}


def _parse(text, numbers, words):
    for line in text.splitlines():
        name, blank, value = line.partition(' ')
        if not blank:
            continue
        try:
            numbers[name] = float(value) if '.' in value or 'e' in value else int(value)
        except ValueError:
            words[name] = value


def _fault(run, workload, allocator, errors):
    """Why the run does not count; None where it does."""
    said = f' It said: {errors.strip()[-400:]}' if errors.strip() else ''
    if run.costs.get('timed_out'):
        return f'was killed after {TIME_LIMIT} s.{said}'
    if run.costs.get('signal'):
        return f'ended by signal {run.costs["signal"]}.{said}'
    if run.costs.get('exit_code') != 0:
        return f'ended with exit code {run.costs.get("exit_code")}.{said}'
    if 'operations' not in run.figures or 'malloc_from' not in run.words:
        return f'ended with 0 but without its report.{said}'
    if not allocator.serves(run.words['malloc_from']):
        return f'got malloc from {run.words["malloc_from"]}, not from {allocator.library or "the C library"}.{said}'
    if workload.figure != SECONDS and workload.figure not in run.figures:
        return f'did not report {workload.figure}.'
    return None


def run_once(workload, allocator, short):
    """Run the workload's program once under the allocator."""
    with tempfile.NamedTemporaryFile(prefix='spaces-bench-') as costs:
        command = [PROGRAMS / 'measure', costs.name, str(TIME_LIMIT), allocator.library or '-',
                   PROGRAMS / workload.program, *workload.arguments(short)]
        done = subprocess.run(command, env=environment(), stdin=subprocess.DEVNULL, capture_output=True,
                              encoding='utf-8', errors='replace', check=False)
        run = Run()
        _parse(Path(costs.name).read_text(encoding='utf-8'), run.costs, run.words)
    _parse(done.stdout, run.figures, run.words)
    run.error = _fault(run, workload, allocator, done.stderr)
    return run


def _agree(runs):
    """A workload does the same work under every allocator: a run that did other work does not count."""
    counts = [run.figures['operations'] for of in runs.values() for run in of if not run.error]
    expected = max(set(counts), key=counts.count) if counts else None
    for of in runs.values():
        for run in of:
            if not run.error and run.figures['operations'] != expected:
                run.error = f'did {run.figures["operations"]} operations; most runs did {expected}.'


def run_workload(workload, allocators, rounds, short):
    """All rounds of one workload, the allocators taking turns: {allocator name: [Run]}."""
    runs = {allocator.name: [] for allocator in allocators}
    for number in range(rounds):
        # Each round starts with another allocator, so that none always follows the same one.
        first = number % len(allocators)
        for allocator in allocators[first:] + allocators[:first]:
            run = run_once(workload, allocator, short)
            runs[allocator.name].append(run)
            if run.error:
                print(f'{workload.name} under {allocator.name}: {run.error}', file=sys.stderr)
    _agree(runs)
    return runs
