"""One run of a real program under one allocator: its folder, its processes, its CPU time, what the library told.

Every process gets the same environment under each allocator, LD_PRELOAD apart. Reports come over a socket, so that
a program that closes or redirects its stderr hides none; the hello that a process sends at its start proves that it
ran under the library.
"""
import ctypes
import json
import os
import pwd
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LIBRARIES = {'fast': ROOT / 'native/build/libspaces.so', 'debug': ROOT / 'native/build/libspaces-debug.so'}
ALLOCATORS = ('glibc', *LIBRARIES)
LINE_OF_OURS = re.compile(rb'spaces: .*')
PR_SET_CHILD_SUBREAPER = 36


class Failure(Exception):
    """A step of a program went wrong; the text says which and how."""


class Reports:
    """The reader at the other end of SPACES_REPORT_SOCKET."""

    def __init__(self, path):
        self.path = str(path)
        self.builds, self.reports = [], []
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(self.path)
        os.chmod(self.path, 0o777)  # servers change their user
        self._socket.listen(1024)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            connection, _ = self._socket.accept()
            with connection:
                connection.settimeout(5)
                try:
                    self._take(connection)
                except (OSError, ValueError, struct.error):
                    self.reports.append('a record that did not arrive whole')

    def _take(self, connection):
        data, wanted = b'', 4
        while len(data) < wanted and (more := connection.recv(65536)):
            data += more
            wanted = 4 + struct.unpack('<I', data[:4])[0] if len(data) >= 4 else 4
        if not data:
            return  # its process was killed just as it started
        record = json.loads(data[4:])
        if record['t'] == 'hello':
            self.builds.append(record['build'])
        else:
            self.reports.append(f'{record["message"]} (process {record["pid"]})')

    def clear(self):
        """Forget what arrived so far."""
        self.builds, self.reports = [], []


