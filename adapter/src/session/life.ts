/** From launch to end: a program is prepared, run in gdb or without, ended, and cleaned up after. */
import { Event, ExitedEvent, InitializedEvent, OutputEvent, TerminatedEvent } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { IGDBBackend } from 'cdt-gdb-adapter/dist/types/gdb';
import type { Attachment } from '../attach/attachment';
import type { CoreFile } from '../core/coreFile';
import * as errors from '../errors';
import { GdbConsole } from '../gdb/console';
import { parseLaunchArguments, type LaunchSettings } from '../launch/arguments';
import type { SessionDirectory } from '../launch/directory';
import { preflight } from '../launch/preflight';
import {
  DEBUG_TYPE,
  type AgentExit,
  type AgentRecord,
  type LaunchArguments,
  type Report,
  type SnapshotPlace,
} from '../protocol';
import type { ReportListener } from '../reports/server';
import * as backend from './backend';
import { EntryStop } from './entry';
import { FOLLOW_MS, Following } from './following';
import { log } from './guarded';
import { InspectingSession } from './inspecting';
import { Surroundings } from './launching';
import { PlainRun } from './plainRun';
import type { Exit } from './stops';

/** How long the end waits for the last reports. */
const LAST_REPORTS_MS = 200;
/** How long gdb may take to leave. */
const GDB_EXIT_MS = 1000;
/** The state of cdt-gdb-adapter after which the next resume runs the program. */
export const FINISHING = 3;
/** Lines of gdb that are kept to explain a failed start. */
const KEPT_LINES = 20;
const TERMINAL_TIMEOUT_MS = 15_000;

type State = 'none' | 'running' | 'stopped' | 'ended';

export abstract class LifeSession extends InspectingSession {
  protected settings: LaunchSettings | undefined;
  /** Number of the breakpoint on the allocator's error function. */
  protected errorBreakpoint: string | undefined;
  /** Number of the breakpoint at which it is about to end. */
  protected exitBreakpoint: string | undefined;
  protected state: State = 'none';
  protected entry: EntryStop | undefined;
  /** What is looked at, where it is no process. */
  protected core: CoreFile | undefined;
  /** The process, where it is none that we started. */
  protected attachment: Attachment | undefined;
  private process: number | undefined;
  /** What the client asked for, while the session lasts. */
  protected launched: LaunchArguments | undefined;
  /** The process was there before us, and stays. */
  protected foreign = false;
  private following: Following | undefined;
  protected supportsStartDebugging = false;
  protected surroundings: Surroundings | undefined;
  /** A core file's session needs no more of the surroundings than this. */
  protected directory: SessionDirectory | undefined;
  private plainRun: PlainRun | undefined;
  protected closing = false;
  private readonly lastWords: string[] = [];

  constructor() {
    super(backend.backendFactory);
  }

  /** A record of an agent. */
  protected abstract onRecord(record: Exclude<AgentRecord, AgentExit>): void;
  /** A program is about to end, and waits until this resolves. */
  protected abstract onExiting(exit: AgentExit): Promise<void>;
  /** All records that arrived have become events. */
  protected abstract recordsSettled(): Promise<void>;
  /** The process exists; nothing of it has run. */
  protected abstract onProcess(pid: number): void;
  /** The program has ended. */
  protected abstract afterEnd(): void;
  /** The program is run to find the write of this report. */
  protected abstract prepareSearch(report: Report): Promise<void>;
  /** Everything is set; the program is about to start. */
  protected abstract beforeRun(): Promise<void>;
  /** Libraries came or went. */
  protected abstract onLibraries(): void;
  /** Open a core file in place of a program. */
  protected abstract openCore(settings: LaunchSettings, path: string): Promise<void>;
  /** Everything is set: true where what is debugged is none that we start. */
  protected abstract beginsOtherwise(settings: LaunchSettings): Promise<boolean>;
  /** Leave the process that we attached to as it was. */
  protected abstract letGo(): Promise<void>;
  /** Arrange for the snapshots of the launch configuration. */
  protected abstract placeSnapshots(places: readonly SnapshotPlace[]): Promise<void>;

