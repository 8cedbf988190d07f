"""The allocators side by side: ours, the C library's, and every peer found on the machine."""
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

NATIVE = Path(__file__).resolve().parents[2]
OURS = 'spaces'
UNCHECKED = 'spaces-unchecked'

# name, file names the dynamic loader knows, Debian package
PEERS = (
    ('mimalloc', ('libmimalloc.so.2', 'libmimalloc.so.3', 'libmimalloc.so'), 'libmimalloc2.0'),
    ('jemalloc', ('libjemalloc.so.2',), 'libjemalloc2'),
    ('tcmalloc', ('libtcmalloc_minimal.so.4', 'libtcmalloc_minimal.so'), 'libtcmalloc-minimal4'),
)


class AllocatorError(Exception):
    """An allocator cannot take part; the message says why and what to do."""


@dataclass(frozen=True)
class Allocator:
    """`library` is what is preloaded; None: nothing, so the C library's own malloc."""
    name: str
    library: Path | None

    @property
    def ours(self):
        """Whether it is a build of this allocator; the rest are the peers it is measured against."""
        return self.name == OURS or self.name.startswith(OURS + '-')

    def serves(self, path):
        """Whether malloc of the file `path`, as a run tells it, is this allocator's."""
        if self.library is None:
            return re.match(r'libc\b', Path(path).name) is not None
        return Path(path).resolve() == self.library.resolve()


def _loader_cache():
    """File name -> path, for every x86-64 library the loader knows."""
    try:
        listing = subprocess.run(['/sbin/ldconfig', '-p'], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return {}
    found = {}
    for name, path in re.findall(r'^\s*(\S+) \([^)]*x86-64[^)]*\) => (\S+)$', listing, re.M):
        found.setdefault(name, Path(path))
    return found


def _check_name(name, library):
    if re.search(r'[\s:]', str(library)):
        raise AllocatorError(f'{name}: {library} holds a blank or a colon, which LD_PRELOAD takes for the end '
                             'of a name. Move it to a path without, or link to it from one.')


def ours():
    """Our fast build, and the same without its checks of links, which tells their price."""
    builds = (OURS, NATIVE / 'build/libspaces.so'), (UNCHECKED, NATIVE / 'build/bench/libspaces-unchecked.so')
    for name, library in builds:
        _check_name(name, library)
        if not library.is_file():
            raise AllocatorError(f'{library} does not exist. Build it with "make -C native && '
                                 'make -C native/bench", or leave out -s.')
    return [Allocator(name, library) for name, library in builds]


def installed_peers():
    """The C library, and those of PEERS that are installed; then what is missing, as (name, package)."""
    cache = _loader_cache()
    peers, missing = [Allocator('glibc', None)], []
    for name, files, package in PEERS:
        library = next((cache[file] for file in files if file in cache), None)
        if library:
            peers.append(Allocator(name, library))
        else:
            missing.append((name, package))
    return peers, missing


def added(text):
    """The allocator that `-a NAME=LIB` names."""
    name, equals, file = text.partition('=')
    if not equals or not re.fullmatch(r'[\w.+-]+', name) or not file:
        raise AllocatorError(f'-a "{text}" is not NAME=LIB, like -a hoard=/usr/local/lib/libhoard.so.')
    library = Path(file).absolute()
    if not library.is_file():
        raise AllocatorError(f'-a {name}: there is no file {file}.')
    _check_name(f'-a {name}', library)
    return Allocator(name, library)
