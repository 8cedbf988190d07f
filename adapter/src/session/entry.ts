/**
 * The stop on entry: at main where its name is known, else at the first
 * instruction of the program itself, behind the dynamic loader.
 */
import type { GdbConsole } from '../gdb/console';
import type { Gdb, MiStopped } from '../gdb/mi';
import { breakAtMain } from './backend';

export class EntryStop {
  /** Number of the breakpoint at the entry, once it is set. */
  breakpoint: string | undefined;
  /** The program has no main that gdb knows: it is started to its very first instruction. */
  fromFirstInstruction = false;

  constructor(
    private readonly gdb: Gdb,
    private readonly console: GdbConsole,
  ) {}

  async prepare(): Promise<void> {
    this.breakpoint = await breakAtMain(this.gdb);
    this.fromFirstInstruction = this.breakpoint === undefined;
  }

  /** Start the program to its first instruction, which is the loader's. */
  async start(): Promise<void> {
    await this.console.run('starti');
  }

  /** The first stop in the loader: set the breakpoint at the entry and run to it. */
  async goesOn(_stop: MiStopped): Promise<boolean> {
    if (!this.fromFirstInstruction) {
      return false;
    }
    this.fromFirstInstruction = false;
    const address = /Entry point: (0x[0-9a-f]+)/.exec(await this.console.run('info files'))?.[1];
    if (address === undefined) {
      return false;
    }
    const { bkpt } = await this.gdb.sendCommand<{ bkpt: { number: string } }>(`-break-insert -t *${address}`);
    this.breakpoint = bkpt.number;
    await this.gdb.sendCommand('-exec-continue');
    return true;
  }
}
