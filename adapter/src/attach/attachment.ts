/**
 * A process that was found running and is left running. It is held for as short
 * a time as gdb allows: the symbols that gdb reads when it attaches are read
 * before, of the same files, so that it has them; those of all other libraries
 * are read when the process runs again.
 *
 *   warm → attach, the allocator's symbols, the report socket → continue → the rest
 *          |<-------------- the process stands still ------>|
 */
import { messageOf } from '../errors';
import type { GdbConsole } from '../gdb/console';
import { hex, parseAddress, type Gdb } from '../gdb/mi';
import { ownerOf } from '../symbols/classify';
import { mapsOf, parseMaps } from '../symbols/modules';
import type { Attachable } from './process';

/** Libraries that gdb looks into while it attaches. */
const NEEDED = /\/(ld-linux[^/]*|libc|libpthread)([-.][\d.]+)?\.so/;
/** Words that gdb takes as they are. */
const PLAIN = /^[\w./+-]+$/;
const SOCKET_VARIABLE = 'spaces_report_socket';

export class Attachment {
  /** How long the process stood still when we attached, in milliseconds. */
  heldFor = 0;
  private attached = false;
  /** gdb's inferiors that stand for the files read ahead: as long as there is one, gdb keeps its symbols. */
  private warmed: string[] = [];
  private socketAt: bigint | undefined;
  private settled = false;

  constructor(
    private readonly gdb: Gdb,
    private readonly console: GdbConsole,
    readonly process: Attachable,
    private readonly log: (text: string) => void,
  ) {}

  /** Read ahead what gdb needs while the process stands still. */
  async warm(): Promise<void> {
    await this.gdb.sendCommand('-gdb-set auto-solib-add off');
    const mappings = parseMaps(await mapsOf(this.process.pid).read());
    const files = [...new Set(mappings.map(({ path }) => path))].filter(
      (path) => PLAIN.test(path) && (NEEDED.test(path) || ownerOf(path, '') === 'allocator'),
    );
    for (const file of files) {
      try {
        const added = await this.console.run(`add-inferior -no-connection -exec ${file}`);
        this.warmed.push(...(/^Added inferior (\d+)/m.exec(added)?.slice(1) ?? []));
      } catch (error) {
        // Attaching takes longer, that is all.
        this.log(`reading ${file} ahead: ${messageOf(error)}`);
      }
    }
  }

  /** Attach; `stopped` resolves when gdb tells that the process stands still. Reports go to `socket` from then on. */
  async take(stopped: Promise<void>, socket: string | undefined): Promise<void> {
    await this.gdb.sendCommand(`-target-attach ${this.process.pid}`);
    this.attached = true;
    await stopped;
    await this.console.run('sharedlibrary libspaces').catch(() => undefined);
    if (socket !== undefined) {
      await this.sendReportsTo(socket);
    }
  }

  /** Whether the reports of the process come to us. */
  get reports(): boolean {
    return this.socketAt !== undefined;
  }

  /** The process runs: read the symbols of its other libraries, and forget those that were read ahead. */
  async settle(): Promise<void> {
    if (this.settled) {
      return;
    }
    this.settled = true;
    const warmed = this.warmed.splice(0);
    if (warmed.length > 0) {
      await this.console.run(`remove-inferiors ${warmed.join(' ')}`).catch((error: unknown) => {
        this.log(`files read ahead: ${messageOf(error)}`);
      });
    }
    await this.gdb.sendCommand('-gdb-set auto-solib-add on');
    try {
      await this.console.run('sharedlibrary');
    } catch (error) {
      this.settled = false;
      this.log(`symbols of libraries: ${messageOf(error)}`);
    }
  }

  /** Let the process go on by itself, with no breakpoint and no socket of ours in it. */
  async letGo(stop: () => Promise<void>): Promise<void> {
    if (!this.attached) {
      return;
    }
    this.attached = false;
    try {
      await this.leave();
    } catch (error) {
      // A gdb that cannot leave a running process.
      this.log(`detaching: ${messageOf(error)}`);
      await stop();
      await this.leave();
    }
  }

  private async leave(): Promise<void> {
    if (this.socketAt !== undefined) {
      await this.gdb.sendCommand(`-data-write-memory-bytes ${hex(this.socketAt)} "00"`);
      this.socketAt = undefined;
    }
    await this.gdb.sendCommand('-target-detach');
  }

  private async sendReportsTo(socket: string): Promise<void> {
    try {
      const { value } = await this.gdb.sendCommand<{ value: string }>(
        `-data-evaluate-expression "(unsigned long)&${SOCKET_VARIABLE}"`,
      );
      const address = parseAddress(value);
      if (address !== undefined) {
        const bytes = Buffer.from(`${socket}\0`).toString('hex');
        await this.gdb.sendCommand(`-data-write-memory-bytes ${hex(address)} "${bytes}"`);
        this.socketAt = address;
      }
    } catch (error) {
      // A library of before, or one that was linked in and stripped: errors stop the process without their details.
      this.log(`report socket: ${messageOf(error)}`);
    }
  }
}
