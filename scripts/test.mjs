/**
 * Every test of the product, from a bare machine: set-up, build, and each suite in turn. The last line is
 * `N passed, N failed`; a suite that does not run, or dies, counts as one failure.
 *
 * Usage: npm test [-- SUITE …]
 */
import { build } from './build.mjs';
import { StepError, main, seconds } from './lib/steps.mjs';
import { suites } from './lib/suite-list.mjs';
import { runSuite } from './lib/suites.mjs';
import { makeVsix } from './package.mjs';
import { setup } from './setup.mjs';

function show({ name, passed, failed, pending, time, note }) {
  const skipped = pending ? `, ${pending} skipped` : '';
  console.log(
    `  ${name.padEnd(10)} ${passed} passed, ${failed} failed${skipped} (${time})${note ? `: ${note}` : ''}`,
  );
}

main(async () => {
  const started = Date.now();
  const chosen = suites(process.argv.slice(2));
  const results = [];
  try {
    await setup('test');
    await build();
    await makeVsix();
    for (const suite of chosen) results.push(await runSuite(suite));
  } catch (error) {
    console.error(error instanceof StepError ? error.message : error);
    results.push({ name: 'set-up', passed: 0, failed: 1, time: seconds(started), note: 'see above' });
  }
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  for (const { name, failures } of results.filter((result) => result.failures)) {
    console.log(`\n=== What failed in ${name}\n${failures}`);
  }
  console.log(`\nAll suites (${seconds(started)})`);
  results.forEach(show);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
  process.exitCode = sum('failed') > 0 ? 1 : 0;
});
