/**
 * The Spaces sessions of this window and the one that the views show: the
 * session that VS Code calls active where it is ours, else the newest live
 * one, else the one that ended last (its data is kept until the next run).
 */
import * as vscode from 'vscode';
import {
  DEBUG_TYPE,
  type Report,
  type SessionState,
  type Stats,
  type WriteSearch,
} from '../../../adapter/src/protocol';
import type { Companion } from '../companion/companion';
import type { Companions } from '../companion/companions';
import { AllocatorFrames, type StackFrame } from '../companion/frames';
import { UserFrame } from '../companion/userFrame';
import { CONTEXT_KEYS } from '../ids';
import { HeapSession, type Transport } from './heapSession';
import { asDapMessage } from './sessionState';

/** Views wait this long after a change: a step ends before a view would show "running". */
const SETTLE_MS = 80;

interface StackRequest {
  command?: string;
  seq: number;
  arguments?: { startFrame?: number };
}
/** An answer that concerns us: of `stackTrace`, or of `initialize`. */
interface Response {
  event?: string;
  command?: string;
  request_seq: number;
  body?: { stackFrames?: StackFrame[]; supportsDelayedStackTraceLoading?: boolean };
}

export class Sessions implements vscode.Disposable {
  private readonly byId = new Map<string, HeapSession>();
  private readonly debugSessions = new WeakMap<HeapSession, vscode.DebugSession>();
  private readonly disposables: vscode.Disposable[] = [];
  private readonly changeEmitter = new vscode.EventEmitter<void>();
  private readonly reportEmitter = new vscode.EventEmitter<{ session: HeapSession; report: Report }>();
  private readonly statsEmitter = new vscode.EventEmitter<{ session: HeapSession; stats: Stats }>();
  private readonly snapshotEmitter = new vscode.EventEmitter<HeapSession>();
  private readonly runEmitter = new vscode.EventEmitter<void>();
  private settling: NodeJS.Timeout | undefined;

  /** Something that a view shows may be different now; settled, so at most one in 80 ms. */
  readonly onDidChange = this.changeEmitter.event;
  readonly onDidReport = this.reportEmitter.event;
  /** Gauges of a running program. */
  readonly onDidMeasure = this.statsEmitter.event;
  /** A session has other snapshots than before. */
  readonly onDidChangeSnapshots = this.snapshotEmitter.event;
  /** A run began; what earlier, ended runs left behind has been dropped. */
  readonly onDidStartRun = this.runEmitter.event;

  constructor(
    private readonly log: vscode.LogOutputChannel,
    private readonly companions: Companions,
  ) {
    this.disposables.push(
      this.changeEmitter,
      this.reportEmitter,
      this.runEmitter,
      this.statsEmitter,
      this.snapshotEmitter,
      vscode.debug.registerDebugAdapterTrackerFactory('*', {
        createDebugAdapterTracker: (session) =>
          session.type === DEBUG_TYPE ? this.track(session, session) : this.trackOther(session),
      }),
      vscode.debug.onDidReceiveDebugSessionCustomEvent(({ session, event, body }) =>
        this.receive(this.byId.get(session.id), event, body),
      ),
      vscode.debug.onDidTerminateDebugSession((session) => this.byId.get(session.id)?.end()),
      vscode.debug.onDidChangeActiveDebugSession(() => this.settle()),
      vscode.debug.onDidChangeActiveStackItem(() => this.settle()),
    );
    this.publish();
  }

  /** The session that the views show. */
  get current(): HeapSession | undefined {
    const active = vscode.debug.activeDebugSession;
    const activeOne = active && this.byId.get(active.id);
    if (activeOne) {
      return activeOne;
    }
    const all = [...this.byId.values()].reverse();
    return all.find((session) => session.state !== 'ended') ?? all[0];
  }

  /** DAP id of the stack frame that is chosen in the current session; undefined where none is. */
  get frameId(): number | undefined {
    const item = vscode.debug.activeStackItem;
    return item instanceof vscode.DebugStackFrame && item.session.id === this.current?.id
      ? item.frameId
      : undefined;
  }

  get all(): HeapSession[] {
    return [...this.byId.values()];
  }

  /** The reports of all sessions that are kept. */
  get reports(): Report[] {
    return this.all.flatMap((session) => session.reports);
  }

  /** The run that a report is of. */
  runOf(report: Report): { session: vscode.DebugSession; ended: boolean } | undefined {
    const run = this.all.find(({ reports }) => reports.includes(report));
    const session = run && this.debugSessions.get(run);
    return session && { session, ended: run.state === 'ended' };
  }

  /** The launch configuration of the session that the views show. */
  get configuration(): vscode.DebugConfiguration | undefined {
    return this.current && this.debugSessions.get(this.current)?.configuration;
  }

  get state(): SessionState {
    return this.current?.state ?? 'none';
  }

  dispose(): void {
    clearTimeout(this.settling);
    vscode.Disposable.from(...this.disposables).dispose();
  }

