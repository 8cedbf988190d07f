/** The life of the program: launched, run, stopped and resumed through gdb, ended, and cleaned up after. */
import {
  Event,
  ExitedEvent,
  InitializedEvent,
  OutputEvent,
  TerminatedEvent,
  ThreadEvent,
} from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import * as errors from '../errors';
import { GdbConsole } from '../gdb/console';
import { hex, type MiBreakpoint, type MiStopped } from '../gdb/mi';
import { parseLaunchArguments, type LaunchSettings } from '../launch/arguments';
import { preflight } from '../launch/preflight';
import type { AgentRecord } from '../protocol';
import { startsLine } from '../symbols/lines';
import * as backend from './backend';
import { describeBreakpoint, parseLogMessage } from './breakpoints';
import { EntryStop } from './entry';
import { frameOwner } from './frames';
import { log } from './guarded';
import { InspectingSession } from './inspecting';
import { Surroundings } from './launching';
import { PlainRun } from './plainRun';
import { Stepping, type StepKind } from './stepping';
import { exitOf, isFault, stoppedBody, type Exit } from './stops';

/** How long the end waits for the last reports. */
const LAST_REPORTS_MS = 200;
/** How long gdb may take to leave. */
const GDB_EXIT_MS = 1000;
/** The state of cdt-gdb-adapter after which the next resume runs the program. */
const FINISHING = 3;
/** Lines of gdb that are kept to explain a failed start. */
const KEPT_LINES = 20;
const TERMINAL_TIMEOUT_MS = 15_000;

type State = 'none' | 'running' | 'stopped' | 'ended';

export abstract class RunningSession extends InspectingSession {
  protected settings: LaunchSettings | undefined;
  /** Grows at every stop. */
  protected generation = 0;
  /** Number of the breakpoint on the allocator's error function. */
  protected errorBreakpoint: string | undefined;
  protected throwBreakpoint: string | undefined;
  private state: State = 'none';
  private process: number | undefined;
  private surroundings: Surroundings | undefined;
  private stepping!: Stepping;
  private entry: EntryStop | undefined;
  private plainRun: PlainRun | undefined;
  private pauseRequested = false;
  private closing = false;
  private readonly lastWords: string[] = [];

  constructor() {
    super(backend.backendFactory);
  }

  /** A record of an agent. */
  protected abstract onRecord(record: AgentRecord): void;
  /** All records that arrived have become events. */
  protected abstract recordsSettled(): Promise<void>;
  /** The process exists; nothing of it has run. */
  protected abstract onProcess(pid: number): void;
  /** Libraries came or went. */
  protected abstract onLibraries(): void;
  /** The allocator stopped the program at an error. False: it is to run on. */
  protected abstract onAllocatorStop(stop: MiStopped): Promise<boolean>;
  /** Whether signals that are no faults stop the program. */
  protected abstract stopsOnSignals(): boolean;
  /** The client has been told about a stop. */
  protected abstract afterStop(): void;
  /** The program has ended. */
  protected abstract afterEnd(): void;

  protected override isStopped(): boolean {
    return this.state === 'stopped';
  }

  /** The process, while there is one. */
  protected get pid(): number | undefined {
    return this.process;
  }

  protected output(text: string, category: string): void {
    this.sendEvent(new OutputEvent(text, category));
  }

  // ---- launch ---------------------------------------------------------------

  protected override async launchRequest(
    response: DebugProtocol.LaunchResponse,
    args: unknown,
  ): Promise<void> {
    try {
      await this.launch(args);
    } catch (error) {
      if (this.state === 'none') {
        await this.cleanUp();
        this.settings = undefined;
      }
      this.fail(response, error);
      return;
    }
    if (this.withoutGdb) {
      this.sendEvent(new InitializedEvent());
    } else {
      this.sendInitializedEvent();
    }
    this.sendResponse(response);
  }

