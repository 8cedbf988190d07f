"""Runs: one program under one tool, once, through measure; it counts if it did what the plain program does."""
import hashlib
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools import NATIVE

MEASURE = NATIVE / 'build/bench/measure'
TIME_LIMIT = 900
# Ours finds nothing in these programs, and a library that is not there would cost nothing. (Valgrind has something
# to say of cc1.)
COMPLAINT = re.compile(r'^spaces|cannot be preloaded', re.M)


@dataclass
class Run:
    """What one run cost, and a digest of what the program printed."""
    seconds: float
    rss_kib: int
    faults: int
    output: str


class Failed(Exception):
    """A run that does not count."""


def _environment(extra):
    settings = ('LD_PRELOAD', 'SPACES_', 'MALLOC_', 'GLIBC_TUNABLES', 'PYTHON', 'ASAN_', 'VALGRIND_', 'HEAPTRACK_')
    return {**{k: v for k, v in os.environ.items() if not k.startswith(settings)}, **extra}


def run_once(program, tool, folder):
    """A Run, or Failed. Raises Absent where the tool cannot run the program."""
    start = tool.start(program, folder)
    with tempfile.NamedTemporaryFile(dir=folder) as costs, open(program.stdin or os.devnull, 'rb') as stdin:
        done = subprocess.run([MEASURE, costs.name, str(TIME_LIMIT), start.library, *start.command],
                              env=_environment({**program.environment, **start.environment}),
                              stdin=stdin, capture_output=True, check=False)
        told = dict(line.split() for line in Path(costs.name).read_text(encoding='ascii').splitlines())
    errors = done.stderr.decode(errors='replace').strip()
    if told.get('exit_code') != '0':
        raise Failed(f'{program.name} under {tool.name} ended with exit code {told.get("exit_code")}, signal '
                     f'{told.get("signal")}. It said: {errors[-400:]}')
    if COMPLAINT.search(errors):
        raise Failed(f'{program.name} under {tool.name} said: {errors[:400]}')
    return Run(float(told['user_seconds']) + float(told['system_seconds']), int(told['rss_kib']),
               int(told['minor_faults']), hashlib.sha256(done.stdout).hexdigest())


def check_output(run, plain, program, tool):
    """Failed where the program printed something else than it does alone."""
    if run.output != plain.output:
        raise Failed(f'{program.name} under {tool.name} printed something else than alone')
