/** The program under gdb: its events, its stops, and the requests that let it go on. */
import { basename } from 'node:path';
import { Event, ThreadEvent } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import * as errors from '../errors';
import type { CoreFile } from '../core/coreFile';
import type { GdbConsole } from '../gdb/console';
import { hex, miString, type MiBreakpoint, type MiFrame, type MiStopped } from '../gdb/mi';
import { startsLine } from '../symbols/lines';
import { describeBreakpoint, parseLogMessage } from './breakpoints';
import { frameOwner } from './frames';
import { GrowthWatches } from './growth';
import { AttachingSession } from './attaching';
import { GuardFaults } from './guardFaults';
import { SnapshotPlaces } from './snapshotPlaces';
import { Stepping, type StepKind } from './stepping';
import { coreStop, exitOf, isFault, stoppedBody, type Exit } from './stops';

/** What becomes of a stop: told to the client, run on from, or dealt with already. */
export type Taken = 'stop' | 'continue' | 'taken';

/** What gdb calls the frame below a function that it called itself. */
const CALLED_FROM_GDB = '<function called from gdb>';

export abstract class RunningSession extends AttachingSession {
  /** Grows at every stop. */
  protected generation = 0;
  protected throwBreakpoint: string | undefined;
  protected growth!: GrowthWatches;
  protected places!: SnapshotPlaces;
  /** The program stands still without a stop that the client knows. */
  protected held = false;
  private stepping!: Stepping;
  private guardFaults!: GuardFaults;
  protected pauseRequested = false;
  private stillness: (() => void) | undefined;

  /** The allocator stopped the program at an error. */
  protected abstract onAllocatorStop(stop: MiStopped): Promise<Taken>;
  /** True where a stop, or the end of the program, is none for the client. */
  protected abstract intercepts(stop: MiStopped, exit: Exit | undefined): Promise<boolean>;
  /** The program's exit handlers have run; it is held. */
  protected abstract onProgramEnds(stop: MiStopped): Promise<void>;
  /** Whether signals that are no faults stop the program. */
  protected abstract stopsOnSignals(): boolean;
  /** The client has been told about a stop. */
  protected abstract afterStop(): void;
  /** The program runs. */
  protected abstract onRuns(): void;
  /** The program is held at a place where a snapshot is to be taken, of this name if it has one. */
  protected abstract takeSnapshot(name: string | undefined, place: string): Promise<void>;

  protected override connect(console: GdbConsole): void {
    super.connect(console);
    this.growth = new GrowthWatches(this.gdb);
    this.places = new SnapshotPlaces(this.gdb);
    this.guardFaults = new GuardFaults(async (expression) => {
      const { value } = await this.gdb.sendCommand<{ value: string }>(
        `-data-evaluate-expression ${miString(expression)}`,
      );
      return BigInt(value);
    });
    this.stepping = new Stepping(this.gdb, {
      frames: (threadId, low, high) => this.miFrames(threadId, low, high),
      owner: (frame) => frameOwner(frame, this.modules),
      startsLine: async (address) => startsLine(await console.run(`info line *${hex(address)}`), address),
    });
  }

  // ---- events of gdb --------------------------------------------------------

  protected override handleGDBAsync(kind: string, data: unknown): void {
    if (kind === 'running' && this.state !== 'ended') {
      this.state = 'running';
      this.onRuns();
    }
    if (kind === 'stopped' && this.stillness) {
      const stands = this.stillness;
      this.stillness = undefined;
      stands();
      return;
    }
    super.handleGDBAsync(kind, data);
  }

  protected override standsStill(): Promise<void> {
    return new Promise((resolve) => (this.stillness = resolve));
  }

  protected override async presentEntry(): Promise<void> {
    const threadId = await this.gdb.queryCurrentThreadId();
    this.beginStop();
    this.tellStop({ reason: 'entry', description: 'Attached', threadId, allThreadsStopped: true });
    this.endStop();
  }