  protected override attachRequest(response: DebugProtocol.AttachResponse): Promise<void> {
    this.fail(response, errors.attachUnsupported());
    return Promise.resolve();
  }

  private async launch(args: unknown): Promise<void> {
    if (this.settings) {
      throw errors.requestFailed('The session has launched its program already.');
    }
    const settings = parseLaunchArguments(args);
    this.closing = false;
    this.settings = settings;
    this.withoutGdb = settings.noDebug;
    const { warnings } = await preflight(settings);
    this.surroundings = await Surroundings.make(settings, {
      record: (record) => this.onRecord(record),
      garbage: (problem) => log(`report socket: ${problem}`),
      output: (text) => this.output(text, 'stdout'),
      ...(this.supportsRunInTerminalRequest
        ? { runInTerminal: (terminal) => this.openTerminal(terminal) }
        : {}),
    });
    warnings.forEach((warning) => this.output(`Warning: ${warning}\n`, 'console'));
    if (!settings.noDebug) {
      await this.startGdb(settings, this.surroundings);
    }
  }

  private async startGdb(settings: LaunchSettings, surroundings: Surroundings): Promise<void> {
    const args = { gdb: settings.gdb, cwd: settings.cwd, environment: { SHELL: '/bin/sh' } };
    const manager = await this.backendFactory.createGDBManager(this, args);
    const gdb = await this.backendFactory.createBackend(this, manager, args);
    this.gdb = gdb;
    gdb.on('execAsync', (kind, data: unknown) => this.handleGDBAsync(kind, data));
    gdb.on('notifyAsync', (kind, data: unknown) => this.handleGDBNotify(kind, data));
    gdb.on('resultAsync', (kind, data: unknown) => this.handleGDBResult(kind, data));
    gdb.on('exit', () => this.onGdbExit());
    this.connect(new GdbConsole(gdb, (text, stream) => this.onChatter(text, stream)));
    this.stepping = new Stepping(gdb, {
      frames: (threadId, low, high) => this.miFrames(threadId, low, high),
      owner: (frame) => frameOwner(frame, this.modules),
      startsLine: async (address) =>
        startsLine(await this.console.run(`info line *${hex(address)}`), address),
    });
    await gdb.spawn(args);
    await backend.prepareGdb(gdb, this.console, settings);
    await gdb.confirmAsyncMode();
    if (settings.allocator !== 'none') {
      this.errorBreakpoint = await backend.watchAllocator(gdb, this.console);
    }
    if (surroundings.outputTerminal !== undefined) {
      await gdb.sendCommand(`-inferior-tty-set ${surroundings.outputTerminal}`);
    }
    await gdb.sendCommand(`-gdb-set exec-wrapper /bin/sh ${surroundings.script}`);
  }

  private openTerminal(args: DebugProtocol.RunInTerminalRequestArguments): Promise<void> {
    return new Promise((resolve, reject) => {
      this.runInTerminalRequest(args, TERMINAL_TIMEOUT_MS, (answer) => {
        if (answer.success) {
          resolve();
        } else {
          reject(new Error(answer.message ?? 'the client refused'));
        }
      });
    });
  }

  protected override async configurationDoneRequest(
    response: DebugProtocol.ConfigurationDoneResponse,
  ): Promise<void> {
    try {
      if (!this.settings || !this.surroundings) {
        throw errors.notStarted('The request "configurationDone"');
      }
      if (this.withoutGdb) {
        await this.runPlain(this.settings, this.surroundings);
      } else {
        await this.runInGdb(this.settings);
      }
      this.sendResponse(response);
    } catch (error) {
      this.fail(response, error);
      this.sendEvent(new TerminatedEvent());
    }
  }

