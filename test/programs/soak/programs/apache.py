"""apache2 with threads and processes (mpm_event): compressed and plain files under ab, directory listings, a change of
user, a graceful restart under load. Pages must arrive whole."""
import hashlib
import http.client
import os
import signal
import threading

PORT = int(os.environ.get('SOAK_PORT', '18480'))
MODULES = ['mpm_event', 'authz_core', 'mime', 'dir', 'autoindex', 'deflate', 'filter', 'env', 'headers', 'rewrite', 'status']
CONFIGURATION = """
ServerRoot "{folder}"
ServerName localhost
Listen 127.0.0.1:{port}
PidFile pid
ErrorLog error.txt
LogLevel warn
User {user}
Group {user}
StartServers 2
ThreadsPerChild 16
ThreadLimit 16
MaxRequestWorkers 64
MaxConnectionsPerChild 3000
GracefulShutdownTimeout 20
TypesConfig /etc/mime.types
DocumentRoot "{folder}/pages"
<Directory "{folder}/pages">
  Options Indexes
  Require all granted
  AddOutputFilterByType DEFLATE text/html text/plain
  RewriteEngine On
  RewriteRule "^other-(.*)$" "$1"
</Directory>
Header set X-Soak "yes"
"""


def _get(path, **headers):
    connection = http.client.HTTPConnection('127.0.0.1', PORT, timeout=30)
    connection.request('GET', path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def _answers():
    try:
        return _get('/')[0] > 0
    except OSError:
        return False


def _ab(job, path, *words):
    output = job.run(['ab', '-q', *words, f'http://127.0.0.1:{PORT}{path}'], counted=False)
    return [line for line in output.splitlines()
            if line.startswith(('Complete requests', 'Failed requests', 'Non-2xx', 'Document Length'))]


def run(job):
    """Digests of pages, and what ab says of completed and failed requests."""
    pages = job.folder / 'pages'
    pages.mkdir()
    for number in range(40):
        (pages / f'page{number}.txt').write_text(f'line of page {number}\n' * (1 << (number % 14)))
    modules = ''.join(f'LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n' for name in MODULES)
    (job.folder / 'apache.conf').write_text(
        modules + CONFIGURATION.format(folder=job.folder, port=PORT, user='www-data'))
    server = job.start(['apache2', '-D', 'FOREGROUND', '-f', job.folder / 'apache.conf'])
    server.wait_until(_answers)
    told = []
    for number in range(0, 40, 3):
        for encoding in ('identity', 'gzip'):
            status, body = _get(f'/other-page{number}.txt', **{'Accept-Encoding': encoding})
            told.append(f'{number} {encoding} {status} {hashlib.sha256(body).hexdigest()}')
    told.append(f'{_get("/no-such-page")[0]} {len(_get("/")[1])}')
    told += _ab(job, '/page4.txt', '-n', '5000', '-c', '30')
    told += _ab(job, '/page13.txt', '-n', '1500', '-c', '16', '-H', 'Accept-Encoding: gzip')
    # A graceful restart while clients are at work: no request may fail.
    restart = threading.Timer(0.5, server.process.send_signal, (signal.SIGUSR1,))
    restart.start()
    told += _ab(job, '/page6.txt', '-n', '6000', '-c', '20')
    restart.join()
    server.wait_until(_answers)
    told += _ab(job, '/', '-n', '1000', '-c', '10')
    server.stop(signal.SIGTERM)
    return '\n'.join(told)
