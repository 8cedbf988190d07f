/**
 * Runs servers, compilers and test-suites under both builds once, then the suites that start real programs again and
 * again, for hours if asked, and looks for what a single run does not show: tests that fail now and then, processes
 * and temporary folders that stay.
 *
 * Usage: npm run test:soak [-- --minutes N] [SUITE …]
 */
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { dist } from './lib/paths.mjs';
import { processesWith } from './lib/processes.mjs';
import { StepError, main } from './lib/steps.mjs';
import { runSuite } from './lib/suites.mjs';
import { suites } from './lib/suite-list.mjs';
import { makeVsix } from './package.mjs';
import { setup } from './setup.mjs';

const DEFAULT_MINUTES = 60;
const DEFAULT_SUITES = ['sanitized', 'shared', 'creep', 'real-programs', 'dap', 'host', 'e2e'];
/** In the first round only: it has rounds of its own. */
const ONCE = ['sanitized', 'shared', 'creep', 'real-programs'];
const OURS = /^spaces-/;

const temporary = () => new Set(readdirSync(tmpdir()).filter((name) => OURS.test(name)));

/** What a round left behind: adapters that still run, folders that were not there before. */
function leftovers(before) {
  return [
    ...processesWith(`${dist}/adapter.js`).map(({ pid, command }) => `process ${pid}: ${command}`),
    ...[...temporary()].filter((name) => !before.has(name)).map((name) => `folder ${tmpdir()}/${name}`),
  ];
}

main(async () => {
  const { values, positionals } = parseArgs({
    options: { minutes: { type: 'string', default: String(DEFAULT_MINUTES) } },
    allowPositionals: true,
  });
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new StepError(`--minutes takes a number above 0, not "${values.minutes}".`);
  await setup('soak');
  await build();
  await makeVsix();
  const chosen = suites(positionals.length > 0 ? positionals : DEFAULT_SUITES);
  const end = Date.now() + minutes * 60_000;
  let passed = 0;
  let failed = 0;
  const again = chosen.filter(({ name }) => !ONCE.includes(name));
  for (let round = 1; round === 1 || (again.length > 0 && Date.now() < end); round++) {
    for (const suite of round === 1 ? chosen : again) {
      const before = temporary();
      const result = await runSuite(suite);
      const left = leftovers(before);
      passed += result.passed;
      failed += result.failed + left.length;
      console.log(
        `round ${round}, ${suite.name}: ${result.passed} passed, ${result.failed} failed (${result.time})`,
      );
      left.forEach((what) => console.log(`  left behind: ${what}`));
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
});