def adopt_orphans():
    """Let processes whose parent ended become ours, so that none is lost."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _children():
    for entry in Path('/proc').iterdir():
        try:
            if entry.name.isdigit():
                fields = (entry / 'stat').read_text().rpartition(')')[2].split()
                if int(fields[1]) == os.getpid() and fields[0] != 'Z':
                    yield int(entry.name), (entry / 'cmdline').read_bytes().replace(b'\0', b' ').decode(errors='replace')
        except (OSError, IndexError):
            continue


class Server:
    """A program that runs beside others until it is stopped."""

    def __init__(self, job, name, process):
        self.job, self.name, self.process = job, name, process

    def wait_until(self, ready, seconds=120):
        """Until `ready()` is true."""
        end = time.monotonic() + seconds
        while not ready():
            if self.process.poll() is not None:
                self.job.forget(self)
                raise Failure(f'{self.name} ended with {self.process.returncode} before it was ready: '
                              f'{self.job.tail(self.name)}')
            if time.monotonic() > end:
                raise Failure(f'{self.name} was not ready after {seconds} s: {self.job.tail(self.name)}')
            time.sleep(0.02)

    def stop(self, number=signal.SIGTERM, seconds=120, expected=0):
        """Send a signal and expect the end, with this exit status."""
        self.process.send_signal(number)
        self.ended(seconds, expected)

    def ended(self, seconds=120, expected=0):
        """Expect the end without asking for it."""
        status = self.job.reap(self, seconds)
        if status != expected:
            raise Failure(f'{self.name} ended with {status}, not {expected}: {self.job.tail(self.name)}')


class Job:
    """One run: `allocator` is glibc, fast or debug."""

    def __init__(self, allocator, folder, reports):
        self.allocator, self.folder, self.reports = allocator, folder, reports
        self.cpu = 0.0
        self._servers = []
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        folder.chmod(0o755)
        reports.clear()

    def environment(self, **more):
        """What a process of this run gets."""
        variables = {
            'PATH': '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME': str(self.folder),
            'TMPDIR': str(self.folder), 'LC_ALL': 'C', 'TZ': 'UTC', 'USER': 'root',
            'SPACES_FOLLOW': '1', 'SPACES_CHECK_AT_EXIT': '1', 'SPACES_REPORT_SOCKET': self.reports.path}
        if self.allocator in LIBRARIES:
            variables['LD_PRELOAD'] = str(LIBRARIES[self.allocator])
        return {**variables, **more}

    def _popen(self, command, name, env, user, stdin, stdout):
        with open(self.folder / f'{name}.log', 'ab') as log:
            more = {}
            if user and os.getuid() == 0:
                identity = pwd.getpwnam(user)
                more = {'user': identity.pw_uid, 'group': identity.pw_gid, 'extra_groups': []}
            return subprocess.Popen([str(word) for word in command], cwd=self.folder, env=self.environment(**env),
                                    stdin=stdin, stdout=stdout or log, stderr=log, start_new_session=True, **more)

    def _wait(self, process, name, seconds):
        """Exit status; what it and its children used is added up by the caller's choice."""
        end = time.monotonic() + seconds
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                process.returncode = os.waitstatus_to_exitcode(status)
                return usage.ru_utime + usage.ru_stime
            if time.monotonic() > end:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise Failure(f'{name} did not end within {seconds} s: {self.tail(name)}')
            time.sleep(0.005)

    def run(self, command, *, name=None, seconds=300, expected=0, counted=True, env=None, user=None, text=''):
        """Run a command to its end; its stdout. `counted`: its CPU time is part of the figure."""
        name = name or Path(command[0]).name
        with tempfile.TemporaryFile('w+', encoding='utf-8') as stdin, tempfile.TemporaryFile() as stdout:
            stdin.write(text)
            stdin.seek(0)
            process = self._popen(command, name, env or {}, user, stdin, stdout)
            used = self._wait(process, name, seconds)
            stdout.seek(0)
            output = stdout.read().decode(errors='replace')
        self.cpu += used if counted else 0
        if expected is not None and process.returncode != expected:
            raise Failure(f'"{" ".join(map(str, command))}" ended with {process.returncode}, not {expected}: '
                          f'{output[-400:]}{self.tail(name)}')
        return output

    def start(self, command, *, name=None, env=None, user=None):
        """Start a server; its CPU time counts."""
        name = name or Path(command[0]).name
        server = Server(self, name, self._popen(command, name, env or {}, user, subprocess.DEVNULL, None))
        self._servers.append(server)
        return server

    def reap(self, server, seconds):
        """Wait for a server's end; its exit status."""
        self.cpu += self._wait(server.process, server.name, seconds)
        self.forget(server)
        return server.process.returncode

    def forget(self, server):
        """The server has ended."""
        self._servers.remove(server)

    def own(self, user):
        """Make the folder one of `user`'s, where we may."""
        if os.getuid() == 0:
            identity = pwd.getpwnam(user)
            os.chown(self.folder, identity.pw_uid, identity.pw_gid)

    def tail(self, name):
        """The end of what a process wrote."""
        path = self.folder / f'{name}.log'
        return path.read_text(errors='replace')[-600:] if path.exists() else ''

    def clean_up(self):
        """End whatever still runs; what that was."""
        for server in list(self._servers):
            os.killpg(server.process.pid, signal.SIGKILL)
            server.process.wait()
            self._servers.remove(server)
        left = []
        deadline = time.monotonic() + 10
        # Daemons end a moment after the program that asked them to: that is not staying.
        while (found := list(_children())) and time.monotonic() < deadline:
            time.sleep(0.05)
        for pid, command in found:
            left.append(f'process {pid}: {command}')
            os.kill(pid, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass
        return left

    def told(self):
        """Reports, from the socket and from every log."""
        time.sleep(0.05)
        found = list(self.reports.reports)
        for path in sorted(self.folder.glob('*.log')):
            found += [f'{path.name}: {line.decode(errors="replace")}'
                      for line in LINE_OF_OURS.findall(path.read_bytes())]
        return found
