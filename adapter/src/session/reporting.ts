/** Records of agents become reports with frames, in the order in which they arrived. */
import { messageOf } from '../errors';
import type { AgentHello, AgentRecord, AgentReport, Report } from '../protocol';
import { ReportStore } from '../reports/store';
import { FileLines } from '../symbols/files';
import { ModuleMap } from '../symbols/modules';
import { Symbolizer } from '../symbols/symbolizer';

export class Reporting {
  readonly store = new ReportStore();
  private readonly hellos = new Map<number, AgentHello>();
  private readonly symbols = new Map<number, Symbolizer>();
  private queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly gdb: string,
    private readonly emit: (report: Report) => void,
    private readonly log: (text: string) => void,
  ) {}

  /** Use this for the addresses of a process, in place of looking into its files. */
  setSymbols(pid: number, symbols: Symbolizer): void {
    this.symbols.set(pid, symbols);
  }

  /** What the agent of a process said of itself. */
  hello(pid: number): AgentHello | undefined {
    return this.hellos.get(pid);
  }

  record(record: AgentRecord): void {
    if (record.t === 'hello') {
      this.hellos.set(record.pid, record);
      // Read its mappings while it is still there.
      this.symbolsOf(record.pid);
      return;
    }
    this.queue = this.queue
      .then(() => this.report(record))
      .catch((error: unknown) => this.log(`report: ${messageOf(error)}`));
  }

  /** Resolves when all that has arrived is told. */
  settled(): Promise<void> {
    return this.queue;
  }

  private async report(record: AgentReport): Promise<void> {
    const symbols = this.symbolsOf(record.pid);
    const [detected = [], allocated = [], freed = []] = await symbols.stacks(
      [record.detected, record.allocated, record.freed].map((stack) =>
        stack.map((address) => BigInt(address)),
      ),
    );
    const { v: _v, t: _t, ...fields } = record;
    this.emit(this.store.add({ ...fields, detected, allocated, freed }));
  }

  private symbolsOf(pid: number): Symbolizer {
    let symbols = this.symbols.get(pid);
    if (!symbols) {
      const modules = new ModuleMap(pid);
      modules.readNow();
      symbols = new Symbolizer(new FileLines(this.gdb, modules, this.log), modules);
      this.symbols.set(pid, symbols);
    }
    return symbols;
  }
}
