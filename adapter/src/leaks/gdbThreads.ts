/** Stack pointers and registers of all threads of a program that stands still in gdb. */
import type { Gdb, MiThread } from '../gdb/mi';
import type { Threads, ThreadState } from './roots';

/** rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp, r8 to r15, as gdb numbers them. */
const GENERAL = 16;
const RDI = 5;
const RSP = 7;
const NUMBERS = Array.from({ length: GENERAL }, (_, number) => number).join(' ');

interface MiRegister {
  number: string;
  value: string;
}

/** The state in gdb's list of register values; undefined where the stack pointer is missing. */
export function threadState(values: readonly MiRegister[]): ThreadState | undefined {
  const known = values.filter(({ value }) => /^0x[0-9a-f]+$/.test(value));
  const stack = known.find(({ number }) => Number(number) === RSP);
  return (
    stack && {
      stackPointer: BigInt(stack.value),
      registers: known.filter((one) => one !== stack).map(({ value }) => BigInt(value)),
    }
  );
}

/**
 * What all threads hold. `ending` is the thread that stopped at spaces_at_exit,
 * whose first argument says from where up its stack is live.
 */
export async function threadsInGdb(gdb: Gdb, ending?: number): Promise<Threads> {
  const { threads } = await gdb.sendCommand<{ threads: MiThread[] }>('-thread-info');
  const states = await Promise.all(
    threads.map(async ({ id }) => {
      const answer = await gdb.sendCommand<{ 'register-values': MiRegister[] }>(
        `-data-list-register-values --thread ${id} --frame 0 x ${NUMBERS}`,
      );
      const state = threadState(answer['register-values']);
      if (state && Number(id) === ending) {
        const argument = answer['register-values'].find(({ number }) => Number(number) === RDI);
        state.stackPointer = BigInt(argument?.value ?? state.stackPointer);
      }
      return state;
    }),
  );
  const found = states.filter((state) => state !== undefined);
  return { threads: found, every: found.length === states.length };
}
