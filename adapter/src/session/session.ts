/**
 * The session as the client knows it: a program with Spaces in it, whose
 * allocator's errors are stops, and whose heap can be asked about.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { CoreFile } from '../core/coreFile';
import * as errors from '../errors';
import { hex, kernelThreadId, type MiStopped, type MiThread } from '../gdb/mi';
import { PointerHints } from '../heap/hints';
import { loadReader } from '../heap/reader';
import { HeapService } from '../heap/service';
import { Gauges } from '../heap/stats';
import { UNWATCHED, type Task } from '../heap/task';
import { findWriteArguments } from '../heap/arguments';
import { LeaksAtEnd } from '../leaks/atEnd';
import { threadsInGdb } from '../leaks/gdbThreads';
import { rootsOf } from '../leaks/roots';
import type { AgentExit, AgentRecord, Snapshot, SnapshotPlace, SpacesCommand } from '../protocol';
import { GdbLines } from '../symbols/lines';
import { mapsOf, ModuleMap } from '../symbols/modules';
import { Symbolizer } from '../symbols/symbolizer';
import { capabilities } from './capabilities';
import { describe, exceptionInfo, ExceptionFilters, titleOf, type ExceptionStop } from './exceptions';
import { ReachingSession } from './reaching';
import { log } from './guarded';
import type { HeapParts } from './heapRequests';
import type { Taken } from './running';
import { answerSpaces } from './spacesRequests';

/** How long a stop waits for the report that belongs to it. */
const CLAIM_MS = 1000;
/** Requests that a core file cannot answer. */
const NEEDS_A_PROCESS = new Set<string>([
  'spaces/set',
  'spaces/breakOnGrowth',
  'spaces/snapshotAt',
] satisfies SpacesCommand[]);
const READER_MISSING = errors.readerMissing('').id;

export class SpacesDebugSession extends ReachingSession {
  private readonly filters = new ExceptionFilters();
  private symbols: Symbolizer | undefined;
  private heap: HeapService | undefined;
  private readonly gauges = new Gauges(
    loadReader,
    (stats) => this.tell('spaces/stats', stats),
    log,
    () => this.readingForbidden(),
  );
  private readonly leaksAtEnd = new LeaksAtEnd(
    {
      suppressions: () => this.settings?.suppressions,
      output: (line) => this.output(`${line}\n`, 'console'),
    },
    () => this.reports,
  );
  private exception: ExceptionStop | undefined;
  private checks = true;
  private toldForbidden = false;
  /** That has called exit. */
  private endingThread: number | undefined;
  private readonly hints = new PointerHints({
    generation: () => this.generation,
    look: async (addresses) =>
      (await this.heap?.looking.pointers({ addresses: addresses.map(hex) }))?.pointers ?? [],
    fills: async () => this.heap?.fills(),
    late: () => this.valuesMayDiffer(),
  });

  protected override initializeRequest(
    response: DebugProtocol.InitializeResponse,
    args: DebugProtocol.InitializeRequestArguments,
  ): void {
    this.supportsRunInTerminalRequest = args.supportsRunInTerminalRequest === true;
    this.tasks.showsProgress = args.supportsProgressReporting === true;
    this.supportsStartDebugging = args.supportsStartDebuggingRequest === true;
    this.supportsInvalidated = args.supportsInvalidatedEvent === true;
    response.body = capabilities();
    this.sendResponse(response);
  }

  // ---- reports --------------------------------------------------------------

  protected override onRecord(record: Exclude<AgentRecord, AgentExit>): void {
    const before = record.t === 'hello' ? this.reports.hello(record.pid) : undefined;
    this.reports.record(record);
    if (record.t === 'hello' && record.pid === this.pid && before?.root !== record.root) {
      // The process has called exec: its heap is another one.
      this.heap?.close();
      this.gauges.close();
    }
    if (record.t === 'hello' && record.pid === this.pid && this.state === 'running') {
      this.gauges.runs(record.pid, BigInt(record.root));
    }
  }

  protected override async onExiting(exit: AgentExit): Promise<void> {
    // The one that gdb holds was looked at when it stopped there.
    if (this.withoutGdb || exit.pid !== this.pid) {
      await this.leaksAtEnd.waiting(exit);
    }
  }

