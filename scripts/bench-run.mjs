/**
 * What `spaces run` adds to a clean program, in the fast build: real programs of some seconds, alone, with the
 * library preloaded by hand, and under `spaces run`, one after the other in turns; medians. Ends with 1 where
 * `spaces run` adds 5 % of wall time or more to a program alone.
 *
 * Usage: npm run bench:run [-- --rounds N]
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { dist, root } from './lib/paths.mjs';
import { main } from './lib/steps.mjs';

const BAR = 0.05;
const LIBRARY = path.join(dist, 'native/libspaces.so');
const SPACES = path.join(dist, 'spaces.js');

const SCRIPT =
  'create table t(a, b); with recursive n(i) as (values(1) union all select i + 1 from n where i < 3000000) ' +
  "insert into t select 'row ' || i, i * 7 % 1000 from n; create index ti on t(b, a); " +
  'select b, count(*), max(a) from t group by b order by 2 limit 3;\n';

/** The compiler proper: gcc itself only starts it. */
function compiler(folder) {
  const cc1 = execFileSync('gcc', ['-print-prog-name=cc1'], { encoding: 'utf8' }).trim();
  const source = path.join(folder, 'spaces.i');
  execFileSync('gcc', ['-E', '-P', '-o', source, path.join(root, 'native/build/spaces.c')]);
  return [cc1, ['-quiet', '-O2', '-o', '/dev/null', source]];
}

function option(name, fallback) {
  const at = process.argv.indexOf(`--${name}`);
  const value = at < 0 ? fallback : Number(process.argv[at + 1]);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} must be a number`);
  return value;
}

/** Seconds of wall time and of CPU time of a command, of all that it starts. */
function run([command, args], { input, preload }) {
  const environment = preload === undefined ? [] : ['env', `LD_PRELOAD=${preload}`];
  const script = '"$@" >/dev/null; status=$?; times; exit $status';
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(
    '/bin/sh',
    ['-c', script, 'sh', ...environment, command, ...args],
    {
      input,
      encoding: 'utf8',
    },
  );
  const wall = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`);
  const times = [...stdout.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, seconds]) => 60 * minutes + +seconds,
  );
  return { wall, cpu: times.reduce((sum, one) => sum + one, 0) };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Medians of each way of starting a program, taken in turns. */
function inTurns(rounds, ways) {
  const taken = ways.map(() => []);
  for (let round = 0; round < rounds; round++) {
    ways.forEach((way, index) => taken[index].push(way()));
  }
  return taken.map((runs) => ({
    wall: median(runs.map(({ wall }) => wall)),
    cpu: median(runs.map(({ cpu }) => cpu)),
  }));
}

main(() => {
  const rounds = option('rounds', 7);
  const folder = mkdtempSync(path.join(tmpdir(), 'spaces-bench-run-'));
  const under = ([command, args]) => [SPACES, ['run', '--allocator', 'fast', '--', command, ...args]];
  const ms = (seconds) => `${(seconds * 1000).toFixed(0)} ms`;
  try {
    const [node, start, nothing] = inTurns(3 * rounds, [
      () => run([process.execPath, ['-e', '0']], {}),
      () => run(under(['/bin/true', []]), {}),
      () => run(['/bin/true', []], {}),
    ]);
    console.log(
      `a program that does nothing: ${ms(nothing.wall)}, under spaces run ${ms(start.wall)} ` +
        `(CPU ${ms(start.cpu)}); node -e 0 ${ms(node.wall)} (CPU ${ms(node.cpu)})`,
    );
    const programs = [
      ['sqlite3', ['sqlite3', [':memory:']], SCRIPT],
      ['cc1', compiler(folder), ''],
    ];
    let missed = 0;
    for (const [name, program, input] of programs) {
      const [alone, preloaded, spaces] = inTurns(rounds, [
        () => run(program, { input }),
        () => run(program, { input, preload: LIBRARY }),
        () => run(under(program), { input }),
      ]);
      const added = spaces.wall / alone.wall - 1;
      const percent = (share) => `${share < 0 ? '' : '+'}${(100 * share).toFixed(1)} %`;
      missed += added >= BAR ? 1 : 0;
      console.log(
        `${added < BAR ? 'ok  ' : 'MISS'}  ${name}: alone ${alone.wall.toFixed(2)} s; spaces run ${spaces.wall.toFixed(2)} s, ` +
          `${percent(added)} wall, ${percent(spaces.cpu / alone.cpu - 1)} CPU; to the preloaded library ` +
          `${percent(spaces.wall / preloaded.wall - 1)} wall, ${percent(spaces.cpu / preloaded.cpu - 1)} CPU`,
      );
    }
    process.exitCode = missed > 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
});