  protected override isStopped(): boolean {
    return this.state === 'stopped';
  }

  protected override get postMortem(): boolean {
    return this.core !== undefined;
  }

  /** The process, while there is one, or that of the core file. */
  protected get pid(): number | undefined {
    return this.core ? (this.core.facts.pid ?? 0) : this.process;
  }

  protected listenerFor(settings: LaunchSettings): ReportListener {
    const following =
      settings.followChildren && !settings.noDebug && this.supportsStartDebugging
        ? new Following({
            pid: () => this.process,
            start: (name, pid) => this.startSession(settings, name, pid),
            say: (text) => this.output(text, 'console'),
            log,
          })
        : undefined;
    this.following = following;
    return {
      record: (record) => this.onRecord(record),
      exit: (record) => this.onExiting(record),
      garbage: (problem) => log(`report socket: ${problem}`),
      ...(following ? { answer: (hello) => following.hello(hello), go: (go) => following.go(go) } : {}),
    };
  }

  /** Ask the client for a session that is attached to a child of the program. */
  private startSession(settings: LaunchSettings, name: string, pid: number): Promise<void> {
    const { gdb, setupCommands, sourceFileMap, checkOnStop, describePointers, leaks, suppressions } =
      settings;
    const configuration = {
      ...{ type: DEBUG_TYPE, request: 'attach', name, pid, followChildren: true },
      ...{ gdb, setupCommands, sourceFileMap, checkOnStop, describePointers, leaks, suppressions },
      followedFrom: this.surroundings?.socket,
    };
    return new Promise((resolve, reject) => {
      const args = { request: 'attach', configuration };
      this.sendRequest('startDebugging', args, FOLLOW_MS, (answer) => {
        if (answer.success) {
          resolve();
        } else {
          reject(new Error(answer.message ?? 'the client refused'));
        }
      });
    });
  }

  protected output(text: string, category: string): void {
    this.sendEvent(new OutputEvent(text, category));
  }

  // ---- launch ---------------------------------------------------------------

  protected override async launchRequest(
    response: DebugProtocol.LaunchResponse,
    args: unknown,
  ): Promise<void> {
    await this.begin(response, () => this.launch(args));
  }

