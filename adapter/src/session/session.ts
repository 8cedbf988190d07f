/**
 * The session as the client knows it: a program with Spaces in it, whose
 * allocator's errors are stops, and whose heap can be asked about.
 */
import { Event } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import * as errors from '../errors';
import { kernelThreadId, parseAddress, type MiStopped, type MiThread } from '../gdb/mi';
import { HeapService } from '../heap/service';
import type { AgentRecord, SpacesEvents } from '../protocol';
import { GdbLines } from '../symbols/lines';
import { ModuleMap } from '../symbols/modules';
import { Symbolizer } from '../symbols/symbolizer';
import { capabilities } from './capabilities';
import { describe, exceptionInfo, ExceptionFilters, titleOf, type ExceptionStop } from './exceptions';
import { log } from './guarded';
import { Reporting } from './reporting';
import { RunningSession } from './running';

/** How long a stop waits for the report that belongs to it. */
const CLAIM_MS = 1000;
/** How long a function of the allocator may take that we call. */
const CALL_MS = 5000;
const READER_MISSING = errors.readerMissing('').id;

export class SpacesDebugSession extends RunningSession {
  private readonly filters = new ExceptionFilters();
  private reporting: Reporting | undefined;
  private symbols: Symbolizer | undefined;
  private heap: HeapService | undefined;
  private exception: ExceptionStop | undefined;
  private checks = true;

  protected override initializeRequest(
    response: DebugProtocol.InitializeResponse,
    args: DebugProtocol.InitializeRequestArguments,
  ): void {
    this.supportsRunInTerminalRequest = args.supportsRunInTerminalRequest === true;
    this.supportsInvalidated = args.supportsInvalidatedEvent === true;
    response.body = capabilities();
    this.sendResponse(response);
  }

  // ---- reports --------------------------------------------------------------

  private get reports(): Reporting {
    this.reporting ??= new Reporting(
      this.settings?.gdb ?? 'gdb',
      (report) => this.tell('spaces/report', report),
      log,
    );
    return this.reporting;
  }

  private tell<E extends keyof SpacesEvents>(event: E, body: SpacesEvents[E]): void {
    this.sendEvent(new Event(event, body));
  }

  protected override onRecord(record: AgentRecord): void {
    this.reports.record(record);
  }

  protected override recordsSettled(): Promise<void> {
    return this.reports.settled();
  }

  protected override onProcess(pid: number): void {
    if (this.withoutGdb) {
      return;
    }
    this.modules = new ModuleMap(pid);
    this.symbols = new Symbolizer(new GdbLines(this.console, log), this.modules);
    this.reports.setSymbols(pid, this.symbols);
    this.heap = new HeapService(
      {
        isStopped: () => this.isStopped(),
        pid: () => this.pid,
        root: () => this.heapRoot(pid),
        generation: () => this.generation,
        readMemory: ({ address, length }) => this.readMemory(address, length),
        evaluateAddress: (expression, frameId) => this.evaluateAddress(expression, frameId),
        call: (prototype, name, args) => this.call(prototype, name, args),
        changed: () => this.heapChanged(),
        emitReport: (report) => this.tell('spaces/report', report),
      },
      this.symbols,
      this.reports.store,
    );
  }

  protected override onLibraries(): void {
    this.symbols?.invalidate();
  }

  // ---- stops ----------------------------------------------------------------

  protected override async onAllocatorStop(stop: MiStopped): Promise<boolean> {
    const threadId = Number(stop['thread-id'] ?? 1);
    const pid = this.pid;
    const thread = await this.kernelThread(threadId);
    const report =
      pid === undefined || thread === undefined
        ? undefined
        : await this.reports.store.claim(pid, thread, CLAIM_MS);
    if (report && !this.filters.stopsOn(report.kind)) {
      return false;
    }
    const description = report ? describe(report) : 'The allocator found an error in the heap.';
    this.exception = {
      threadId,
      id: report?.kind ?? 'error',
      description,
      ...(report ? { report } : {}),
    };
    this.tellStop({
      reason: 'exception',
      description: report ? titleOf(report.kind) : 'Heap error',
      text: description,
      threadId,
      allThreadsStopped: true,
    });
    return true;
  }

  protected override tellStop(body: DebugProtocol.StoppedEvent['body']): void {
    if (body.reason !== 'exception') {
      this.exception = undefined;
    } else if (this.exception?.threadId !== body.threadId || this.exception?.description !== body.text) {
      const [id = 'exception'] = (body.description ?? '').split(':');
      this.exception = { threadId: body.threadId ?? 1, id, description: body.text ?? '' };
    }
    super.tellStop(body);
  }

  protected override stopsOnSignals(): boolean {
    return this.filters.signals;
  }

  protected override afterStop(): void {
    this.heap?.invalidate();
    this.tell('spaces/changed', { generation: this.generation });
    const settings = this.settings;
    if (this.heap && this.checks && settings?.checkOnStop && settings.allocator !== 'none') {
      this.inBackground('check at a stop', this.checkAtStop(this.heap));
    }
  }

