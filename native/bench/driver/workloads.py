"""The rows of the benchmark: which program with which arguments, and which figure ranks it."""
from dataclasses import dataclass, field

SECONDS = 'seconds'  # CPU, user and system, of the whole process

MICRO_SIZES = (16, 32, 64, 128, 256, 512, 1024)
MICRO_PAIRS = {'pair': 10_000_000, 'sequential': 4_000_000, 'random': 2_000_000, 'remote': 2_000_000}


@dataclass(frozen=True)
class Workload:
    """`figure` is 'seconds', or the name of a line that the program prints. Less is better."""
    name: str
    program: str
    full: tuple
    short: tuple
    figure: str = SECONDS
    unit: str = 's'
    instructions: int = field(default=0)  # size of a pair whose instructions are counted, or 0
    memory: int = field(default=0)        # MiB that the full form needs, where that is much

    def arguments(self, short):
        """Command-line arguments of the full or the short form."""
        return [str(word) for word in (self.short if short else self.full)]


def _published():
    for kind, name in (('plain', 'larson-2'), ('sized', 'larson-sized-2')):
        yield Workload(name, 'larson', (kind, 2, 25, 5000, 100, 8, 1000), (kind, 2, 3, 1000, 10, 8, 1000))
    yield Workload('malloc-large', 'malloc_large', (1000,), (40,))
    yield Workload('mleak-10', 'mleak', (10,), (1,))
    yield Workload('mleak-100', 'mleak', (100,), (2,))
    yield Workload('glibc-simple', 'glibc_simple', (1500,), (10,))
    for pairs in (2, 8):
        yield Workload(f'xmalloc-test-{pairs}', 'xmalloc_test', (pairs, 4000), (pairs, 80))
    for threads in (2, 8, 16):
        yield Workload(f'mstress-{threads}', 'mstress', (threads, 25, 200_000), (threads, 3, 20_000))
    yield Workload('spacesbench-16', 'spacesbench', (16, 20_000_000), (16, 200_000))
    for threads in (2, 8, 16):
        yield Workload(f'glibc-thread-{threads}', 'glibc_thread', (threads, 50_000_000), (threads, 300_000))


def _ours():
    yield Workload('teardown-region', 'teardown', ('region', 1_000_000, 3), ('region', 20_000, 2),
                   'teardown_milliseconds', 'ms')
    yield Workload('teardown-free', 'teardown', ('free', 1_000_000, 3), ('free', 20_000, 2),
                   'teardown_milliseconds', 'ms')
    for size in (16, 48, 256):
        yield Workload(f'pool-{size}', 'pool', (size, 20_000_000), (size, 100_000), 'ns_per_pair', 'ns')
    yield Workload('fragmentation', 'fragment', (12, 24), (6, 2), 'resident_per_live', 'x')
    yield Workload('creep-4', 'creep', (4, 600), (4, 30), 'resident_growth', 'x')


GROW = {'heap': ((1, 16, 256, 4096, 16_384), 3_000_000),
        'live': ((10_000, 1_000_000, 10_000_000, 100_000_000), 3_000_000),
        'threads': ((1, 4, 16, 64), 6_400_000), 'chunks': ((1, 100, 10_000, 100_000), 2_000_000)}


def _grow():
    for kind, (counts, replacements) in GROW.items():
        for count in counts:
            need = {'heap': count * 5 // 4, 'live': count // 20_000}.get(kind, 0)
            yield Workload(f'grow-{kind}-{count}', 'grow', (kind, count, replacements),
                           (kind, min(count, 64), 64_000), 'ns_per_pair', 'ns', memory=need)


def _micro():
    for order, pairs in MICRO_PAIRS.items():
        for size in MICRO_SIZES:
            yield Workload(f'micro-{order}-{size}', 'micro', (order, size, pairs), (order, size, 100_000),
                           'ns_per_pair', 'ns', size if order == 'pair' else 0)


WORKLOADS = (*_published(), *_ours(), *_micro(), *_grow())


def chosen(words):
    """The workloads named by any of `words`: exactly, or by what stands before a hyphen. All for none."""
    if not words:
        return list(WORKLOADS)
    found = [w for w in WORKLOADS
             if any(w.name == word or w.name.startswith(word + '-') for word in words)]
    for word in words:
        if not any(w.name == word or w.name.startswith(word + '-') for w in found):
            names = ' '.join(w.name for w in WORKLOADS)
            raise LookupError(f'No workload is called "{word}". There are: {names}')
    return found
