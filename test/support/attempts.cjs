/**
 * Read by mocha before any suite: says which tests passed only at a second attempt, where a suite allows one
 * (`--retries`). Suites of real processes do, as a busy machine may be too slow for one once; a test that needs it
 * often is wrong.
 */
const late = [];

exports.mochaHooks = {
  afterEach() {
    const test = this.currentTest;
    if (test && test.state === 'passed' && test.currentRetry() > 0) {
      late.push(test.fullTitle());
    }
  },
  afterAll() {
    for (const title of late.splice(0)) {
      console.log(`  passed at the second attempt: ${title}`);
    }
  },
};