  private async checkAtStop(heap: HeapService): Promise<void> {
    try {
      await heap.checkAtStop();
    } catch (error) {
      // Without a reader there is nothing to check, at any stop.
      this.checks = !(error instanceof errors.AdapterError && error.id === READER_MISSING);
      throw error;
    }
  }

  protected override afterEnd(): void {
    this.heap?.close();
    this.exception = undefined;
  }

  private heapChanged(): void {
    this.generation++;
    this.tell('spaces/changed', { generation: this.generation });
  }

  private async kernelThread(threadId: number): Promise<number | undefined> {
    const { threads } = await this.gdb.sendCommand<{ threads: MiThread[] }>(`-thread-info ${threadId}`);
    return threads[0] && kernelThreadId(threads[0]['target-id']);
  }

  // ---- exceptions -----------------------------------------------------------

  protected override setExceptionBreakPointsRequest(
    response: DebugProtocol.SetExceptionBreakpointsResponse,
    args: DebugProtocol.SetExceptionBreakpointsArguments,
  ): void {
    void this.answer(response, async () => {
      const unknown = this.filters.set(args.filters);
      if (this.connection) {
        await this.watchThrows(this.filters.cppThrow);
      }
      const breakpoints: DebugProtocol.Breakpoint[] = args.filters.map((filter) =>
        unknown.includes(filter)
          ? { verified: false, message: `There is no exception filter "${filter}".` }
          : { verified: true },
      );
      return { breakpoints };
    });
  }

  private async watchThrows(on: boolean): Promise<void> {
    if (on === (this.throwBreakpoint !== undefined)) {
      return;
    }
    await this.pauseIfNeeded();
    try {
      if (this.throwBreakpoint !== undefined) {
        await this.gdb.sendCommand(`-break-delete ${this.throwBreakpoint}`);
        this.throwBreakpoint = undefined;
      } else {
        const { bkpt } = await this.gdb.sendCommand<{ bkpt: { number: string } }>('-catch-throw');
        this.throwBreakpoint = bkpt.number;
      }
    } finally {
      await this.continueIfNeeded();
    }
  }

  protected override exceptionInfoRequest(
    response: DebugProtocol.ExceptionInfoResponse,
    args: DebugProtocol.ExceptionInfoArguments,
  ): void {
    void this.answer(response, () => {
      if (this.exception?.threadId !== args.threadId || !this.isStopped()) {
        throw errors.requestFailed('This thread is not stopped at an exception.');
      }
      return exceptionInfo(this.exception);
    });
  }

  // ---- the heap -------------------------------------------------------------

  protected override customRequest(command: string, response: DebugProtocol.Response, args: unknown): void {
    void this.answer(response, () => this.spacesRequest(command, args));
  }

  private async spacesRequest(command: string, args: unknown): Promise<object> {
    if (command === 'spaces/reports') {
      return { reports: this.reports.store.all };
    }
    if (!command.startsWith('spaces/')) {
      throw errors.unsupportedRequest(`The request "${command}"`);
    }
    if (!this.settings) {
      throw errors.notStarted('The heap');
    }
    if (this.settings.allocator === 'none') {
      throw errors.noAllocator();
    }
    if (this.withoutGdb) {
      throw errors.noGdbSession('Looking at the heap');
    }
    if (!this.heap) {
      throw errors.notStarted('The heap');
    }
    switch (command) {
      case 'spaces/heap':
        return this.heap.heap();
      case 'spaces/entries':
        return this.heap.entries(args);
      case 'spaces/groups':
        return this.heap.groups(args);
      case 'spaces/locate':
        return this.heap.locate(args);
      case 'spaces/check':
        return this.heap.check(args);
      case 'spaces/set':
        return this.heap.set(args);
      default:
        throw errors.unsupportedRequest(`The request "${command}"`);
    }
  }

  private async heapRoot(pid: number): Promise<bigint> {
    const hello = this.reports.hello(pid);
    if (hello) {
      return BigInt(hello.root);
    }
    try {
      const value = await this.variables.value('(void *)&spaces_heap_root', undefined);
      const address = parseAddress(value);
      if (address !== undefined) {
        return address;
      }
    } catch {
      // gdb knows no such symbol: the library is not loaded yet, or not at all.
    }
    throw errors.noHeapYet();
  }

  private async evaluateAddress(expression: string, frameId: number): Promise<bigint> {
    const value = await this.variables.value(`(unsigned long)(${expression})`, this.frame(frameId));
    const address = parseAddress(value);
    if (address === undefined) {
      throw errors.requestFailed(`"${expression}" is no address.`);
    }
    return address;
  }

  private async call(prototype: string, name: string, args: readonly string[]): Promise<void> {
    await this.console.run('set scheduler-locking on');
    const interrupt = setTimeout(() => {
      this.gdb.sendCommand('-exec-interrupt --all').catch((error: unknown) => log(errors.messageOf(error)));
    }, CALL_MS);
    try {
      const expression = `((${prototype}) ${name})(${args.join(', ')})`;
      await this.callingProgram(expression, () => this.variables.value(expression, undefined));
    } catch (error) {
      throw errors.setFailed(name, errors.messageOf(error));
    } finally {
      clearTimeout(interrupt);
      await this.console.run('set scheduler-locking replay');
    }
    log(`called ${name}(${args.join(', ')})`);
  }
}
