/** A session that was started to find a write: what stops for the client, and what the search takes. */
import { Event } from '@vscode/debugadapter';
import { badLaunchArgument, messageOf, requestFailed } from '../errors';
import { parseReport } from '../findwrite/report';
import { WriteSearch, type Step } from '../findwrite/search';
import { describeFailure, describeWrite } from '../findwrite/words';
import type { GdbConsole } from '../gdb/console';
import { hex, parseAddress, type MiFrame, type MiStopped } from '../gdb/mi';
import type { Task } from '../heap/task';
import type { FindWriteResponse, Report, SpacesEvents } from '../protocol';
import type { Symbolizer } from '../symbols/symbolizer';
import { Reporting } from '../reports/reporting';
import type { Owner } from '../symbols/classify';
import { BlockWatches } from '../watches/blockWatches';
import { frameOwner } from './frames';
import { log } from './guarded';
import { RunningSession, type Taken } from './running';
import { Tasks } from './tasks';
import type { Exit } from './stops';

/** Frames that are looked at for whose code has written. */
const OWNER_FRAMES = 24;
/** Where spaces_watches says how many of its entries are set. */
const ARMED_AT = 20n;

export abstract class FindingSession extends RunningSession {
  protected readonly tasks = new Tasks((event) => this.sendEvent(event));
  private reporting: Reporting | undefined;
  protected watches!: BlockWatches;
  private search: WriteSearch | undefined;
  private cancelled = false;
  private searchDone: () => void = () => undefined;
  /** The instruction behind the one that wrote: its frame is shown at the line of the write. */
  private writer: { threadId: number; address: string; line: number } | undefined;

  /** Number of the allocation that the block at an address is of, while the program is held. */
  protected abstract sequenceAt(block: bigint): Promise<number | undefined>;
  /** The symbols of the process, once it exists. */
  protected abstract symbolsOf(): Symbolizer | undefined;
  /** Kernel id of a thread of gdb's. */
  protected abstract kernelThread(threadId: number): Promise<number | undefined>;

  protected override connect(console: GdbConsole): void {
    super.connect(console);
    this.watches = new BlockWatches({
      gdb: this.gdb,
      memory: (address, length) => this.readMemory(address, length),
      value: (expression) => this.variables.value(expression, undefined),
      owners: (threadId) => this.ownersOf(threadId),
      say: (text) => this.output(text, 'console'),
    });
  }

  private async ownersOf(threadId: number): Promise<Owner[]> {
    const frames = await this.miFrames(threadId, 0, OWNER_FRAMES - 1);
    return frames.map((frame) => frameOwner(frame, this.modules));
  }

  protected get reports(): Reporting {
    this.reporting ??= new Reporting(
      this.settings?.gdb ?? 'gdb',
      (report) => this.tell('spaces/report', report),
      log,
    );
    return this.reporting;
  }

  protected tell<E extends keyof SpacesEvents>(event: E, body: SpacesEvents[E]): void {
    this.sendEvent(new Event(event, body));
  }

  /** The launch that looks for the write of a report. */
  protected findWrite(id: number): FindWriteResponse {
    const report = this.reports.store.all.find((one) => one.id === id);
    if (!report) {
      throw requestFailed(`There is no report ${id} in this session.`);
    }
    const problem = parseReport(report);
    if (typeof problem === 'string') {
      throw requestFailed(`The write of this report cannot be looked for: it ${problem}.`);
    }
    if (!this.launched) {
      throw requestFailed(
        'The program was not launched by this session, so that it cannot be started again.',
      );
    }
    // What tells before an access would keep the write from the watchpoint.
    return { launch: { ...this.launched, guard: 'off', checkCalls: false, findWrite: problem } };
  }

  // ---- the search ---------------------------------------------------------------

  protected override async prepareSearch(report: Report): Promise<void> {
    if (this.settings?.allocator === 'none' || this.settings?.allocator === 'fast') {
      throw badLaunchArgument('findWrite', 'needs the debug build: set "allocator" to "debug"');
    }
    const kept = this.reports.store.adopt(report);
    this.tell('spaces/report', kept);
    this.search = new WriteSearch(kept, {
      gdb: this.gdb,
      console: (command) => this.console.run(command),
      memory: (address, length) => this.readMemory(address, length),
      owners: (threadId) => this.ownersOf(threadId),
      sequenceAt: (block) => this.sequenceAt(block),
      start: (watch) => this.startAgain(watch),
      say: (text) => this.output(text, 'console'),
    });
    this.waitFor(this.search.watchText);
    await this.search.prepare();
  }

  protected override async beforeRun(): Promise<void> {
    const { search } = this;
    if (!search) {
      return;
    }
    // Nothing but the write stops the program until it is found.
    await this.console.run('disable');
    const ours = [this.errorBreakpoint, ...search.breakpoints].filter((number) => number !== undefined);
    await this.gdb.sendCommand(`-break-enable ${ours.join(' ')}`);
    this.inBackground(
      'the search for a write',
      this.tasks.run({ title: 'Finding the write', request: 0 }, (task) => this.untilDone(task)),
    );
  }

  private untilDone(task: Task): Promise<void> {
    task.signal.addEventListener('abort', () => {
      this.cancelled = true;
      this.inBackground('cancelling the search', this.gdb.sendCommand('-exec-interrupt --all'));
    });
    return new Promise((resolve) => {
      this.searchDone = resolve;
    });
  }