  protected override async onProgramEnds(stop: MiStopped): Promise<void> {
    const { heap, pid } = this;
    if (heap && pid !== undefined) {
      heap.invalidate();
      this.endingThread = Number(stop['thread-id'] ?? 1);
      const thread = (await this.kernelThread(this.endingThread)) ?? pid;
      await this.leaksAtEnd.held(heap.leaks, { pid, thread });
    }
  }

  protected override recordsSettled(): Promise<void> {
    return this.reports.settled();
  }

  protected override onProcess(pid: number): void {
    this.reports.setOwn(pid);
    if (this.withoutGdb) {
      const hello = this.reports.hello(pid);
      if (hello) {
        this.gauges.runs(pid, BigInt(hello.root));
      }
      return;
    }
    this.maps = this.core?.maps ?? mapsOf(pid);
    this.modules = new ModuleMap(this.maps);
    this.symbols = new Symbolizer(new GdbLines(this.console, log), this.modules);
    this.reports.setSymbols(pid, this.symbols);
    this.heap?.close();
    this.heap = new HeapService(
      {
        isStopped: () => this.isStopped() || this.held,
        pid: () => this.pid,
        source: (of) => (this.core ? { files: this.core.parts } : { pid: of }),
        root: () => this.heapRoot(pid),
        generation: () => this.generation,
        readingForbidden: () => this.readingForbidden(),
        readMemory: ({ address, length }) => this.readMemory(address, length),
        evaluateAddress: (expression, frameId) => this.evaluateAddress(expression, frameId),
        data: () => this.programData(),
        console: (command) => this.console.run(command),
        locals: () => this.localPointers(),
        log,
        findPointers: (frameId) => this.findPointers(frameId),
        call: (prototype, name, args) => this.call(prototype, name, args),
        changed: () => this.heapChanged(),
        emitReport: (report) => this.tell('spaces/report', report),
        maps: async () => (await this.maps?.read()) ?? '',
        leaks: {
          roots: async () =>
            this.core?.roots ??
            rootsOf((await this.maps?.read()) ?? '', await threadsInGdb(this.gdb, this.endingThread)),
          suppressions: () => this.leaksAtEnd.suppressions(),
        },
      },
      this.symbols,
      this.reports.store,
      this.gauges.history,
    );
  }

  protected override onLibraries(): void {
    this.symbols?.invalidate();
    this.heap?.librariesChanged();
  }

  // ---- stops ----------------------------------------------------------------

