"""The four programs: what of them must be installed, and how they are started on their inputs."""
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import inputs

MAP_SOURCE = Path(__file__).resolve().parent / 'map.cc'


class Absent(Exception):
    """A program or a tool that this machine does not have; the message says which and what to do."""


@dataclass
class Program:
    """`command` reads `stdin`, if any; `sanitized` is the same program built with AddressSanitizer, or why not."""
    name: str
    command: list
    stdin: Path | None = None
    environment: dict = field(default_factory=dict)
    sanitized: list | str = 'not ours to recompile'


def installed(name, package):
    """Path of a program, or Absent."""
    path = shutil.which(name)
    if not path:
        raise Absent(f'{name} is not installed: apt-get install {package}')
    return path


def _write(path, pieces):
    with path.open('w', encoding='ascii') as file:
        file.writelines(pieces)
    return path


def _sqlite3(folder, short):
    return Program('sqlite3', [installed('sqlite3', 'sqlite3')],
                   stdin=_write(folder / 'orders.sql', inputs.sql_script(short)))


def _cc1(folder, short):
    gcc = installed('gcc', 'gcc')
    told = subprocess.run([gcc, '-print-prog-name=cc1'], capture_output=True, text=True, check=True).stdout.strip()
    if not os.path.isabs(told):
        raise Absent('gcc has no C compiler (cc1) of its own here: apt-get install gcc')
    source = _write(folder / 'generated.c', inputs.c_source(short))
    return Program('cc1', [told, '-quiet', '-O1', str(source), '-o', '/dev/stdout'])


def _python(folder, short):
    script = _write(folder / 'orders.py', inputs.python_script(short))
    # Nothing of the user's; the hash seed, that each run does the same.
    return Program('python', [os.path.realpath(sys.executable), '-s', '-S', str(script)],
                   environment={'PYTHONMALLOC': 'malloc', 'PYTHONHASHSEED': '0'})


def _map(folder, short):
    compiler = installed('g++', 'g++')
    base = [compiler, '-std=c++17', '-O2', '-g', str(MAP_SOURCE), '-o']
    operations = str(inputs.MAP_OPERATIONS[short])
    subprocess.run([*base, str(folder / 'map')], check=True)
    built = subprocess.run([*base, str(folder / 'map-asan'), '-fsanitize=address'], capture_output=True, text=True,
                           check=False)
    sanitized = [str(folder / 'map-asan'), operations]
    if built.returncode:
        sanitized = f'g++ cannot build with it here: {built.stderr.strip()[-200:]}'
    return Program('map', [str(folder / 'map'), operations], sanitized=sanitized)


MAKERS = {'sqlite3': _sqlite3, 'cc1': _cc1, 'python': _python, 'map': _map}


def make(name, folder, short):
    """The program of that name with its input in the folder; raises Absent."""
    return MAKERS[name](folder, short)