  private async runInGdb(settings: LaunchSettings): Promise<void> {
    if (settings.stopOnEntry) {
      this.entry = new EntryStop(this.gdb, this.console);
      await this.entry.prepare();
    }
    this.configuringState = FINISHING;
    try {
      if (this.entry?.fromFirstInstruction) {
        this.pauseCount = 0;
        this.configuringState = FINISHING + 1;
        await this.entry.start();
      } else {
        await this.continueIfNeeded();
      }
    } catch (error) {
      const words = this.lastWords.join(' ').trim();
      throw errors.startFailed(settings.program, words === '' ? errors.messageOf(error) : words);
    }
  }

  private async runPlain(settings: LaunchSettings, surroundings: Surroundings): Promise<void> {
    const run = await PlainRun.start(surroundings.script, settings.program, surroundings.terminal);
    this.plainRun = run;
    this.state = 'running';
    this.announceProcess(run.pid);
    this.inBackground(
      'end of the program',
      run.exit.then((exit) => this.onEnd(exit)),
    );
  }

  private announceProcess(pid: number): void {
    this.process = pid;
    this.onProcess(pid);
    const body: DebugProtocol.ProcessEvent['body'] = {
      name: this.settings?.program ?? '',
      systemProcessId: pid,
      isLocalProcess: true,
      startMethod: 'launch',
      pointerSize: 64,
    };
    this.sendEvent(new Event('process', body));
  }

  // ---- events of gdb --------------------------------------------------------

  private onChatter(text: string, stream: string): void {
    if (stream === 'stdout') {
      return;
    }
    log(`gdb: ${text.trimEnd()}`);
    this.lastWords.push(text.trim());
    if (this.lastWords.length > KEPT_LINES) {
      this.lastWords.shift();
    }
    if (stream === 'stderr') {
      this.output(text, 'console');
    }
  }

  private onGdbExit(): void {
    if (!this.closing && this.state !== 'ended') {
      this.output(`${errors.gdbEnded().message}\n`, 'stderr');
      this.inBackground('end of gdb', this.onEnd({ code: 1 }));
    }
  }

  protected override handleGDBAsync(kind: string, data: unknown): void {
    if (kind === 'running' && this.state !== 'ended') {
      this.state = 'running';
    }
    super.handleGDBAsync(kind, data);
  }

  protected override handleGDBNotify(kind: string, data: unknown): void {
    const record = data as Record<string, unknown>;
    switch (kind) {
      case 'thread-group-started':
        this.announceProcess(Number(record['pid']));
        break;
      case 'thread-created':
        super.handleGDBNotify(kind, data);
        this.sendEvent(new ThreadEvent('started', Number(record['id'])));
        break;
      case 'thread-exited':
        super.handleGDBNotify(kind, data);
        this.sendEvent(new ThreadEvent('exited', Number(record['id'])));
        break;
      case 'library-loaded':
      case 'library-unloaded':
        this.onLibraries();
        break;
      case 'breakpoint-created':
        this.tellBreakpoint('new', record['bkpt'] as MiBreakpoint);
        break;
      case 'breakpoint-modified':
        this.tellBreakpoint('changed', record['bkpt'] as MiBreakpoint);
        break;
      case 'breakpoint-deleted':
        if (this.breakpoints.has(String(record['id']))) {
          this.sendEvent(
            new Event('breakpoint', {
              reason: 'removed',
              breakpoint: { id: Number(record['id']), verified: false },
            }),
          );
        }
        break;
      default:
        // Nothing that a client could use.
        break;
    }
  }

  private tellBreakpoint(reason: 'new' | 'changed', data: MiBreakpoint | MiBreakpoint[]): void {
    const breakpoint = Array.isArray(data) ? data[0] : data;
    if (!breakpoint || this.isOurs(breakpoint.number)) {
      return;
    }
    const state = reason === 'new' ? describeBreakpoint(breakpoint) : this.breakpoints.modified(breakpoint);
    if (state) {
      this.sendEvent(new Event('breakpoint', { reason, breakpoint: state }));
    }
  }

