/** Entry of the suite that runs inside the extension host: VS Code calls `run` and exits with its outcome. */
import { readdirSync } from 'node:fs';
import * as path from 'node:path';
import Mocha from 'mocha';

export function run(): Promise<void> {
  const mocha = new Mocha({ timeout: 60_000, color: false, slow: 10_000, retries: 1 });
  for (const file of readdirSync(__dirname).filter((name) => name.endsWith('.test.js'))) {
    mocha.addFile(path.join(__dirname, file));
  }
  return new Promise((resolve, reject) => {
    let passed = 0;
    const runner = mocha.run((failures) => {
      console.log(`${passed} passed, ${failures} failed`);
      if (failures > 0) reject(new Error(`${failures} tests failed`));
      else resolve();
    });
    // Not among mocha's types; what our reporter tells of the other suites.
    (runner as NodeJS.EventEmitter).on('retry', (test: Mocha.Test, error: Error) => {
      console.log(`  first attempt failed: ${test.fullTitle()}\n${error.stack ?? error.message}\n`);
    });
    runner.on('pass', (test) => {
      passed++;
      // `currentRetry` is mocha's own, and not among its types.
      const { currentRetry } = test as unknown as { currentRetry: () => number };
      if (currentRetry.call(test) > 0) console.log(`  passed at the second attempt: ${test.fullTitle()}`);
    });
  });
}
