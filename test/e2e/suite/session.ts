/** One debug session for a test, watched through the messages that VS Code and the adapter exchange. */
import * as vscode from 'vscode';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { SpacesApi } from '../../../extension/src/api';
import { until } from '../harness/until';

export const EXTENSION = 'spaces.spaces';

/** Activates the extension and returns what it exports. */
export async function api(): Promise<SpacesApi> {
  const extension = vscode.extensions.getExtension<SpacesApi>(EXTENSION);
  if (!extension) throw new Error(`VS Code knows no extension ${EXTENSION}.`);
  return extension.activate();
}

type Stop = DebugProtocol.StoppedEvent['body'];

/** Records what the adapter says; at most one session at a time. */
export class WatchedSession implements vscode.Disposable {
  readonly stops: Stop[] = [];
  readonly output: string[] = [];
  exitCode: number | undefined;
  terminated = false;
  private taken = 0;
  private readonly registration: vscode.Disposable;

  constructor(type = 'spaces') {
    this.registration = vscode.debug.registerDebugAdapterTrackerFactory(type, {
      createDebugAdapterTracker: () => ({
        onDidSendMessage: (message: DebugProtocol.ProtocolMessage) => this.see(message),
        onExit: () => (this.terminated = true),
      }),
    });
  }

  private see(message: DebugProtocol.ProtocolMessage): void {
    if (message.type !== 'event') return;
    const event = message as DebugProtocol.Event;
    if (event.event === 'stopped') this.stops.push((event as DebugProtocol.StoppedEvent).body);
    if (event.event === 'output') this.output.push((event as DebugProtocol.OutputEvent).body.output);
    if (event.event === 'exited') this.exitCode = (event as DebugProtocol.ExitedEvent).body.exitCode;
    if (event.event === 'terminated') this.terminated = true;
  }

  /** Starts the configuration of that name in launch.json, or the one given. */
  async start(configuration: string | vscode.DebugConfiguration, noDebug = false): Promise<void> {
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    const started = await vscode.debug.startDebugging(folder, configuration, { noDebug });
    if (!started) throw new Error(`VS Code did not start ${JSON.stringify(configuration)}.`);
  }

  /** The next stop that no test has taken yet. */
  async stop(): Promise<Stop> {
    const stop = await until('a stop', () => {
      const next = this.stops[this.taken];
      if (!next && this.terminated) throw new Error(`the session ended: ${this.output.join('')}`);
      return next;
    });
    this.taken++;
    return stop;
  }

  async continue(): Promise<void> {
    await vscode.commands.executeCommand('workbench.action.debug.continue');
  }

  async ended(): Promise<void> {
    await until('the end of the session', () => this.terminated && !vscode.debug.activeDebugSession);
  }

  async frames(threadId: number): Promise<DebugProtocol.StackFrame[]> {
    const session = vscode.debug.activeDebugSession;
    if (!session) throw new Error('No session is active.');
    const body = (await session.customRequest('stackTrace', {
      threadId,
    })) as DebugProtocol.StackTraceResponse['body'];
    return body.stackFrames;
  }

  async dispose(): Promise<void> {
    if (vscode.debug.activeDebugSession) {
      await vscode.debug.stopDebugging();
      await until('no session', () => !vscode.debug.activeDebugSession);
    }
    vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
    this.registration.dispose();
  }
}

/** Path of a file of the opened workspace. */
export function inWorkspace(relative: string): vscode.Uri {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  if (!folder) throw new Error('No folder is open.');
  return vscode.Uri.joinPath(folder.uri, relative);
}

export function addBreakpoint(file: vscode.Uri, line: number): void {
  vscode.debug.addBreakpoints([
    new vscode.SourceBreakpoint(new vscode.Location(file, new vscode.Position(line - 1, 0))),
  ]);
}