  /** A breakpoint that the client did not ask for. */
  private isOurs(number: string): boolean {
    return (
      [this.errorBreakpoint, this.throwBreakpoint, this.gotoBreakpoint, this.entry?.breakpoint].includes(
        number,
      ) || this.dataBreakpoints.has(number)
    );
  }

  // ---- stops ----------------------------------------------------------------

  protected override handleGDBStopped(result: unknown): void {
    this.inBackground('stop', this.onStop(result as MiStopped));
  }

  private async onStop(stop: MiStopped): Promise<void> {
    const exit = exitOf(stop);
    if (exit) {
      await this.onEnd(exit);
      return;
    }
    if (await this.entry?.goesOn(stop)) {
      return;
    }
    if (stop.reason === 'breakpoint-hit' && stop.bkptno !== undefined) {
      if (stop.bkptno === this.errorBreakpoint) {
        this.beginStop();
        if (await this.onAllocatorStop(stop)) {
          this.endStop();
        } else {
          await this.gdb.sendCommand('-exec-continue');
        }
        return;
      }
      const message = await this.breakpoints.hit(stop.bkptno);
      if (message !== undefined) {
        await this.printLogMessage(message, stop);
        await this.gdb.sendCommand('-exec-continue');
        return;
      }
    }
    const signal = stop.reason === 'signal-received' ? stop['signal-name'] : undefined;
    if (
      signal !== undefined &&
      !this.pauseRequested &&
      !isFault(signal) &&
      signal !== '0' &&
      !this.stopsOnSignals()
    ) {
      await this.gdb.sendCommand('-exec-continue');
      return;
    }
    const stepEnded = stop.reason === 'end-stepping-range' || stop.reason === 'function-finished';
    if (stepEnded && (await this.stepping.goesOn(stop))) {
      return;
    }
    this.beginStop();
    this.tellStop(
      stoppedBody(
        stop,
        {
          ...(this.entry?.breakpoint === undefined ? {} : { entry: this.entry.breakpoint }),
          ...(this.gotoBreakpoint === undefined ? {} : { goto: this.gotoBreakpoint }),
          isFunction: (number) => this.breakpoints.isIn('function', number),
          isInstruction: (number) => this.breakpoints.isIn('instruction', number),
          isException: (number) => number === this.throwBreakpoint,
        },
        this.pauseRequested,
      ),
    );
    this.endStop();
  }

  /** Tell the client about a stop. */
  protected tellStop(body: DebugProtocol.StoppedEvent['body']): void {
    this.forgetFrames();
    this.state = 'stopped';
    this.sendEvent(new Event('stopped', body));
  }

  private beginStop(): void {
    this.generation++;
    this.stepping.cancel();
  }

  private endStop(): void {
    this.pauseRequested = false;
    this.afterStop();
  }

  private async printLogMessage(message: string, stop: MiStopped): Promise<void> {
    const frame = { threadId: Number(stop['thread-id'] ?? 1), frameId: 0 };
    const parts = await Promise.all(
      parseLogMessage(message).map(async (part) => {
        if (typeof part === 'string') {
          return part;
        }
        try {
          return await this.variables.value(part.expression, frame);
        } catch (error) {
          return `<${part.expression}: ${errors.messageOf(error)}>`;
        }
      }),
    );
    this.output(`${parts.join('')}\n`, 'console');
  }

  // ---- control --------------------------------------------------------------

  protected override nextRequest(
    response: DebugProtocol.NextResponse,
    args: DebugProtocol.NextArguments,
  ): Promise<void> {
    return this.step(response, 'next', args);
  }

  protected override stepInRequest(
    response: DebugProtocol.StepInResponse,
    args: DebugProtocol.StepInArguments,
  ): Promise<void> {
    return this.step(response, 'stepIn', args);
  }

  protected override stepOutRequest(
    response: DebugProtocol.StepOutResponse,
    args: DebugProtocol.StepOutArguments,
  ): Promise<void> {
    return this.step(response, 'stepOut', args);
  }

