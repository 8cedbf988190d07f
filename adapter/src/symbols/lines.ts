/** Function, file and line of code addresses, as gdb's `info line` tells them. */
import { messageOf } from '../errors';
import type { GdbConsole } from '../gdb/console';
import { hex } from '../gdb/mi';

export interface CodeLocation {
  function: string;
  path?: string;
  line?: number;
}

/** Answers for many addresses at once, in their order. */
export interface LineSource {
  lookup(addresses: readonly bigint[]): Promise<CodeLocation[]>;
}

/** "<main+4>" → "main"; names of templates hold angle brackets themselves. */
function functionIn(text: string): string {
  const match = /^0x[0-9a-f]+ <(.*?)(?:\+\d+)?>(?:$| and ends at | but contains no code| is )/.exec(text);
  return match?.[1] ?? '';
}

/** The location in what `info line *ADDRESS` printed. */
export function parseInfoLine(text: string): CodeLocation {
  // gdb may have said something else before.
  const flat = (/^(?:Line \d+ of|No line number information).*/ms.exec(text)?.[0] ?? '')
    .trim()
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '');
  const known = /^Line (\d+) of "(.*)" (?:starts at|is at) address (.*)$/.exec(flat);
  if (known) {
    const [, line = '0', path = '', rest = ''] = known;
    const number = Number(line);
    return {
      function: functionIn(rest),
      path,
      ...(number > 0 ? { line: number } : {}),
    };
  }
  const unknown = /^No line number information available for address (.*)$/.exec(flat);
  return { function: unknown ? functionIn(unknown[1] ?? '') : '' };
}

/** Whether what `info line *ADDRESS` printed says that a line starts at that address. */
export function startsLine(text: string, address: bigint): boolean {
  const start = /^Line \d+ of ".*" (?:starts at|is at) address (0x[0-9a-f]+)/ms.exec(text)?.[1];
  return start !== undefined && BigInt(start) === address;
}

/** Asks the gdb that debugs the program; commands are sent at once and answered in order. */
export class GdbLines implements LineSource {
  constructor(
    private readonly console: GdbConsole,
    private readonly log: (text: string) => void,
  ) {}

  lookup(addresses: readonly bigint[]): Promise<CodeLocation[]> {
    return Promise.all(
      addresses.map(async (address) => {
        try {
          return parseInfoLine(await this.console.run(`info line *${hex(address)}`));
        } catch (error) {
          this.log(`info line *${hex(address)}: ${messageOf(error)}`);
          return { function: '' };
        }
      }),
    );
  }
}