  protected async begin(response: DebugProtocol.Response, work: () => Promise<void>): Promise<void> {
    if (this.settings) {
      this.fail(response, errors.requestFailed('The session has its program already.'));
      return;
    }
    try {
      await work();
    } catch (error) {
      await this.cleanUp();
      this.settings = undefined;
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

  private async launch(args: unknown): Promise<void> {
    const settings = parseLaunchArguments(args);
    this.closing = false;
    this.settings = settings;
    if (settings.core !== undefined) {
      await this.openCore(settings, settings.core);
      return;
    }
    this.launched = args as LaunchArguments;
    this.withoutGdb = settings.noDebug;
    const { warnings } = await preflight(settings);
    this.surroundings = await Surroundings.make(settings, {
      ...this.listenerFor(settings),
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
    const gdb = await this.connectGdb(settings);
    await gdb.sendCommand('-target-select native');
    await gdb.confirmAsyncMode();
    await this.watchAllocator(gdb, settings);
    await this.placeSnapshots(settings.snapshotAt);
    if (surroundings.outputTerminal !== undefined) {
      await gdb.sendCommand(`-inferior-tty-set ${surroundings.outputTerminal}`);
    }
    await gdb.sendCommand(`-gdb-set exec-wrapper /bin/sh ${surroundings.script}`);
    if (settings.findWrite) {
      await this.prepareSearch(settings.findWrite);
    }
  }

  /** Stop at what the allocator finds, and at the end where leaks are looked for there. */
  protected async watchAllocator(gdb: IGDBBackend, settings: LaunchSettings): Promise<void> {
    if (settings.allocator === 'none') {
      return;
    }
    this.errorBreakpoint = await backend.watchAllocator(gdb, this.console);
    if (settings.leaks === 'atExit') {
      this.exitBreakpoint = await backend.watchExit(gdb);
    }
  }

  /** Start gdb, without a target. */
  protected async connectGdb(settings: LaunchSettings): Promise<IGDBBackend> {
    const args = { gdb: settings.gdb, cwd: settings.cwd, environment: { SHELL: '/bin/sh' } };
    const manager = await this.backendFactory.createGDBManager(this, args);
    const gdb = await this.backendFactory.createBackend(this, manager, args);
    this.gdb = gdb;
    gdb.on('execAsync', (kind, data: unknown) => this.handleGDBAsync(kind, data));
    gdb.on('notifyAsync', (kind, data: unknown) => this.handleGDBNotify(kind, data));
    gdb.on('resultAsync', (kind, data: unknown) => this.handleGDBResult(kind, data));
    gdb.on('exit', () => this.onGdbExit());
    this.connect(new GdbConsole(gdb, (text, stream) => this.onChatter(text, stream)));
    await gdb.spawn(args);
    await backend.prepareGdb(gdb, this.console, settings);
    return gdb;
  }

  /** The next start of the program waits for these blocks: SPACES_WATCH. */
  protected waitFor(watch: string): void {
    this.surroundings?.waitFor(watch);
  }

  /** Start the program from the beginning, also where it runs; the client sees one run go on. */
  protected async startAgain(watch: string): Promise<void> {
    this.waitFor(watch);
    await this.gdb.sendCommand('-exec-run');
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
      if (!this.settings || !(this.surroundings ?? this.core ?? this.attachment)) {
        throw errors.notStarted('The request "configurationDone"');
      }
      if (await this.beginsOtherwise(this.settings)) {
        // Nothing is started.
      } else if (this.withoutGdb && this.surroundings) {
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
    if (settings.stopOnEntry && !settings.findWrite) {
      this.entry = new EntryStop(this.gdb, this.console);
      await this.entry.prepare();
    }
    await this.beforeRun();
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

  protected announceProcess(pid: number): void {
    this.process = pid;
    this.onProcess(pid);
    const body: DebugProtocol.ProcessEvent['body'] = {
      name: this.attachment?.process.command[0] ?? this.settings?.program ?? '',
      systemProcessId: pid,
      isLocalProcess: true,
      startMethod: this.attachment ? 'attach' : 'launch',
      pointerSize: 64,
    };
    this.sendEvent(new Event('process', body));
  }

  // ---- gdb ------------------------------------------------------------------

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

  // ---- the end --------------------------------------------------------------

  /** The program has ended: tell the rest of what it said, then its end. */
  protected async onEnd(exit: Exit): Promise<void> {
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

  protected override async disconnectRequest(
    response: DebugProtocol.DisconnectResponse,
    args: DebugProtocol.DisconnectArguments,
  ): Promise<void> {
    if (args.terminateDebuggee === true && this.attachment && this.process !== undefined) {
      process.kill(this.process, 'SIGKILL');
    }
    await this.cleanUp();
    this.sendResponse(response);
    this.shutdown();
  }

  /** End program and gdb, and remove what they needed. */
  private async cleanUp(): Promise<void> {
    this.closing = true;
    this.killProgram();
    await this.letGo();
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
    // A gdb that holds a process which is to live on leaves it at the end of its input.
    if (!this.foreign && this.connection && this.gdb instanceof backend.LocalBackend && this.gdb.isActive()) {
      this.gdb.kill();
    }
    this.following?.close();
    this.surroundings?.close().forEach((problem) => log(`closing: ${problem}`));
    this.surroundings = undefined;
    this.directory?.remove();
    this.directory = undefined;
  }

  private killProgram(): void {
    const pid = this.process;
    if (pid === undefined || this.foreign || (this.plainRun && !this.plainRun.running)) {
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
    const end = () => {
      this.endNow();
      setImmediate(() => process.exit(0));
    };
    if (this.attachment) {
      this.closing = true;
      void this.letGo().then(end, end);
    } else {
      end();
    }
  }
}
