import * as assert from 'node:assert/strict';
import { GuardFaults } from '../../src/session/guardFaults';

const LOW = 0x7000_0000n;
const HIGH = 0x7100_0000n;

function faultsAt(address: bigint): GuardFaults {
  return new GuardFaults((expression) =>
    Promise.resolve(expression.endsWith('low') ? LOW : expression.endsWith('high') ? HIGH : address),
  );
}

const stop = (addr: string) => ({
  reason: 'signal-received',
  'signal-name': 'SIGSEGV',
  frame: { level: '0', addr },
});

describe('faults in guarded blocks', () => {
  it('are passed on to the library once', async () => {
    const faults = faultsAt(LOW + 8n);
    assert.equal(await faults.goesOn(stop('0x10')), true);
    assert.equal(await faults.goesOn(stop('0x10')), false, 'the library did not take it');
    assert.equal(await faults.goesOn(stop('0x10')), true);
    assert.equal(await faults.goesOn(stop('0x20')), true, 'another instruction');
    assert.equal(await faults.goesOn({ reason: 'breakpoint-hit', bkptno: '1' }), false);
    assert.equal(await faults.goesOn(stop('0x20')), true, 'the program has run since');
  });

  it('are not those elsewhere, of another signal, or without the library', async () => {
    assert.equal(await faultsAt(8n).goesOn(stop('0x10')), false);
    assert.equal(await faultsAt(HIGH).goesOn(stop('0x10')), false);
    assert.equal(await faultsAt(LOW).goesOn({ ...stop('0x10'), 'signal-name': 'SIGBUS' }), false);
    const none = new GuardFaults(() => Promise.reject(new Error('No symbol "spaces_guard_low"')));
    assert.equal(await none.goesOn(stop('0x10')), false);
  });
});
