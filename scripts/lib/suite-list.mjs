/** The test suites in the order in which `npm test` runs them: quick ones first. */
import { StepError } from './steps.mjs';

const npm = (name, script, minutes) => ({
  name,
  command: 'npm',
  args: ['run', '--silent', script],
  minutes,
  env: { FORCE_COLOR: '0' },
});

const SUITES = [
  npm('lint', 'lint', 5),
  npm('native', 'test:native', 8),
  npm('bench', 'test:bench', 8),
  npm('adapter', 'test:adapter', 8),
  npm('unit', 'test:unit', 3),
  npm('cli', 'test:cli', 4),
  npm('package', 'test:package', 3),
  npm('dap', 'test:dap', 6),
  npm('misuse', 'test:misuse', 6),
  npm('programs', 'test:programs', 10),
  npm('e2e', 'test:e2e', 8),
  npm('host', 'test:host', 5),
];

/**
 * What `npm test` leaves out, as it takes an hour: `shared`, which also fuzzes the allocator and the reader; `creep`, ten
 * minutes of mixed work under each build, after which memory must not have grown; servers, compilers and test-suites under both builds.
 */
const LONG_SUITES = [
  { name: 'sanitized', command: 'make', args: ['-s', '-C', 'native', 'test-sanitize'], minutes: 90 },
  { name: 'shared', command: 'make', args: ['-s', '-C', 'native', 'test-soak'], minutes: 45 },
  { name: 'creep', command: 'bash', args: ['native/bench/creep.sh'], minutes: 60 },
  { name: 'real-programs', command: 'python3', args: ['-u', 'test/programs/soak'], minutes: 240 },
];

/** The suites of these names, or all of `npm test`'s. */
export function suites(names) {
  const all = [...LONG_SUITES, ...SUITES];
  const unknown = names.filter((name) => !all.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    const known = all.map((suite) => suite.name).join(', ');
    throw new StepError(`No suite "${unknown.join('", "')}"; there are: ${known}.`);
  }
  return names.length > 0 ? all.filter((suite) => names.includes(suite.name)) : SUITES;
}
