"""The control: a program with damage in its heap. Each build must report it once, when it checks the heap at exit;
without that, the silence of the other programs would mean nothing."""
from pathlib import Path

MOST_ROUNDS = 1
REPORTS = {'fast': 1, 'debug': 1}


def run(job):
    """Build and run it; the compiler runs under the allocator too and must bring no report."""
    job.run(['gcc', '-O1', '-fno-builtin', '-o', 'control', Path(__file__).with_suffix('.c')], counted=False)
    if job.reports.reports:
        return 'a report from the compiler'
    job.run([job.folder / 'control'])
    return 'ran'
