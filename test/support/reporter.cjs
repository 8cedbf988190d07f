/**
 * Mocha's spec reporter, which also tells of tests that passed only at a second attempt, and why the first one failed.
 * Suites of real processes allow one (`--retries`), as a busy machine may be too slow for one once; a test that needs
 * it often is wrong.
 */
const { reporters } = require('mocha');

module.exports = class AttemptsReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const again = [];
    runner.on('retry', (test, error) => {
      console.log(`  first attempt failed: ${test.fullTitle()}\n${error.stack ?? error}\n`);
    });
    runner.on('pass', (test) => {
      if (test.currentRetry() > 0) again.push(test.fullTitle());
    });
    runner.once('end', () =>
      again.forEach((title) => console.log(`  passed at the second attempt: ${title}`)),
    );
  }
};
