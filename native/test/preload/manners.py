#!/usr/bin/env python3
"""How the library behaves in programs that have never heard of it, and in what these start."""
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile

from checks import BUILD, BUILDS, PLAIN, Checks, run

checks = Checks()
# Modules that have libspaces.a inside.
OWN = {'fast': 'symbolic', 'debug': 'symbolic-debug'}


def seen(done):
    """What a program did, as one value."""
    return done.returncode, done.stdout, done.stderr


def untouched(build, library):
    """Output, errors and exit code are as without us."""
    for name, command, stdin in (('ls', ['ls', '-l', '/usr/include'], ''), ('true', ['true'], ''),
                                 ('false', ['false'], ''), ('ls of nothing', ['ls', '/nowhere'], ''),
                                 ('cat', ['cat'], 'one\ntwo\n'),
                                 ('a pipe', ['sh', '-c', 'sort | uniq -c | head -2; exit 4'], 'b\na\nb\n'),
                                 ('bash', ['bash', '-c', 'a=$(echo x | tr x y); echo $a >&2; kill -TERM $$'], ''),
                                 ('constructors and destructors', [PLAIN / 'early_late'], ''),
                                 ('200 modules', [PLAIN / 'plugins', PLAIN / 'plugin.so'], ''),
                                 ('signals amid allocations', [PLAIN / 'signals'], ''),
                                 ('thread-local objects', [PLAIN / 'thread_locals'], ''),
                                 ('6000 short threads', [PLAIN / 'short_threads'], ''),
                                 ('a module with an allocator inside',
                                  [PLAIN / 'unloads', PLAIN / f'{OWN[build]}.so'], '')):
        checks.equal(f'{name} ({build})', seen(run(command, stdin, LD_PRELOAD=library)),
                     seen(run(command, stdin)))


def children(build, library):
    """What a program that runs under us starts, runs without us, unless it is asked for."""
    starts = [PLAIN / 'starts', PLAIN / 'prints']
    done = run(starts, LD_PRELOAD=library, SPACES_HEAP_LIMIT='1GB', KEPT='yes')
    checks.equal(f'children see nothing of us ({build})', seen(done), (0, 'KEPT=yes\n' * 23, ''))
    done = run(starts, LD_PRELOAD=library, SPACES_HEAP_LIMIT='1GB', SPACES_FOLLOW='1', SPACES_GUARD=None)
    lines = sorted(set(done.stdout.splitlines()))
    checks.equal(f'children follow where asked ({build})', (done.returncode, lines),
                 (0, [f'LD_PRELOAD={library}', 'SPACES_FOLLOW=1', 'SPACES_HEAP_LIMIT=1GB']))
    checks.equal(f'  all of them ({build})', done.stdout.count('SPACES_FOLLOW=1'), 23)
    other = PLAIN / 'plugin.so'
    for value in (f'{other}:{library}', f'{library}:{other}', f'{library} {other}', f'{other} {library}'):
        done = run(starts, LD_PRELOAD=value)
        checks.equal(f'another preload is kept of "{value.replace(str(BUILD), "")}" ({build})',
                     sorted(set(done.stdout.splitlines())), [f'LD_PRELOAD={other}'])
    done = run([PLAIN / 'prints', 'HOME', 'KEPT'], LD_PRELOAD=library, KEPT='a b')
    checks.equal(f'the program\'s own environment is whole ({build})', done.stdout,
                 f'KEPT=a b\nHOME {os.environ["HOME"]}\nKEPT a b\n')


def forks(build, library):
    """Children of every kind, made by several threads while others allocate, end as they should."""
    done = run([PLAIN / 'forks', PLAIN / 'prints'], LD_PRELOAD=library)
    checks.equal(f'forks and execs from threads ({build})', seen(done), (0, 'wrong 0\n', ''))


def secure_mode(build, library):
    """A set-user-id program ignores a preload; we are not in its way."""
    if os.geteuid() != 0 or not shutil.which('setpriv'):
        print(f'  (no set-user-id test without root, {build})')
        return
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        program = shutil.copy(PLAIN / 'prints', directory)
        os.chown(program, 65534, 65534)
        os.chmod(program, 0o6755)
        done = run(['setpriv', '--reuid=1', '--regid=1', '--clear-groups', program], LD_PRELOAD=library)
        checks.check(f'a set-user-id program runs ({build})', done.returncode == 0, seen(done))
    done = run(['env', '-i', f'LD_PRELOAD={library}', PLAIN / 'early_late'])
    checks.equal(f'an empty environment ({build})', (done.returncode, done.stdout), (0, 'first second third\n'))


def read_records(listener):
    """Every record that arrived."""
    listener.settimeout(0.2)
    records = []
    while True:
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            return records
        with connection:
            connection.settimeout(5)
            data = b''
            while more := connection.recv(65536):
                data += more
        length, = struct.unpack('<I', data[:4])
        checks.equal('a record has its length', len(data), 4 + length)
        records.append(json.loads(data[4:]))


