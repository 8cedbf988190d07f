"""postgres: initdb, pgbench with many clients, queries that sort, hash, index and run in parallel, a crash and the
recovery from it. The server refuses to run as root: it gets the user that its package makes."""
import signal
from pathlib import Path

USER = 'postgres'
SQL = """
create table t as select x as id, md5(x::text) as name, (x * 7919) % 1000 as k, repeat('p', x % 200) as pad
  from generate_series(1, 150000) x;
create index on t (name); create index on t using hash (k); create index on t using gin (string_to_array(pad, 'x'));
analyze t;
select count(*), sum(k), min(name), max(name) from t;
select k, count(*), string_agg(left(name, 2), ',' order by id) from t where k < 5 group by k order by k;
select sum(a.k * b.k) from t a join t b on a.id = b.id + 1;
select count(distinct left(name, 3)) from t;
select md5(string_agg(name, '' order by name desc)) from t;
select jsonb_object_agg(id, to_jsonb(t)) ->> '77' from t where id < 2000;
select count(*) from (select regexp_matches(name, '([a-f]+)([0-9]+)', 'g') from t where id < 30000) m;
do $$ declare s text := ''; r record; begin
  for i in 1..3000 loop s := s || i::text; begin perform 1 / (i % 7); exception when division_by_zero then s := s || '!'; end; end loop;
  raise info '%', md5(s); end $$;
set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0;
select k, avg(length(pad))::numeric(8,3) from t group by k order by k limit 5;
select xmlelement(name a, xmlagg(xmlelement(name b, id))) ::text = '' from t where id < 500;
update t set pad = pad || 'q' where k % 3 = 0; delete from t where k % 5 = 0; vacuum full t;
select count(*), sum(length(pad)) from t;
"""


def _programs():
    found = sorted(Path('/usr/lib/postgresql').glob('*/bin'), key=lambda path: int(path.parent.name))
    return found[-1]


def _dump(text):
    """A dump's end, without the random word that pg_dump puts around it."""
    return '\n'.join(line for line in text.splitlines() if 'restrict ' not in line)[-2000:]


def run(job):
    """Answers of queries, sums over pgbench's tables, before and after the crash."""
    programs = _programs()
    job.own(USER)

    def client(name, *words, text='', counted=False):
        return job.run([programs / name, '-h', job.folder, *words], user=USER, text=text, counted=counted)

    def sql(text):
        return client('psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', 'postgres', text=text)

    def start():
        server = job.start([programs / 'postgres', '-D', job.folder / 'data', '-k', job.folder, '-h', '',
                            '-c', 'fsync=off', '-c', 'max_connections=40', '-c', 'autovacuum_naptime=1s',
                            '-c', 'jit=on', '-c', 'jit_above_cost=100000'], user=USER)
        ready = [programs / 'pg_isready', '-q', '-h', job.folder]
        server.wait_until(lambda: job.run(ready, user=USER, counted=False, expected=None) == '' and
                          (job.folder / 'data/postmaster.pid').exists() and
                          'ready' in (job.folder / 'data/postmaster.pid').read_text())
        return server

    job.run([programs / 'initdb', '-D', job.folder / 'data', '-A', 'trust', '-N', '--locale=C', '-E', 'UTF8'],
            user=USER)
    server = start()
    client('pgbench', '-i', '-q', '-s', '3', 'postgres')
    client('pgbench', '-n', '-c', '8', '-j', '2', '-t', '1500', '--random-seed=7', 'postgres')
    client('pgbench', '-n', '-S', '-C', '-c', '4', '-t', '60', '--random-seed=8', 'postgres')
    client('pgbench', '-n', '-S', '-M', 'prepared', '-c', '4', '-t', '5000', '--random-seed=9', 'postgres')
    sums = ('select sum(abalance) from pgbench_accounts; select sum(tbalance) from pgbench_tellers;'
            'select count(*), sum(delta) from pgbench_history;')
    told = [sql(sums), sql(SQL), _dump(client('pg_dump', '-t', 't', '--no-comments', 'postgres'))]
    server.stop(signal.SIGQUIT)  # at once, with recovery at the next start
    server = start()
    told += [sql(sums), sql('select count(*), sum(k) from t')]
    server.stop(signal.SIGINT)
    return '\n'.join(told)