  private step(
    response: DebugProtocol.Response,
    kind: StepKind,
    args: DebugProtocol.NextArguments,
  ): Promise<void> {
    return this.answer(response, async () => {
      this.requireStopped('A step');
      if (args.granularity === 'instruction' && kind !== 'stepOut') {
        const command = kind === 'next' ? '-exec-next-instruction' : '-exec-step-instruction';
        await this.gdb.sendCommand(`${command} --thread ${args.threadId}`);
      } else {
        await this.stepping.start(kind, args.threadId);
      }
    });
  }

  protected override async continueRequest(
    response: DebugProtocol.ContinueResponse,
    args: DebugProtocol.ContinueArguments,
  ): Promise<void> {
    await this.answer(response, async () => {
      this.requireStopped('Continuing');
      await this.gdb.sendCommand(`-exec-continue --thread ${args.threadId}`);
      return { allThreadsContinued: true };
    });
  }

  protected override async pauseRequest(response: DebugProtocol.PauseResponse): Promise<void> {
    await this.answer(response, async () => {
      if (this.state !== 'running') {
        throw errors.requestFailed('The program is not running.');
      }
      this.pauseRequested = true;
      await this.gdb.sendCommand('-exec-interrupt --all');
    });
  }

  protected override async threadsRequest(response: DebugProtocol.ThreadsResponse): Promise<void> {
    if (!this.connection || this.state === 'ended') {
      await this.answer(response, () => ({ threads: [] }));
    } else {
      await super.threadsRequest(response);
    }
  }

  // ---- the end --------------------------------------------------------------

  private async onEnd(exit: Exit): Promise<void> {
    if (this.state === 'ended') {
      return;
    }
    this.state = 'ended';
    this.process = undefined;
    this.afterEnd();
    await this.surroundings?.reportsArrived(LAST_REPORTS_MS);
    await this.recordsSettled();
    await this.surroundings?.outputArrived();
    if (exit.note !== undefined) {
      this.output(`${exit.note}\n`, 'console');
    }
    this.sendEvent(new ExitedEvent(exit.code));
    this.sendEvent(new TerminatedEvent());
  }

  protected override async disconnectRequest(response: DebugProtocol.DisconnectResponse): Promise<void> {
    await this.cleanUp();
    this.sendResponse(response);
    this.shutdown();
  }

  /** End program and gdb, and remove what they needed. */
  private async cleanUp(): Promise<void> {
    this.closing = true;
    this.killProgram();
    const gdb = this.connection && this.gdb;
    if (gdb?.isActive()) {
      const left = new Promise<void>((resolve) => gdb.on('exit', () => resolve()));
      gdb.sendGDBExit().catch(() => undefined);
      await Promise.race([left, new Promise((resolve) => setTimeout(resolve, GDB_EXIT_MS))]);
    }
    this.endNow();
  }

  /** As `cleanUp`, at once: for an adapter that is about to end. */
  endNow(): void {
    this.closing = true;
    this.killProgram();
    if (this.connection && this.gdb instanceof backend.LocalBackend && this.gdb.isActive()) {
      this.gdb.kill();
    }
    this.surroundings?.close().forEach((problem) => log(`closing: ${problem}`));
    this.surroundings = undefined;
  }

  private killProgram(): void {
    const pid = this.process;
    if (pid === undefined || (this.plainRun && !this.plainRun.running)) {
      return;
    }
    this.process = undefined;
    // Its group first: the children that it left in it.
    for (const target of [-pid, pid]) {
      try {
        process.kill(target, 'SIGKILL');
      } catch {
        // Already gone, or no leader of a group.
      }
    }
  }

  /** The client is gone, or asked us to leave. */
  override shutdown(): void {
    this.endNow();
    setImmediate(() => process.exit(0));
  }
}
