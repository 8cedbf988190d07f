/**
 * Faults in the closed pages around guarded blocks. gdb is told of the signal before the library is; passed
 * on, the library's handler makes a report of it, and the program stops there. A fault that the library does
 * not take comes a second time from the same instruction: that one is the program's own.
 */
import type { MiStopped } from '../gdb/mi';

/** Evaluates an expression to a number; rejects where it cannot. */
export type EvaluateNumber = (expression: string) => Promise<bigint>;

const FAULT_ADDRESS = '(unsigned long)$_siginfo._sifields._sigfault.si_addr';
const bound = (name: 'low' | 'high'): string => `*(unsigned long *)&spaces_guard_${name}`;

export class GuardFaults {
  private passed: string | undefined;

  constructor(private readonly evaluate: EvaluateNumber) {}

  /** Whether the program is to go on with its signal. */
  async goesOn(stop: MiStopped): Promise<boolean> {
    const before = this.passed;
    this.passed = undefined;
    if (stop.reason !== 'signal-received' || stop['signal-name'] !== 'SIGSEGV') {
      return false;
    }
    try {
      const address = await this.evaluate(FAULT_ADDRESS);
      const guarded =
        address >= (await this.evaluate(bound('low'))) && address < (await this.evaluate(bound('high')));
      const fault = `${stop.frame?.addr ?? ''} ${address}`;
      if (!guarded || fault === before) {
        return false;
      }
      this.passed = fault;
      return true;
    } catch {
      return false; // the library is not there, or an older one
    }
  }
}