  /** A tracker is made for every run, also where VS Code restarts within one session. */
  private track(session: vscode.DebugSession, transport: Transport): vscode.DebugAdapterTracker {
    const live = this.all.some((other) => other.state !== 'ended' && other.id !== session.id);
    if (!live) {
      this.byId.clear();
    }
    this.byId.delete(session.id);
    const heapSession = new HeapSession(transport, this.log);
    this.debugSessions.set(heapSession, session);
    this.byId.set(session.id, heapSession);
    heapSession.events.on('state', () => this.settle());
    heapSession.events.on('heap', () => this.settle());
    heapSession.events.on('watched', () => this.settle());
    heapSession.events.on('snapshots', () => this.snapshotEmitter.fire(heapSession));
    heapSession.events.on('stats', (stats) => this.statsEmitter.fire({ session: heapSession, stats }));
    heapSession.events.on('report', (report) => {
      this.reportEmitter.fire({ session: heapSession, report });
      this.settle();
    });
    this.log.info(`${session.name}: run begins`);
    this.runEmitter.fire();
    this.settle();
    const observe = (message: unknown): void => {
      const dapMessage = asDapMessage(message);
      if (dapMessage) {
        heapSession.observe(dapMessage);
      }
    };
    return {
      onWillReceiveMessage: observe,
      onDidSendMessage: observe,
      onWillStopSession: () => heapSession.end(),
      onError: (error) => this.log.error(`${session.name}: ${error.message}`),
      onExit: (code, signal) => {
        if (code) {
          this.log.error(`${session.name}: the debug adapter ended with code ${code}`);
        } else if (signal) {
          this.log.warn(`${session.name}: the debug adapter was ended by ${signal}`);
        }
        heapSession.end();
      },
    };
  }

  /** The session of another debugger that has a companion: the companion answers for it. */
  private trackOther(session: vscode.DebugSession): vscode.DebugAdapterTracker | undefined {
    const companion = this.companions.take(session);
    if (!companion) {
      return undefined;
    }
    const tracker = this.track(session, transportOf(session, companion));
    const heapSession = this.byId.get(session.id);
    heapSession?.events.prependListener('state', (state) => {
      // Before anybody asks for the heap at this stop.
      void (state === 'ended' ? this.companions.end(companion) : companion.follow(state));
    });
    companion.listen((event, body) => this.receive(heapSession, event, body));
    void companion.follow('running');
    const allocator = new AllocatorFrames();
    const userFrame = new UserFrame(session, allocator);
    return {
      ...tracker,
      onWillStopSession: () => {
        userFrame.dispose();
        tracker.onWillStopSession?.();
      },
      onWillReceiveMessage: (message: unknown) => {
        const { command, seq, arguments: args } = message as StackRequest;
        if (command === 'stackTrace') {
          allocator.asked(seq, args?.startFrame ?? 0);
        }
        tracker.onWillReceiveMessage?.(message);
      },
      onDidSendMessage: (message: unknown) => {
        const { command, event, request_seq: request, body } = message as Response;
        if (command === 'stackTrace' && body?.stackFrames) {
          allocator.answered(request, body.stackFrames);
          userFrame.look();
        }
        if (event === 'stopped') {
          userFrame.stopped();
        }
        if (command === 'initialize' && body) {
          // A first page of nothing but the allocator's frames would be all that the editor chooses from.
          body.supportsDelayedStackTraceLoading = false;
        }
        tracker.onDidSendMessage?.(message);
      },
    };
  }

  private receive(session: HeapSession | undefined, event: string, body: unknown): void {
    if (!session) {
      return;
    }
    if (event === 'spaces/report') {
      session.addReport(body as Report);
    } else if (event === 'spaces/writeSearch') {
      session.endSearch(body as WriteSearch);
    } else if (event === 'spaces/changed') {
      session.changed((body as { generation: number }).generation);
    } else if (event === 'spaces/stats') {
      session.events.emit('stats', body as Stats);
    } else if (event === 'spaces/snapshotTaken') {
      session.events.emit('snapshots');
    }
  }

  private settle(): void {
    this.settling ??= setTimeout(() => {
      this.settling = undefined;
      this.publish();
      this.changeEmitter.fire();
    }, SETTLE_MS);
  }

  private publish(): void {
    void vscode.commands.executeCommand('setContext', CONTEXT_KEYS.session, this.state);
    void vscode.commands.executeCommand('setContext', CONTEXT_KEYS.hasReports, this.reports.length > 0);
  }
}

function transportOf(session: vscode.DebugSession, companion: Companion): Transport {
  const evaluate = async (expression: string, frameId: number | undefined): Promise<string> => {
    const answer = (await session.customRequest('evaluate', { expression, frameId, context: 'watch' })) as {
      result: string;
      memoryReference?: string;
    };
    return answer.memoryReference ?? answer.result;
  };
  return {
    id: session.id,
    name: session.name,
    customRequest: (command, args) => companion.ask(command, args, evaluate),
  };
}
