/** What a program has lost when it ends, and its children with it: found while they wait, told, and let go. */
import { messageOf } from '../errors';
import { UNWATCHED, type Task } from '../heap/task';
import type { AgentExit, LeakRecord } from '../protocol';
import type { Reporting } from '../reports/reporting';
import type { NewReport } from '../reports/store';
import { lostAtExit, readAtExit } from './exit';
import type { LeakFinder } from './finder';
import type { Suppressions } from './suppressions';
import { loadSuppressions, tellLost } from './telling';

export interface LeaksHost {
  /** Path of the file of leaks that are intended. */
  suppressions(): string | undefined;
  /** A line for the console. */
  output(line: string): void;
  /** Shows how far work is while a program waits for it; absent: nobody looks. */
  watched?<T>(work: (task: Task) => Promise<T>): Promise<T>;
}

export class LeaksAtEnd {
  constructor(
    private readonly host: LeaksHost,
    private readonly reporting: () => Reporting,
  ) {}

  /** The file of leaks that are intended, as it is now. */
  suppressions(): Promise<Suppressions> {
    return loadSuppressions(this.host.suppressions());
  }

  /** The program that gdb holds. */
  async held(finder: LeakFinder, about: { pid: number; thread: number }): Promise<void> {
    await this.orTold(about.pid, async () => {
      const suppressions = await this.usable();
      const records = await finder.lost(suppressions, UNWATCHED);
      this.reports(records, suppressions, about).forEach((report) => this.reporting().found(report));
    });
  }

  /** A program that no gdb holds; it may go on when this resolves. */
  async waiting(exit: AgentExit): Promise<void> {
    await this.orTold(exit.pid, async () => {
      const read = (task: Task) => readAtExit(exit, task);
      const found = await (this.host.watched?.(read) ?? read(UNWATCHED));
      this.reporting().tell(exit.pid, async (symbols) => {
        const suppressions = await this.usable();
        const records = await lostAtExit(found, symbols, suppressions);
        return this.reports(records, suppressions, exit);
      });
    });
  }

  private reports(
    records: readonly LeakRecord[],
    suppressions: Suppressions,
    { pid, thread }: { pid: number; thread: number },
  ): NewReport[] {
    const { reports, lines } = tellLost(records, suppressions, { pid, thread, time: Date.now() });
    lines.forEach((line) => this.host.output(line));
    return reports;
  }

  /** A file that cannot be read is told; all leaks are told then. */
  private async usable(): Promise<Suppressions> {
    try {
      return await this.suppressions();
    } catch (error) {
      this.host.output(messageOf(error));
      return loadSuppressions(undefined);
    }
  }

  private async orTold(pid: number, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.host.output(`Leaks of process ${pid} were not looked for: ${messageOf(error)}`);
    }
  }
}
