/** Running a test suite as a program: its output passes through and is counted; a suite that dies has failed. */
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import path from 'node:path';
import { root, testOut } from './paths.mjs';
import { seconds } from './steps.mjs';

const COUNT = [
  // What our own runners print, and what mocha prints.
  /^\s*(?<passed>\d+) passed, (?<failed>\d+) failed\s*$/gm,
  /^\s*(?<passed>\d+) passing\b.*$(?:\n\s*(?<pending>\d+) pending\s*$)?(?:\n\s*(?<failed>\d+) failing\s*$)?/gm,
];
const ANSI = /\x1b\[[0-9;?]*[A-Za-z]/g; // eslint-disable-line no-control-regex
const KEEP = 1 << 20;

/**
 * Sums what the output of one suite says about itself: where a line of our own runners comes last, that line;
 * else all of mocha's. `undefined`: it says nothing.
 */
export function countResults(output) {
  const text = output.replace(ANSI, '');
  const own = [...text.matchAll(COUNT[0])].at(-1);
  const mochas = [...text.matchAll(COUNT[1])];
  const ownIsLast = own !== undefined && own.index > (mochas.at(-1)?.index ?? -1);
  const found = ownIsLast ? [own] : mochas;
  if (found.length === 0) return undefined;
  const sum = (name) => found.reduce((total, match) => total + Number(match.groups[name] ?? 0), 0);
  return { passed: sum('passed'), failed: sum('failed'), pending: ownIsLast ? 0 : sum('pending') };
}

/** What the output of one suite says about its failures, to be read once more at the end: its last lines, at most. */
export function failuresOf(output, most = 60) {
  const lines = output.replace(ANSI, '').trimEnd().split('\n');
  const first = lines.findIndex((line) => /^\s*\d+ failing\s*$/.test(line));
  if (first >= 0) return lines.slice(first, first + most).join('\n');
  const told = lines.filter((line) => /\b(FAILED|FAIL|not ok|ERROR|error:)/.test(line));
  return (told.length > 0 ? told : lines).slice(-most).join('\n');
}

/**
 * Runs `{name, command, args, env, minutes}`; resolves to `{name, passed, failed, pending, note, time, failures}`. The
 * whole output is kept in test/out/logs/NAME.log.
 */
export async function runSuite({ name, command, args, env = {}, minutes = 10 }) {
  const started = Date.now();
  console.log(`\n=== ${name}: ${[command, ...args].join(' ')}`);
  const logs = path.join(testOut, 'logs');
  mkdirSync(logs, { recursive: true });
  const log = createWriteStream(path.join(logs, `${name.replaceAll(/\W+/g, '-')}.log`));
  // Programs that a test lets crash leave no core file in the folder; a test that wants one raises the limit.
  const child = spawn('sh', ['-c', 'ulimit -S -c 0; exec "$@"', 'sh', command, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  const collect = (data) => {
    process.stdout.write(data);
    log.write(data);
    output = (output + data).slice(-KEEP);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  let timedOut = false;
  const kill = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      child.kill('SIGKILL');
    }
  };
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, minutes * 60_000);
  const end = await new Promise((resolve) => {
    child.once('error', (error) => resolve({ error }));
    // `exit`, not `close`: a process that a test left behind may hold the pipe for ever.
    child.once('exit', (code, signal) => setTimeout(() => resolve({ code, signal }), 200));
  });
  clearTimeout(timer);
  kill();
  log.end();
  const result = judge(countResults(output), end, timedOut, minutes);
  const failures = result.failed > 0 ? failuresOf(output) : undefined;
  return { name, time: seconds(started), failures, ...result };
}

function judge(count, { code, signal, error }, timedOut, minutes) {
  const result = count ?? { passed: 0, failed: 0, pending: 0 };
  const wrong = error
    ? `could not be started: ${error.message}`
    : timedOut
      ? `did not end within ${minutes} minutes`
      : signal
        ? `was killed by ${signal}`
        : !count
          ? `ended with code ${code} without saying what it ran`
          : count.passed + count.failed === 0
            ? 'ran no tests'
            : code !== 0 && count.failed === 0
              ? `exited with code ${code} although its tests passed`
              : undefined;
  return wrong ? { ...result, failed: result.failed + 1, note: wrong } : result;
}
