"""mariadbd: a data folder made from nothing, eight clients at once on tables of two engines, sorts, joins, temporary
tables, a shutdown and a second start."""
import os
import threading

SETTINGS = ['--no-defaults', '--skip-networking', '--skip-log-bin',
            '--innodb-buffer-pool-size=64M', '--innodb-flush-log-at-trx-commit=0', '--pid-file=pid',
            '--performance-schema=ON', '--thread-handling=one-thread-per-connection']

SQL = """
create table t (id int primary key auto_increment, k int, name varchar(80), pad text, key (k), key (name));
insert into t (k, name, pad) select seq * 7919 % 1000, md5(seq), repeat('p', seq % 300) from seq_1_to_60000;
select count(*), sum(k), min(name), max(name), sum(length(pad)) from t;
select k, count(*), group_concat(left(name, 2) order by id) from t where k < 4 group by k order by k;
select sum(a.k * b.k) from t a join t b on a.id = b.id + 1;
select md5(group_concat(x order by x)) from (select distinct left(name, 3) x from t) d;
create table u engine=aria as select * from t;
update u set pad = concat(pad, 'q') where k % 3 = 0;
delete from u where k % 5 = 0;
select count(*), sum(length(pad)) from u;
select json_length(json_arrayagg(json_object('id', id, 'name', name))) from t where id <= 3000;
select count(*) from t where name regexp '^[a-f]+[0-9]{2}';
with recursive r (n, s) as (select 1, cast('' as char(3000)) union all select n + 1, concat(s, n) from r where n < 500)
  select md5(s) from r where n = 500;
"""


def _client(job, number, answers):
    """One client's work: a table of its own, and rows of everybody's, in transactions."""
    statements = [f'create table c{number} (id int primary key, v varchar(500));']
    x = number + 1
    for i in range(600):
        x = (x * 1103515245 + 12345) % (1 << 31)
        statements.append(f"replace into c{number} values ({x % 200}, repeat('{chr(97 + number)}', {x % 500}));")
        statements.append(f'update everybody set n = n + {x % 10} where id = {x % 16};')
        if i % 50 == 0:
            statements.append(f'select count(*), sum(length(v)) from c{number};')
    answers[number] = _sql(job, '\n'.join(statements), f'client{number}')


def _sql(job, text, name='mariadb'):
    script = job.folder / f'{name}.sql'
    script.write_text(text)
    return job.run(['mariadb', '--no-defaults', '-S', 'mariadb.sock', '-N', '-B', '-u', 'root', 'soak',
                    '-e', f'source {script}'], name=name, counted=False)


def run(job):
    """The answers of all clients, and the sums after a restart."""
    user = ['--user=root'] if os.getuid() == 0 else []
    job.run(['mariadb-install-db', '--no-defaults', f'--datadir={job.folder}/data', '--auth-root-authentication-method=normal',
             '--skip-test-db', *user], name='install')

    def start():
        server = job.start(['mariadbd', *SETTINGS, f'--datadir={job.folder}/data', f'--socket={job.folder}/mariadb.sock', *user])
        ping = ['mariadb', '--no-defaults', '-S', 'mariadb.sock', '-u', 'root', '-e', 'create database if not exists soak']
        server.wait_until(lambda: (job.folder / 'mariadb.sock').exists() and
                          job.run(ping, name='ping', counted=False, expected=None) == '' and
                          (job.folder / 'data/soak').exists())
        return server

    server = start()
    told = [_sql(job, SQL)]
    _sql(job, 'create table everybody (id int primary key, n int) engine=innodb;'
              'insert into everybody select seq, 0 from seq_0_to_15;')
    answers = {}
    threads = [threading.Thread(target=_client, args=(job, number, answers)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told += [answers.get(number, f'client {number} failed') for number in range(8)]
    sums = 'select sum(n) from everybody; select count(*), sum(k), sum(length(pad)) from t; check table t, u, everybody;'
    told.append(_sql(job, sums))
    server.stop()
    server = start()
    told.append(_sql(job, sums))
    server.stop()
    return '\n'.join(told)
