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
import { CONTEXT_KEYS } from '../ids';
import { HeapSession } from './heapSession';
import { asDapMessage } from './sessionState';

/** Views wait this long after a change: a step ends before a view would show "running". */
const SETTLE_MS = 80;

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

  constructor(private readonly log: vscode.LogOutputChannel) {
    this.disposables.push(
      this.changeEmitter,
      this.reportEmitter,
      this.runEmitter,
      this.statsEmitter,
      this.snapshotEmitter,
      vscode.debug.registerDebugAdapterTrackerFactory(DEBUG_TYPE, {
        createDebugAdapterTracker: (session) => this.track(session),
      }),
      vscode.debug.onDidReceiveDebugSessionCustomEvent((event) => this.receive(event)),
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

  get state(): SessionState {
    return this.current?.state ?? 'none';
  }

  dispose(): void {
    clearTimeout(this.settling);
    vscode.Disposable.from(...this.disposables).dispose();
  }

  /** A tracker is made for every run, also where VS Code restarts within one session. */
  private track(session: vscode.DebugSession): vscode.DebugAdapterTracker {
    const live = this.all.some((other) => other.state !== 'ended' && other.id !== session.id);
    if (!live) {
      this.byId.clear();
    }
    this.byId.delete(session.id);
    const heapSession = new HeapSession(session, this.log);
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

  private receive(event: vscode.DebugSessionCustomEvent): void {
    const session = this.byId.get(event.session.id);
    if (!session) {
      return;
    }
    if (event.event === 'spaces/report') {
      session.addReport(event.body as Report);
    } else if (event.event === 'spaces/writeSearch') {
      session.endSearch(event.body as WriteSearch);
    } else if (event.event === 'spaces/changed') {
      session.changed((event.body as { generation: number }).generation);
    } else if (event.event === 'spaces/stats') {
      session.events.emit('stats', event.body as Stats);
    } else if (event.event === 'spaces/snapshotTaken') {
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