  protected override async onAllocatorStop(stop: MiStopped): Promise<Taken> {
    const threadId = Number(stop['thread-id'] ?? 1);
    const pid = this.pid;
    const thread = await this.kernelThread(threadId);
    const report =
      pid === undefined || thread === undefined
        ? undefined
        : await this.reports.store.claim(pid, thread, CLAIM_MS);
    const taken = await this.searchTakes(report);
    if (taken === 'taken') {
      return taken;
    }
    if (report && taken === undefined && !this.filters.stopsOn(report.kind)) {
      return 'continue';
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
    return 'stop';
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

  protected override onRuns(): void {
    super.onRuns();
    this.heap?.programRuns();
    const { pid } = this;
    const hello = pid === undefined ? undefined : this.reports.hello(pid);
    const root = hello ? BigInt(hello.root) : this.attachment?.process.root;
    if (pid !== undefined && root !== undefined) {
      this.gauges.runs(pid, root);
    }
  }

  protected override afterStop(): void {
    const { heap } = this;
    heap?.invalidate();
    if (heap && this.settings?.allocator !== 'none') {
      this.inBackground(
        'gauges at a stop',
        this.gauges.stopped(() => heap.totals()),
      );
    }
    this.tell('spaces/changed', { generation: this.generation });
    const settings = this.settings;
    if (this.heap && this.checks && settings?.checkOnStop && settings.allocator !== 'none') {
      this.inBackground('check at a stop', this.checkAtStop(this.heap));
    }
  }

  protected override async presentCore(core: CoreFile): Promise<void> {
    await super.presentCore(core);
    try {
      await this.heapRoot(core.facts.pid ?? 0);
    } catch (error) {
      this.output(`${errors.messageOf(error)}\n`, 'console');
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
    this.gauges.close();
    this.heap?.close();
    this.exception = undefined;
  }

  /** Say once what is lost where the process may not be read from outside. */
  private readingForbidden(): void {
    if (!this.toldForbidden) {
      this.toldForbidden = true;
      this.output(`${errors.readingForbidden(this.withoutGdb).message}\n`, 'console');
    }
  }

  private heapChanged(): void {
    this.generation++;
    this.tell('spaces/changed', { generation: this.generation });
  }

  protected override symbolsOf(): Symbolizer | undefined {
    return this.symbols;
  }

  protected override async sequenceAt(block: bigint): Promise<number | undefined> {
    const { heap } = this;
    this.generation++;
    this.held = true;
    try {
      heap?.invalidate();
      return await heap?.looking.sequenceAt(block);
    } catch (error) {
      log(`the block at ${hex(block)}: ${errors.messageOf(error)}`);
      return undefined;
    } finally {
      this.held = false;
    }
  }

  protected override async kernelThread(threadId: number): Promise<number | undefined> {
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
      if (this.connection && !this.postMortem) {
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
    void this.answer(response, () => this.spacesRequest(command, response.request_seq, args));
  }

  protected override cancelRequest(
    response: DebugProtocol.CancelResponse,
    args: DebugProtocol.CancelArguments,
  ): void {
    this.tasks.cancel({
      ...(args.requestId === undefined ? {} : { request: args.requestId }),
      ...(args.progressId === undefined ? {} : { progressId: args.progressId }),
    });
    // What is to be cancelled may have ended already: that is no error.
    this.sendResponse(response);
  }

  private async spacesRequest(command: string, request: number, args: unknown): Promise<object> {
    if (command === 'spaces/findWrite' && this.settings) {
      return this.findWrite(findWriteArguments(args).report);
    }
    return answerSpaces(
      {
        tasks: this.tasks,
        reports: () => this.reports.store.all,
        history: () => this.gauges.history,
        started: () => {
          if (!this.settings) {
            throw errors.notStarted('The heap');
          }
          if (this.settings.allocator === 'none') {
            throw errors.noAllocator();
          }
        },
        parts: (title) => {
          if (this.withoutGdb) {
            throw errors.noGdbSession('Looking at the heap');
          }
          if (!this.heap) {
            throw errors.notStarted('The heap');
          }
          if (NEEDS_A_PROCESS.has(command)) {
            this.requireLive(title);
          }
          return this.partsOf(this.heap);
        },
      },
      command,
      request,
      args,
    );
  }

  private partsOf(heap: HeapService): HeapParts {
    return {
      heap,
      growth: this.growth,
      watches: this.watches,
      places: this.places,
      paused: (work) => this.withPause(work),
      snapshotTaken: (value, task) => this.snapshot(heap, value, task),
    };
  }

  private async withPause<T>(work: () => Promise<T>): Promise<T> {
    await this.pauseIfNeeded();
    try {
      return await work();
    } finally {
      await this.continueIfNeeded();
    }
  }

  // ---- snapshots --------------------------------------------------------------

  private async snapshot(heap: HeapService, value: unknown, task: Task, place?: string): Promise<Snapshot> {
    const snapshot = await heap.snapshots.take(value, task, place);
    this.tell('spaces/snapshotTaken', snapshot);
    return snapshot;
  }

  protected override async takeSnapshot(name: string | undefined, place: string): Promise<void> {
    const { heap } = this;
    if (!heap) {
      return;
    }
    heap.invalidate();
    try {
      await this.snapshot(heap, { name }, UNWATCHED, place);
    } catch (error) {
      this.output(`Snapshot at ${place}: ${errors.messageOf(error)}\n`, 'console');
    }
  }

  protected override async placeSnapshots(places: readonly SnapshotPlace[]): Promise<void> {
    const { places: results } = await this.places.set(places);
    results.forEach(({ message }, index) => {
      if (message !== undefined) {
        const place = this.settings?.snapshotAt[index];
        const what = place && ('function' in place ? place.function : `${place.path}:${place.line}`);
        this.output(`Snapshot at ${what}: ${message}\n`, 'console');
      }
    });
  }

  // ---- what the heap's requests need of gdb -----------------------------------

  protected override heapMayDiffer(): void {
    if (this.heap) {
      this.heap.invalidate();
      this.heapChanged();
    }
  }

  protected override async describePointers(
    values: readonly string[],
    addresses: readonly (bigint | undefined)[],
    origin = false,
  ): Promise<string[]> {
    const { settings } = this;
    const wanted = settings?.describePointers === true && settings.allocator !== 'none' && this.heap;
    return wanted ? this.hints.describe(values, addresses, origin) : [...values];
  }
}