  protected override handleGDBNotify(kind: string, data: unknown): void {
    const record = data as Record<string, unknown>;
    switch (kind) {
      case 'thread-group-started':
        if (!this.postMortem) {
          this.announceProcess(Number(record['pid']));
        }
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
  protected isOurs(number: string): boolean {
    return (
      [
        this.errorBreakpoint,
        this.exitBreakpoint,
        this.throwBreakpoint,
        this.gotoBreakpoint,
        this.entry?.breakpoint,
      ].includes(number) ||
      this.dataBreakpoints.has(number) ||
      this.growth.has(number) ||
      this.places.has(number)
    );
  }

  // ---- stops ----------------------------------------------------------------

  protected override handleGDBStopped(result: unknown): void {
    this.inBackground('stop', this.onStop(result as MiStopped));
  }

  private async onStop(stop: MiStopped): Promise<void> {
    await this.attachment?.settle();
    if (await this.guardFaults.goesOn(stop)) {
      await this.gdb.sendCommand('-exec-continue');
      return;
    }
    const exit = exitOf(stop);
    if (await this.intercepts(stop, exit)) {
      return;
    }
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
        const taken = await this.onAllocatorStop(stop);
        if (taken === 'stop') {
          this.endStop();
        } else if (taken === 'continue') {
          await this.gdb.sendCommand('-exec-continue');
        }
        return;
      }
      if (stop.bkptno === this.exitBreakpoint) {
        await this.whileHeld(() => this.onProgramEnds(stop));
        await this.gdb.sendCommand('-exec-continue');
        return;
      }
      if (await this.snapshotAt(stop.bkptno, stop)) {
        await this.gdb.sendCommand('-exec-continue');
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
    const grown = await this.growth.hit(stop);
    this.tellStop({
      ...stoppedBody(
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
      ...(grown === undefined ? {} : { description: 'Chunk grew', text: grown }),
    });
    this.endStop();
  }

  /** Take the snapshot that a breakpoint stands for; false where it stands for none. */
  private async snapshotAt(number: string, stop: MiStopped): Promise<boolean> {
    const name = this.places.hit(number);
    const wanted = name === undefined ? this.breakpoints.takesSnapshot(number) : name !== '';
    if (wanted) {
      await this.breakpoints.hit(number);
      const { func, file, line } = stop.frame ?? {};
      const place = file === undefined ? (func ?? '??') : `${basename(file)}:${line ?? '?'}`;
      await this.whileHeld(() => this.takeSnapshot(name ?? place, place));
    }
    return wanted || name !== undefined;
  }

  /** Do something while the program stands still without the client's knowing. */
  private async whileHeld(work: () => Promise<void>): Promise<void> {
    this.generation++;
    this.held = true;
    try {
      await work();
    } finally {
      this.held = false;
    }
  }

  protected override async callingProgram<T>(expression: string, work: () => Promise<T>): Promise<T> {
    if (!/[\w)\]]\s*\(/.test(expression) || this.postMortem) {
      return work();
    }
    // An error of the allocator in such a call is told, but must not leave the program inside of it.
    const number = this.errorBreakpoint;
    if (number !== undefined) {
      await this.gdb.sendCommand(`-break-disable ${number}`);
    }
    try {
      return await work();
    } finally {
      if (number !== undefined) {
        await this.gdb.sendCommand(`-break-enable ${number}`);
      }
      await this.tellStopInCall();
    }
  }

  /** A breakpoint in a function that gdb called stops the program there, which gdb does not tell as a stop. */
  private async tellStopInCall(): Promise<void> {
    const { stack } = await this.gdb.sendCommand<{ stack: MiFrame[] }>('-stack-list-frames 0 64');
    if (stack.some(({ func }) => func === CALLED_FROM_GDB)) {
      const threadId = await this.gdb.queryCurrentThreadId();
      const description = 'Stopped in a function called from the debugger';
      this.beginStop();
      this.tellStop({ reason: 'breakpoint', description, threadId, allThreadsStopped: true });
      this.endStop();
    }
  }

  /** Tell the client about a stop. */
  protected tellStop(body: DebugProtocol.StoppedEvent['body']): void {
    this.forgetFrames();
    this.state = 'stopped';
    this.sendEvent(new Event('stopped', body));
  }

  /** A core file whose threads gdb could not read. */
  protected get withoutThreads(): boolean {
    return this.postMortem && this.threads.length === 0;
  }

  /** The core file is open: that is the stop at which everything is looked at. */
  protected override async presentCore({ facts }: CoreFile): Promise<void> {
    const threadId = this.withoutThreads ? 1 : await this.gdb.queryCurrentThreadId();
    this.beginStop();
    this.tellStop({ ...coreStop(facts.signal, facts.faultAddress), threadId, allThreadsStopped: true });
    this.endStop();
  }

  protected beginStop(): void {
    this.generation++;
    this.stepping.cancel();
  }

  protected endStop(): void {
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

  protected override async stackTraceRequest(
    response: DebugProtocol.StackTraceResponse,
    args: DebugProtocol.StackTraceArguments,
  ): Promise<void> {
    if (this.withoutThreads) {
      await this.answer(response, () => ({ stackFrames: [], totalFrames: 0 }));
    } else {
      await super.stackTraceRequest(response, args);
    }
  }

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
      this.requireLive('A step');
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
      this.requireLive('Continuing');
      this.requireStopped('Continuing');
      await this.gdb.sendCommand(`-exec-continue --thread ${args.threadId}`);
      return { allThreadsContinued: true };
    });
  }

  protected override async pauseRequest(response: DebugProtocol.PauseResponse): Promise<void> {
    await this.answer(response, async () => {
      this.requireLive('Pausing');
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
    } else if (this.withoutThreads) {
      // A client shows nothing of a session that has no thread.
      await this.answer(response, () => ({ threads: [{ id: 1, name: 'No threads could be read' }] }));
    } else {
      await super.threadsRequest(response);
    }
  }
}