  protected override async intercepts(stop: MiStopped, exit: Exit | undefined): Promise<boolean> {
    const { search } = this;
    if (stop.reason === 'breakpoint-hit' && stop.bkptno === this.errorBreakpoint) {
      return false;
    }
    if (!search) {
      return !exit && (await this.watchTakes(stop));
    }
    const interrupted = stop.reason === 'signal-received' && (this.pauseRequested || this.cancelled);
    if (interrupted) {
      this.pauseRequested = true;
      await this.endSearch(search, 'The search for the write was cancelled.');
      return false;
    }
    try {
      return await this.take(search, exit ? search.onExit() : await search.onStop(stop));
    } catch (error) {
      await this.endSearch(search, `The write was not found: ${messageOf(error)}`);
      return false;
    }
  }

  /** A stop that belongs to a block; false where it does not. */
  private async watchTakes(stop: MiStopped): Promise<boolean> {
    const hit = await this.watches.onStop(stop);
    if (hit === undefined) {
      return false;
    }
    if (hit === 'continue') {
      await this.gdb.sendCommand('-exec-continue');
      return true;
    }
    const threadId = Number(stop['thread-id'] ?? 1);
    this.beginStop();
    if (stop.wpt) {
      await this.placeWriter(threadId, 'watchpoint');
    }
    this.tellStop({
      reason: 'data breakpoint',
      description: hit.title,
      text: hit.text,
      threadId,
      allThreadsStopped: true,
    });
    this.output(`${hit.text}\n`, 'console');
    this.endStop();
    return true;
  }

  /** An error of the allocator during the search. */
  protected async searchTakes(report: Report | undefined): Promise<Taken | undefined> {
    const { search } = this;
    if (!search) {
      return undefined;
    }
    return (await this.take(search, search.onReport(report))) ? 'taken' : 'stop';
  }

  /** Do what the search wants; false where the stop is for the client. */
  private async take(search: WriteSearch, step: Step): Promise<boolean> {
    switch (step.do) {
      case 'continue':
        await search.resume();
        return true;
      case 'again':
        await search.again(step.difference);
        return true;
      case 'found':
        await this.found(search, step);
        return true;
      case 'failed':
        await this.endSearch(search, describeFailure(search.report, step.difference, search.attempts));
        return false;
    }
  }

  private async found(search: WriteSearch, step: Extract<Step, { do: 'found' }>): Promise<void> {
    const { report, attempts } = search;
    const { threadId, write, size } = step;
    const message = describeWrite(report, size, write);
    await this.release(search);
    this.beginStop();
    await this.placeWriter(threadId, write.by);
    const frames = await this.framesOf(threadId);
    const thread = (await this.kernelThread(threadId)) ?? 0;
    this.tellStop({
      reason: 'data breakpoint',
      description: message,
      text: message,
      threadId,
      allThreadsStopped: true,
    });
    this.output(`${message}.\n`, 'console');
    const written = { message, ...write, thread, frames };
    report.written = written;
    // What the check at this stop finds there is the damage that was looked for.
    this.reports.store.recognise(report, {
      pid: this.pid ?? report.pid,
      address: hex(step.block),
      sequence: step.sequence,
      offset: write.offset,
    });
    this.tell('spaces/writeSearch', { report: report.id, found: true, message, attempts, write: written });
    this.endStop();
  }

  private async endSearch(search: WriteSearch, message: string): Promise<void> {
    const { report, attempts } = search;
    await this.release(search).catch((error: unknown) => log(`the end of a search: ${messageOf(error)}`));
    this.output(`${message}\n`, 'important');
    this.tell('spaces/writeSearch', { report: report.id, found: false, message, attempts });
  }

  /** The session is one like any other from here on. */
  private async release(search: WriteSearch): Promise<void> {
    this.search = undefined;
    this.searchDone();
    await search.close();
    await this.console.run('enable');
    if (this.pid !== undefined) {
      await this.disarm().catch((error: unknown) => log(`watches: ${messageOf(error)}`));
    }
  }

  /** The allocator looks at no watch any more. */
  private async disarm(): Promise<void> {
    const table = parseAddress(await this.variables.value('(void *)&spaces_watches', undefined));
    if (table !== undefined) {
      await this.gdb.sendCommand(`-data-write-memory-bytes ${hex(table + ARMED_AT)} "00000000"`);
    }
  }

  // ---- where it wrote -------------------------------------------------------------

  /** The processor stops behind the instruction that wrote, which may be the next line's first. */
  private async placeWriter(threadId: number, by: string): Promise<void> {
    const [top] = await this.miFrames(threadId, 0, 0);
    if (by === 'system call' || top?.addr === undefined || frameOwner(top, this.modules) !== 'user') {
      return;
    }
    const frame = await this.writingFrame(top.addr);
    if (frame?.line !== undefined) {
      this.writer = { threadId, address: top.addr, line: frame.line };
    }
  }

  private async writingFrame(address: string) {
    return (await this.symbolsOf()?.stack([address]))?.[0];
  }

  private async framesOf(threadId: number) {
    const frames = await this.miFrames(threadId, 0, OWNER_FRAMES - 1);
    const addresses = frames.flatMap(({ addr }) => (addr === undefined ? [] : [addr]));
    return (await this.symbolsOf()?.stack(addresses)) ?? [];
  }

  protected override async miFrames(threadId: number, low: number, high: number): Promise<MiFrame[]> {
    const frames = await super.miFrames(threadId, low, high);
    const { writer } = this;
    if (writer?.threadId !== threadId) {
      return frames;
    }
    return frames.map((frame) =>
      frame.level === '0' && frame.addr === writer.address ? { ...frame, line: String(writer.line) } : frame,
    );
  }

  protected override onRuns(): void {
    this.writer = undefined;
  }

  protected override isOurs(number: string): boolean {
    return this.search?.has(number) === true || this.watches.has(number) || super.isOurs(number);
  }
}
