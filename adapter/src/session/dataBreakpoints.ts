/** Data breakpoints: bytes watched by the processor, named by address so that they outlive their frame. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { messageOf, requestFailed } from '../errors';
import { hex, miString, parseAddress, type Gdb, type MiWatchpoint } from '../gdb/mi';
import type { FrameRef, Variables } from './variables';

interface WatchResult {
  wpt?: MiWatchpoint;
  'hw-rwpt'?: MiWatchpoint;
  'hw-awpt'?: MiWatchpoint;
}

/** x86-64 has four debug registers of up to eight bytes each. */
const WATCHABLE_BYTES = 32;
const OPTIONS: Record<DebugProtocol.DataBreakpointAccessType, string> = {
  write: '',
  read: '-r ',
  readWrite: '-a ',
};

/** The expression that gdb watches for an id made by `info`. */
export function watchExpression(dataId: string): string | undefined {
  const match = /^(0x[0-9a-f]+)\/(\d+)$/.exec(dataId);
  const bytes = Number(match?.[2]);
  if (!match || bytes < 1 || bytes > WATCHABLE_BYTES) {
    return undefined;
  }
  const scalar = { 1: 'unsigned char', 2: 'unsigned short', 4: 'unsigned int', 8: 'unsigned long' }[bytes];
  return scalar ? `*(${scalar} *) ${match[1]}` : `*(unsigned char (*)[${bytes}]) ${match[1]}`;
}

export class DataBreakpoints {
  private readonly kept = new Map<string, { number: string }>();

  constructor(
    private readonly gdb: Gdb,
    private readonly variables: Variables,
  ) {}

  /** Whether and how a variable, an expression or an address can be watched. */
  async info(
    args: DebugProtocol.DataBreakpointInfoArguments,
    frame: FrameRef | undefined,
  ): Promise<DebugProtocol.DataBreakpointInfoResponse['body']> {
    try {
      const { address, bytes } = await this.place(args, frame);
      if (bytes > WATCHABLE_BYTES) {
        return {
          dataId: null,
          description: `${args.name} has ${bytes} bytes; at most ${WATCHABLE_BYTES} can be watched`,
        };
      }
      return {
        dataId: `${hex(address)}/${bytes}`,
        description: args.asAddress ? `${bytes} bytes at ${hex(address)}` : args.name,
        accessTypes: ['write', 'read', 'readWrite'],
        canPersist: false,
      };
    } catch (error) {
      return { dataId: null, description: `${args.name} cannot be watched: ${messageOf(error)}` };
    }
  }

  /** Make these the data breakpoints. */
  async set(wanted: readonly DebugProtocol.DataBreakpoint[]): Promise<DebugProtocol.Breakpoint[]> {
    const keys = wanted.map((one) =>
      JSON.stringify([one.dataId, one.accessType ?? 'write', one.condition ?? '']),
    );
    for (const [key, { number }] of [...this.kept]) {
      if (!keys.includes(key)) {
        await this.gdb.sendCommand(`-break-delete ${number}`);
        this.kept.delete(key);
      }
    }
    const result: DebugProtocol.Breakpoint[] = [];
    for (const [index, one] of wanted.entries()) {
      result.push(await this.ensure(keys[index] ?? '', one));
    }
    return result;
  }

  has(number: string): boolean {
    return [...this.kept.values()].some((kept) => kept.number === number);
  }

  private async place(
    args: DebugProtocol.DataBreakpointInfoArguments,
    frame: FrameRef | undefined,
  ): Promise<{ address: bigint; bytes: number }> {
    if (args.asAddress) {
      const address = parseAddress(args.name);
      if (address === undefined) {
        throw requestFailed('this is no address');
      }
      return { address, bytes: args.bytes ?? 8 };
    }
    const named =
      args.variablesReference === undefined
        ? { expression: args.name, frame }
        : await this.variables.pathOf(args.variablesReference, args.name);
    const address = parseAddress(await this.variables.value(`(void *)&(${named.expression})`, named.frame));
    const bytes = Number(await this.variables.value(`sizeof(${named.expression})`, named.frame));
    if (address === undefined || !Number.isSafeInteger(bytes)) {
      throw requestFailed('it has no address');
    }
    return { address, bytes: args.bytes ?? bytes };
  }

  private async ensure(key: string, wanted: DebugProtocol.DataBreakpoint): Promise<DebugProtocol.Breakpoint> {
    const kept = this.kept.get(key);
    if (kept) {
      return { id: Number(kept.number), verified: true };
    }
    const expression = watchExpression(wanted.dataId);
    if (expression === undefined) {
      return { verified: false, message: `"${wanted.dataId}" cannot be watched.` };
    }
    try {
      const result = await this.gdb.sendCommand<WatchResult>(
        `-break-watch ${OPTIONS[wanted.accessType ?? 'write']}${miString(expression)}`,
      );
      const number = (result.wpt ?? result['hw-rwpt'] ?? result['hw-awpt'])?.number;
      if (number === undefined) {
        return { verified: false, message: 'gdb made no watchpoint.' };
      }
      if (wanted.condition) {
        await this.gdb.sendCommand(`-break-condition ${number} ${wanted.condition}`);
      }
      this.kept.set(key, { number });
      return { id: Number(number), verified: true };
    } catch (error) {
      return { verified: false, message: messageOf(error) };
    }
  }
}
