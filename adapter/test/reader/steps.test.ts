/** A program may be stopped after any instruction of the allocator: none leaves a heap that looks damaged. */
import * as assert from 'node:assert';
import { spawn } from 'node:child_process';
import * as path from 'node:path';
import { ROOT } from './support';

describe('heap reader after every instruction', function () {
  this.timeout(280_000);

  it('tells of no damage in the midst of an operation', async () => {
    const folder = path.join(ROOT, 'native/test/walker');
    const make = spawn('make', ['--no-print-directory', '-C', folder, 'steps', 'DEBUG_EVERY=40'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    make.stdout.on('data', (data: Buffer) => (output += data.toString()));
    make.stderr.on('data', (data: Buffer) => (output += data.toString()));
    const code = await new Promise((resolve) => make.once('close', resolve));
    assert.strictEqual(code, 0, output);
    const told = [
      ...output.matchAll(/each_step: seed \d+: (\d+) instructions, (\d+) checks .* 0 told of damage/g),
    ];
    assert.strictEqual(told.length, 2, output);
    told.forEach(([line]) => console.log(`      ${line}`));
  });
});
