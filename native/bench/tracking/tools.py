"""The tools side by side: how each runs a program, or why it cannot."""
from dataclasses import dataclass, field
from pathlib import Path

from programs import Absent, installed

NATIVE = Path(__file__).resolve().parents[2]
LIBRARY = NATIVE / 'build/libspaces-debug.so'
HEAPTRACK_FOLDERS = ('/usr/lib/heaptrack', '/usr/lib64/heaptrack', '/usr/lib/x86_64-linux-gnu/heaptrack',
                     '/usr/local/lib/heaptrack')


@dataclass
class Start:
    """How a tool starts a program."""
    command: list
    library: str = '-'
    environment: dict = field(default_factory=dict)


def _plain(program, _folder):
    return Start(program.command)


def _spaces(program, _folder):
    if not LIBRARY.is_file():
        raise Absent(f'{LIBRARY} is not built: make -C native')
    return Start(program.command, str(LIBRARY), {'SPACES_TRACK': 'all'})


def _heaptrack(program, folder):
    # The recording alone, into a file: no compression, no analysis.
    for place in HEAPTRACK_FOLDERS:
        library = Path(place) / 'libheaptrack_preload.so'
        if library.is_file():
            output = folder / 'heaptrack.raw'
            output.unlink(missing_ok=True)
            return Start(program.command, str(library), {'DUMP_HEAPTRACK_OUTPUT': str(output)})
    raise Absent('heaptrack is not installed: apt-get install heaptrack')


def _asan(program, _folder):
    if isinstance(program.sanitized, str):
        raise Absent(program.sanitized)
    return Start(program.sanitized, environment={'ASAN_OPTIONS': 'detect_leaks=0'})


def _valgrind(program, _folder):
    return Start([installed('valgrind', 'valgrind'), '-q', *program.command])


@dataclass(frozen=True)
class Tool:
    """`rounds`: no more than so many, as it takes its time."""
    name: str
    start: object
    rounds: int = 1000


PLAIN, SPACES, HEAPTRACK = 'plain', 'spaces-debug', 'heaptrack'
TOOLS = (Tool(PLAIN, _plain), Tool(SPACES, _spaces), Tool(HEAPTRACK, _heaptrack), Tool('asan', _asan),
         Tool('valgrind', _valgrind, rounds=1))