def reports(build, library):
    """Records are JSON of the agreed form; stderr has one line; the program goes on."""
    kinds = ['double-free', 'invalid-free', *(['overflow'] if build == 'debug' else [])]
    with tempfile.TemporaryDirectory() as directory:
        path = f'{directory}/a socket'
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen(64)
            for kind in [*kinds, 'none']:
                done = run([PLAIN / 'misuses', kind], LD_PRELOAD=library, SPACES_REPORT_SOCKET=path)
                hello, *rest = read_records(listener)
                checks.equal(f'{kind}: exit code and output ({build})', (done.returncode, done.stdout),
                             (3, 'to the end\n'))
                checks.equal(f'{kind}: hello ({build})', (hello['v'], hello['t'], hello['build']),
                             (1, 'hello', build))
                if kind == 'none':
                    checks.equal(f'no misuse, no report ({build})', (rest, done.stderr), ([], ''))
                    continue
                checks.equal(f'{kind}: one line on stderr ({build})',
                             re.sub(r'0x\w+', 'ADDRESS', done.stderr).count('\n'), 1)
                checks.equal(f'{kind}: one report ({build})', [r['kind'] for r in rest], [kind])
                report = rest[0]
                checks.check(f'{kind}: fields ({build})',
                             report['v'] == 1 and report['t'] == 'report' and report['message']
                             and report['pid'] == hello['pid']
                             and all(isinstance(report[f], int) for f in
                                     ('code', 'size', 'offset', 'sequence', 'thread', 'time'))
                             and all(re.fullmatch(r'0x[0-9a-f]+', frame) for stack in
                                     ('detected', 'allocated', 'freed') for frame in report[stack])
                             and re.fullmatch(r'([0-9a-f]{2})*', report['bytes']) is not None, report)
                checks.check(f'{kind}: stacks ({build})',
                             report['detected'] and (build == 'fast' or kind == 'invalid-free'
                                                     or report['allocated']), report)
                checks.check(f'{kind}: the message starts the line ({build})',
                             done.stderr == f'spaces: {report["message"]}\n', (done.stderr, report['message']))


def stacks_of(program, build, library, **settings):
    """The program's reports under these settings, by the socket."""
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f'{directory}/socket')
        listener.listen(64)
        run(program, LD_PRELOAD=library, SPACES_REPORT_SOCKET=f'{directory}/socket', **settings)
        hello, *reports_of_run = read_records(listener)
        checks.equal(f'hello ({build})', hello['t'], 'hello')
        return reports_of_run


def variables(build, library):
    """Each SPACES_* variable acts on a preloaded program; FOLLOW and REPORT_SOCKET are seen above."""
    def under(program, **settings):
        return run(program, LD_PRELOAD=library, **settings)
    fills, double_free = [PLAIN / 'fills'], [PLAIN / 'misuses', 'double-free']
    checks.equal(f'no limit ({build})', under(fills).stdout, '200 -\n')
    for name in ('SPACES_HEAP_LIMIT', 'SPACES_CEILING'):
        done = under(fills, **{name: '64MB'})
        count, error = done.stdout.split()
        checks.check(f'{name} ({build})', 30 <= int(count) <= 64 and error == 'ENOMEM', seen(done))
    done = under(double_free, SPACES_ABORT='1')
    checks.check(f'SPACES_ABORT ({build})', done.returncode == -6 and 'Double free' in done.stderr, seen(done))
    checks.equal(f'SPACES_QUIET ({build})', seen(under(double_free, SPACES_QUIET='1')), (3, 'to the end\n', ''))
    done = under([PLAIN / 'prints'], SPACES_HELP='1')
    checks.check(f'SPACES_HELP ({build})', done.stdout == '' and 'SPACES_HELP  1: print' in done.stderr, seen(done))
    done = under([PLAIN / 'prints'], SPACES_HEAP_LIMIT='lots')
    checks.check(f'a bad value is told ({build})', done.returncode == 0 and
                 'spaces: SPACES_HEAP_LIMIT is ignored: \'lots\'' in done.stderr, seen(done))
    if build != 'debug':
        return
    usual, = stacks_of(double_free, build, library)
    checks.check('stacks are kept', usual['allocated'] and usual['freed'], usual)
    off, = stacks_of(double_free, build, library, SPACES_TRACK='off')
    checks.equal('SPACES_TRACK=off', (off['allocated'], off['freed']), ([], []))
    one, = stacks_of(double_free, build, library, SPACES_STACK_DEPTH='1')
    checks.equal('SPACES_STACK_DEPTH=1', (len(one['allocated']), len(one['freed'])), (1, 1))
    left = [PLAIN / 'misuses', 'damage-at-exit']
    checks.equal('damage is found at exit', [r['kind'] for r in stacks_of(left, build, library)], ['overflow'])
    checks.equal('SPACES_CHECK_AT_EXIT=0', stacks_of(left, build, library, SPACES_CHECK_AT_EXIT='0'), [])
    late = [PLAIN / 'misuses', 'write-after-free']
    found, = stacks_of(late, build, library, SPACES_CHECK_AT_EXIT='0', SPACES_QUARANTINE='4KB')
    checks.equal('SPACES_QUARANTINE: found when it leaves a small one', found['kind'], 'write-after-free')
    checks.equal('SPACES_QUARANTINE: still in a large one',
                 stacks_of(late, build, library, SPACES_CHECK_AT_EXIT='0', SPACES_QUARANTINE='64MB'), [])


def static_tls(build, library):
    """The thread-local storage is small: it comes out of the loader's reserve."""
    headers = subprocess.run(['readelf', '-lW', str(library)], capture_output=True, text=True, check=True).stdout
    sizes = [int(line.split()[5], 16) for line in headers.splitlines() if line.strip().startswith('TLS')]
    checks.check(f'the TLS segment is under 256 bytes ({build})', len(sizes) == 1 and sizes[0] < 256, sizes)
    symbols = subprocess.run(['nm', '-D', '--defined-only', str(library)], capture_output=True, text=True,
                             check=True).stdout
    leaked = [s.split()[-1] for s in symbols.splitlines() if re.match(r'sp_', s.split()[-1])]
    checks.equal(f'nothing internal is exported ({build})', leaked, [])


for name, path in BUILDS.items():
    untouched(name, path)
    children(name, path)
    forks(name, path)
    secure_mode(name, path)
    reports(name, path)
    variables(name, path)
    static_tls(name, path)
checks.end()
