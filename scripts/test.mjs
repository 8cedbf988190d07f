/**
 * Every test of the product, from a bare machine: set-up, build, and each suite in turn. The last line is
 * `N passed, N failed`; a suite that does not run, or dies, counts as one failure.
 *
 * Usage: npm test [-- SUITE …]
 */
import { build } from './build.mjs';
import { StepError, main, seconds } from './lib/steps.mjs';
import { runSuite } from './lib/suites.mjs';
import { setup } from './setup.mjs';

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
  npm('adapter', 'test:adapter', 3),
  npm('unit', 'test:unit', 3),
  npm('dap', 'test:dap', 6),
  npm('programs', 'test:programs', 10),
  npm('e2e', 'test:e2e', 8),
  npm('electron', 'test:electron', 5),
];

function chosen(names) {
  const unknown = names.filter((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    throw new StepError(
      `No suite "${unknown.join('", "')}"; there are: ${SUITES.map((s) => s.name).join(', ')}.`,
    );
  }
  return names.length > 0 ? SUITES.filter((suite) => names.includes(suite.name)) : SUITES;
}

function show({ name, passed, failed, pending, time, note }) {
  const skipped = pending ? `, ${pending} skipped` : '';
  console.log(
    `  ${name.padEnd(10)} ${passed} passed, ${failed} failed${skipped} (${time})${note ? `: ${note}` : ''}`,
  );
}

main(async () => {
  const started = Date.now();
  const suites = chosen(process.argv.slice(2));
  const results = [];
  try {
    await setup('test');
    await build();
    for (const suite of suites) results.push(await runSuite(suite));
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    console.error(error.message);
    results.push({ name: 'set-up', passed: 0, failed: 1, time: seconds(started), note: 'see above' });
  }
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  console.log(`\nAll suites (${seconds(started)})`);
  results.forEach(show);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
  process.exitCode = sum('failed') > 0 ? 1 : 0;
});
