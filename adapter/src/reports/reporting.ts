/**
 * Records of agents become reports with frames, in the order in which they arrived. What arrives while
 * symbols are looked up is looked up together afterwards: one batch, however many reports.
 */
import { messageOf } from '../errors';
import type { AgentExit, AgentHello, AgentRecord, AgentReport, Report } from '../protocol';
import { processName } from '../processName';
import { FileLines } from '../symbols/files';
import { mapsOf, ModuleMap } from '../symbols/modules';
import { makeFrame, Symbolizer } from '../symbols/symbolizer';
import { ReportStore, type NewReport } from './store';

/** Names of the code of one program in one process: a process that calls exec has others afterwards. */
interface Names {
  symbols: Symbolizer;
  /** Undefined where somebody else keeps it up to date. */
  modules?: ModuleMap;
}

interface Pending {
  record: AgentReport;
  names: Names;
  /** What its process is called, where it is another one than the session's. */
  process?: string;
}

const STACKS = ['detected', 'allocated', 'freed'] as const;

export class Reporting {
  readonly store = new ReportStore();
  private readonly hellos = new Map<number, AgentHello>();
  private readonly names = new Map<number, Names>();
  private pending: Pending[] = [];
  private finds: (() => Promise<NewReport[]>)[] = [];
  private own: number | undefined;
  private queue: Promise<void> = Promise.resolve();

  /** `held`: nothing is looked up before `settled`, so that the program has the machine to itself. */
  constructor(
    private readonly gdb: string,
    private readonly emit: (report: Report) => void,
    private readonly log: (text: string) => void,
    private readonly held = false,
  ) {}

  /** Use this for the addresses of a process, in place of looking into its files. */
  setSymbols(pid: number, symbols: Symbolizer): void {
    this.names.set(pid, { symbols });
  }

  /** Reports of any other process than this one name theirs. */
  setOwn(pid: number): void {
    this.own = pid;
  }

  /** Names of the code of a process. */
  symbolsOf(pid: number): Symbolizer {
    return this.namesOf(pid).symbols;
  }

  /** What the agent of a process said of itself. */
  hello(pid: number): AgentHello | undefined {
    return this.hellos.get(pid);
  }

  /** Processes whose agents have reported in. */
  get processes(): AgentHello[] {
    return [...this.hellos.values()];
  }

  record(record: Exclude<AgentRecord, AgentExit>): void {
    if (record.t === 'hello') {
      this.hellos.set(record.pid, record);
      if (this.names.get(record.pid)?.modules) {
        this.names.delete(record.pid);
      }
      // Read its mappings while it is still there.
      this.namesOf(record.pid);
      return;
    }
    const names = this.namesOf(record.pid);
    const { modules } = names;
    if (modules && STACKS.some((stack) => record[stack].some((one) => !modules.at(BigInt(one))))) {
      modules.readNow();
    }
    const other = this.own !== undefined && record.pid !== this.own;
    this.pending.push({ record, names, ...(other ? { process: processName(record.pid) } : {}) });
    if (!this.held) {
      this.work();
    }
  }

  /** Tell of what was found from outside, once its symbols are looked up; the process may end meanwhile. */
  tell(pid: number, find: (symbols: Symbolizer) => Promise<NewReport[]>): void {
    const { symbols, modules } = this.namesOf(pid);
    modules?.readNow();
    this.finds.push(() => find(symbols));
    if (!this.held) {
      this.work();
    }
  }

  /** Keep and tell a report that no call of the program made. */
  found(report: NewReport): void {
    const kept = this.store.addDamage(report);
    if (kept) {
      this.emit(kept);
    }
  }

  /** Resolves when all that has arrived is told. */
  settled(): Promise<void> {
    this.work();
    return this.queue;
  }

  private work(): void {
    this.queue = this.queue
      .then(() => this.tellPending())
      .catch((error: unknown) => this.log(`report: ${messageOf(error)}`));
  }

  private async tellPending(): Promise<void> {
    const pending = this.pending;
    this.pending = [];
    const stacks = new Map<Names, bigint[][]>();
    for (const { record, names } of pending) {
      const some = stacks.get(names) ?? [];
      some.push(...STACKS.map((stack) => record[stack].map((address) => BigInt(address))));
      stacks.set(names, some);
    }
    for (const [names, addresses] of stacks) {
      await names.symbols.stacks(addresses).catch((error: unknown) => {
        this.log(`symbols: ${messageOf(error)}`);
      });
    }
    for (const { record, names, process } of pending) {
      const [detected = [], allocated = [], freed = []] = await this.frames(record, names);
      const { v: _v, t: _t, ...fields } = record;
      const site = names.symbols.siteOf(allocated);
      const identity = site === undefined ? {} : { site };
      const whose = process === undefined ? {} : { process };
      this.emit(this.store.add({ ...fields, ...identity, ...whose, detected, allocated, freed }));
    }
    const finds = this.finds;
    this.finds = [];
    for (const find of finds) {
      (await find()).forEach((report) => this.found(report));
    }
  }

  /** The frames of a report's stacks, which are known by now; plain addresses where that failed. */
  private async frames(record: AgentReport, { symbols }: Names) {
    const addresses = STACKS.map((stack) => record[stack].map((address) => BigInt(address)));
    try {
      return await symbols.stacks(addresses);
    } catch {
      return addresses.map((stack) => stack.map((address) => makeFrame(address, '', { function: '' })));
    }
  }

  private namesOf(pid: number): Names {
    let names = this.names.get(pid);
    if (!names) {
      const modules = new ModuleMap(mapsOf(pid));
      modules.readNow();
      const own = this.own === undefined ? undefined : this.names.get(this.own);
      if (modules.empty && own && !this.hellos.has(pid)) {
        // It has ended already. A forked process never said hello: its code is where its parent's is.
        return own;
      }
      names = { symbols: new Symbolizer(new FileLines(this.gdb, modules, this.log), modules), modules };
      this.names.set(pid, names);
    }
    return names;
  }
}
