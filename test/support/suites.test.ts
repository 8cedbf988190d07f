/** The runner of the suites: what it counts, and that no way of dying passes for success. */
import assert from 'node:assert/strict';
import { countResults, failuresOf, runSuite } from '../../scripts/lib/suites.mjs';

const shell = (script: string, minutes?: number) =>
  runSuite({ name: 'support-probe', command: 'sh', args: ['-c', script], ...(minutes ? { minutes } : {}) });

describe('counting results', () => {
  it('reads mocha', () => {
    const output = '  ✔ x\n\n  7 passing (2s)\n  1 pending\n  2 failing\n\n  1) y\n';
    assert.deepEqual(countResults(output), { passed: 7, failed: 2, pending: 1 });
  });
  it('reads mocha without failures, in colour', () => {
    const output = '\x1b[92m \x1b[0m\x1b[32m 12 passing\x1b[0m\x1b[90m (9ms)\x1b[0m\n';
    assert.deepEqual(countResults(output), { passed: 12, failed: 0, pending: 0 });
  });
  it('sums several runs of mocha', () => {
    assert.deepEqual(countResults('  1 passing (1s)\n\n  2 passing (1s)\n  3 failing\n'), {
      passed: 3,
      failed: 3,
      pending: 0,
    });
  });
  it('takes the last line of our own runners', () => {
    assert.deepEqual(countResults('1 passed, 0 failed\n5 passed, 1 failed\n'), {
      passed: 5,
      failed: 1,
      pending: 0,
    });
  });
  it('takes mocha where it has the last word', () => {
    assert.equal(countResults('5 passed, 1 failed\n  2 passing (1s)\n')?.passed, 2);
  });
  it('takes no sentence for a result', () => {
    assert.equal(countResults('all 5 passed, 1 failed of them\n'), undefined);
  });
});

describe('what failed, told again at the end', () => {
  it("is mocha's list, not its whole output", () => {
    const output = '  ✔ x\n\n  7 passing (2s)\n  1 failing\n\n  1) y\n     Error: z\n';
    assert.equal(failuresOf(output), '  1 failing\n\n  1) y\n     Error: z');
    assert.equal(failuresOf(output, 3), '  1 failing\n\n  1) y');
  });
  it('is the lines that say so of other runners, else the end', () => {
    assert.equal(failuresOf('ok a\n[  FAILED  ] b\nok c\n2 passed, 1 failed\n'), '[  FAILED  ] b');
    assert.equal(failuresOf('a\nb\nc\n', 2), 'b\nc');
  });
});

describe('running a suite', function () {
  this.timeout(10_000);
  it('passes results on', async () => {
    const result = await shell('echo "3 passed, 0 failed"');
    assert.equal(`${result.passed}/${result.failed}/${result.note ?? ''}`, '3/0/');
  });
  it('fails a suite that ends without a result', async () => {
    const result = await shell('exit 0');
    assert.deepEqual([result.passed, result.failed], [0, 1]);
  });
  it('fails a suite that ran nothing', async () => {
    assert.equal((await shell('echo "0 passed, 0 failed"')).failed, 1);
  });
  it('fails a suite whose exit code contradicts its result', async () => {
    const result = await shell('echo "3 passed, 0 failed"; exit 3');
    assert.deepEqual([result.passed, result.failed, result.failures], [3, 1, '3 passed, 0 failed']);
    assert.match(result.note ?? '', /code 3/);
  });
  it('fails a suite that is killed', async () => {
    const result = await shell('echo "3 passed, 0 failed"; kill -9 $$');
    assert.equal(result.failed, 1);
    assert.match(result.note ?? '', /SIGKILL/);
  });
  it('ends a suite that hangs, and what it started', async () => {
    const result = await shell('sleep 60 & sleep 60', 0.005);
    assert.equal(result.failed, 1);
    assert.match(result.note ?? '', /did not end/);
  });
  it('does not wait for a process that outlives the suite', async () => {
    const result = await shell('sleep 60 & echo "1 passed, 0 failed"');
    assert.equal(result.failed, 0);
  });
});
