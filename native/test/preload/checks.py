"""What the scripts here share: numbered checks with a count at the end, and running programs."""
import os
import subprocess
import sys
from pathlib import Path

TEST = Path(__file__).resolve().parents[1]
NATIVE = TEST.parent
BUILD = NATIVE / 'build'
PLAIN = BUILD / 'test' / 'plain'
BUILDS = {'fast': BUILD / 'libspaces.so', 'debug': BUILD / 'libspaces-debug.so'}


class Checks:
    """Counts what held and says what did not."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, holds, seen=''):
        """One statement that must hold; `seen` is told where it does not."""
        if holds:
            self.passed += 1
            print(f'  ok    {name}')
        else:
            self.failed += 1
            print(f'  FAIL  {name}: {seen}')

    def equal(self, name, seen, expected):
        """Two values that must be the same."""
        self.check(name, seen == expected, f'{seen!r} instead of {expected!r}')

    def end(self):
        """Print the totals and end the script."""
        print(f'{self.passed} passed, {self.failed} failed')
        sys.exit(1 if self.failed else 0)


def run(command, stdin='', directory=None, **environment):
    """The finished process: returncode, stdout, stderr. Environment values of None are removed."""
    kept = {k: v for k, v in os.environ.items() if k != 'LD_PRELOAD' and not k.startswith('SPACES_')}
    # Damage is to be found where these checks look for it.
    environment.setdefault('SPACES_GUARD', 'off')
    kept.update({k: str(v) for k, v in environment.items() if v is not None})
    return subprocess.run([str(word) for word in command], input=stdin, env=kept, cwd=directory, text=True,
                          errors='backslashreplace', capture_output=True, timeout=60, check=False)
