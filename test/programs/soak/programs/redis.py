"""redis-server under redis-benchmark, then with data of every type through a background save, an append-only file
rewritten, and two restarts. Debian's is linked with jemalloc: that is what the other two are compared with."""
import signal

from harness import Failure

SOCKET = 'redis.sock'
SETTINGS = ['--port', '0', '--unixsocket', SOCKET, '--daemonize', 'no', '--appendonly', 'yes',
            '--enable-debug-command', 'yes', '--appendfsync', 'no', '--save', '3600', '1000000']


def _cli(job, *words, text=''):
    return job.run(['redis-cli', '-s', SOCKET, *words], counted=False, text=text).strip()


def _start(job, *more):
    # A process's own name decides: this is the same file as redis-check-rdb.
    server = job.start(['redis-server', *SETTINGS, *more], name='redis-server')
    server.wait_until(lambda: (job.folder / SOCKET).exists() and _cli(job, 'PING') == 'PONG')
    return server


def _commands():
    """Data of all types, grown, cut, overwritten and deleted, by a generator of our own."""
    x = 1
    for i in range(60000):
        x = (x * 1103515245 + 12345) % (1 << 31)
        key, size = x % 500, (x >> 9) % 3000 if x % 50 == 0 else (x >> 9) % 120
        kind = (x >> 3) % 11
        yield [f'SET s{key} {"v" * (size + 1)}', f'APPEND s{key} {"w" * (size + 1)}', f'HSET h{key} f{x % 71} {"h" * (size + 1)}',
               f'RPUSH l{key} {"l" * (size + 1)}', f'LPOP l{key}', f'SADD m{key} {x % 997} {"m" * (size % 90 + 1)}',
               f'ZADD z{key} {x % 1000} member{x % 333}', f'XADD x{key % 20} {i + 1}-1 field {"x" * (size + 1)}',
               f'DEL s{(key + 7) % 500}', f'HDEL h{key} f{(x >> 5) % 71}',
               f'EVAL "local t = {{}} for i = 1, 60 do t[i] = string.rep(ARGV[1], i) end return #table.concat(t)" 0 {x % 99}'][kind]


def _benchmark(job, *words):
    output = job.run(['redis-benchmark', '-s', SOCKET, '-q', '--csv', '-r', '20000', *words], counted=False)
    return sorted(line.split(',')[0] for line in output.splitlines()[1:])


def _wait_saved(job, server, field):
    server.wait_until(lambda: f'{field}:0' in _cli(job, 'INFO', 'persistence').replace('\r', ''))
    status = _cli(job, 'INFO', 'persistence').replace('\r', '')
    if 'rdb_last_bgsave_status:ok' not in status or 'aof_last_bgrewrite_status:ok' not in status:
        raise Failure(f'redis could not save: {status}')


def run(job):
    """Names of the tests that ran, answers, and digests of the data set before and after each restart."""
    server = _start(job)
    told = _benchmark(job, '-n', '4000', '-c', '50')
    told += _benchmark(job, '-n', '60000', '-c', '20', '-P', '16', '-t', 'set,get,lpush,lpop,sadd,hset,zadd,incr')
    told += _benchmark(job, '-n', '2000', '-d', '5000', '-t', 'set,get,lpush,mset')
    _cli(job, 'FLUSHALL')
    answers = _cli(job, text='\n'.join(_commands()) + '\n')
    told.append(f'{len(answers.splitlines())} answers, {answers.count("ERR")} errors')
    told.append(_cli(job, 'DEBUG', 'DIGEST'))
    _cli(job, 'BGSAVE')
    _wait_saved(job, server, 'rdb_bgsave_in_progress')
    _cli(job, 'BGREWRITEAOF')
    _wait_saved(job, server, 'aof_rewrite_in_progress')
    _cli(job, 'SHUTDOWN', 'SAVE')
    server.ended()
    server = _start(job)
    told.append(_cli(job, 'DEBUG', 'DIGEST'))
    _cli(job, 'MEMORY', 'PURGE')
    _cli(job, 'DEBUG', 'RELOAD')
    told.append(_cli(job, 'DEBUG', 'DIGEST'))
    server.stop(signal.SIGTERM)
    server = _start(job, '--io-threads', '2', '--io-threads-do-reads', 'yes')
    told.append(_cli(job, 'DBSIZE'))
    told += _benchmark(job, '-n', '2000', '-c', '20', '-t', 'set,get,lpush,lrange_100')
    _cli(job, 'FLUSHALL', 'ASYNC')
    server.stop(signal.SIGTERM)
    return '\n'.join(told)
