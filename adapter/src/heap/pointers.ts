/** The pointers among a frame's variables, and those one step behind them. */
import { parseAddress, type Gdb, miString } from '../gdb/mi';

export interface ScopePointer {
  name: string;
  address: bigint;
  /** 1-based line of the declaration. */
  line?: number;
}

/** Members of a structure that are looked at, and variables of a frame. */
const MAX_VARIABLES = 500;

const POINTER = /\*\s*(const|volatile|restrict|\s)*$/;
/** Text after a pointer's value, such as <main+4> or a string, is no part of it. */
const VALUE = /^(?:\([^()]*\)\s*)?(0x[0-9a-f]+)\b/i;

/** Pointers in what gdb prints of a structure: "{x = 3, next = 0x4052a0, name = 0x… \"text\"}". */
export function membersIn(name: string, text: string): { name: string; address: bigint }[] {
  const found: { name: string; address: bigint }[] = [];
  const path: string[] = [];
  // Strings and <symbols> are skipped; a name is kept until its value or its brace comes.
  const token = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|<[^<>]*>|([A-Za-z_]\w*)\s*=\s*|(0x[0-9a-f]+)|[{},]/g;
  let member = '';
  for (const match of text.matchAll(token)) {
    const [whole, label, value] = match;
    if (label !== undefined) {
      member = label;
    } else if (whole === '{') {
      path.push(member);
      member = '';
    } else if (whole === '}') {
      path.pop();
      member = '';
    } else if (whole === ',') {
      member = '';
    } else if (value !== undefined && member !== '') {
      const names = [...path.slice(1), member].filter((one) => one !== '');
      found.push({ name: `${name}.${names.join('.')}`, address: BigInt(value) });
      member = '';
    }
  }
  return found;
}

interface MiVariable {
  name: string;
  type?: string;
  value?: string;
}

/** The pointers in scope of a frame, each name once: the innermost that has it. */
export async function scopePointers(gdb: Gdb, threadId: number, level: number): Promise<ScopePointer[]> {
  const frame = `--thread ${threadId} --frame ${level}`;
  const { variables } = await gdb.sendCommand<{ variables: MiVariable[] }>(
    `-stack-list-variables ${frame} --skip-unavailable --simple-values`,
  );
  const seen = new Set<string>();
  const pointers: ScopePointer[] = [];
  for (const { name, type = '', value } of variables.slice(0, MAX_VARIABLES)) {
    if (seen.has(name)) {
      continue;
    }
    seen.add(name);
    if (value !== undefined) {
      const address = VALUE.exec(value)?.[1];
      if ((POINTER.test(type) || address !== undefined) && address !== undefined && !/\(\*/.test(type)) {
        pointers.push({ name, address: BigInt(address) });
      }
    } else if (!/\[/.test(type)) {
      // Structures have no simple value: gdb prints their members.
      try {
        const whole = await gdb.sendCommand<{ value?: string }>(
          `-data-evaluate-expression ${frame} ${miString(name)}`,
        );
        pointers.push(...membersIn(name, whole.value ?? ''));
      } catch {
        // It is optimised out, or too large to print.
      }
    }
  }
  return pointers.filter(({ address }) => address !== 0n).slice(0, MAX_VARIABLES);
}

/** The value of a pointer as gdb prints it, or undefined. */
export function pointerValue(text: string): bigint | undefined {
  return VALUE.test(text) ? parseAddress(text) : undefined;
}
