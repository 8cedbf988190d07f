/**
 * A session with the bundled adapter and real gdb: starts it, remembers every
 * event from the first on, and leaves nothing running behind.
 */
import * as assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { DebugClient } from '@vscode/debugadapter-testsupport';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { LaunchArguments, SpacesEvents, SpacesRequests } from '../../../adapter/src/protocol';

export const ROOT = path.resolve(__dirname, '../../..');
export const ADAPTER = path.join(ROOT, 'dist/adapter.js');

type StoppedBody = DebugProtocol.StoppedEvent['body'];
type Launch = LaunchArguments & { noDebug?: boolean };

export interface Session {
  client: DebugClient;
  adapter: ChildProcess;
  /** Every event since the start. */
  events: DebugProtocol.Event[];
  /** What the adapter wrote to stderr. */
  log(): string;
}

const live = new Set<Session>();

/** Start the adapter and initialize it; `env` adds to its environment, `user` is whom it runs as. */
export async function open(
  env: Record<string, string> = {},
  user: { uid?: number; gid?: number } = {},
  capabilities: Partial<DebugProtocol.InitializeRequestArguments> = {},
): Promise<Session> {
  assert.ok(fs.existsSync(ADAPTER), `${ADAPTER} is missing: run "npm run build" first`);
  const adapter = spawn(process.execPath, [ADAPTER], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...user,
  });
  // Writing to an adapter that has just ended is no failure of a test.
  adapter.stdin.on('error', () => undefined);
  const stderr: Buffer[] = [];
  adapter.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const client = new DebugClient('node', ADAPTER, 'spaces');
  const events: DebugProtocol.Event[] = [];
  const session: Session = { client, adapter, events, log: () => Buffer.concat(stderr).toString('utf8') };
  const emit = client.emit.bind(client);
  client.emit = (name: string | symbol, ...args: unknown[]) => {
    const [event] = args as [DebugProtocol.Event | undefined];
    if (event?.type === 'event' && name === event.event) {
      events.push(event);
    }
    return emit(name, ...args);
  };
  // The client's own start() hides the process; the tests need it.
  (client as unknown as { connect(read: unknown, write: unknown): void }).connect(
    adapter.stdout,
    adapter.stdin,
  );
  live.add(session);
  await client.initializeRequest({
    adapterID: 'spaces',
    pathFormat: 'path',
    linesStartAt1: true,
    columnsStartAt1: true,
    supportsRunInTerminalRequest: true,
    supportsInvalidatedEvent: true,
    ...capabilities,
  });
  return session;
}

/** Launch up to the moment where breakpoints can be set. */
export async function launch(session: Session, args: Launch): Promise<void> {
  const initialized = waitFor(session, 'initialized');
  await session.client.launchRequest(args);
  await initialized;
}

/** Launch with breakpoints on these lines of `source`, and run to the first stop. */
export async function launchTo(
  session: Session,
  args: Launch,
  source: string,
  breakpoints: DebugProtocol.SourceBreakpoint[],
): Promise<StoppedBody> {
  await launch(session, args);
  await session.client.setBreakpointsRequest({ source: { path: source }, breakpoints });
  return run(session);
}

/** Let the program run to its next stop. */
export async function run(session: Session): Promise<StoppedBody> {
  const stopped = nextStop(session);
  await session.client.configurationDoneRequest();
  return stopped;
}

/** Continue to the next stop. */
export async function resume(session: Session, threadId = 1): Promise<StoppedBody> {
  const stopped = nextStop(session);
  await session.client.continueRequest({ threadId });
  return stopped;
}

/** Let the program run to its end; resolves to its exit code. */
export async function finish(session: Session, start: () => Promise<unknown>): Promise<number> {
  const exited = waitFor(session, 'exited');
  const terminated = waitFor(session, 'terminated');
  await start();
  await terminated;
  return ((await exited).body as { exitCode: number }).exitCode;
}

/** The next stopped event, whatever its reason. */
export function nextStop(session: Session): Promise<StoppedBody> {
  return waitFor(session, 'stopped').then((event) => event.body as StoppedBody);
}

/** The next event of a name that fulfils `wanted`. */
export function waitFor(
  session: Session,
  name: string,
  wanted: (event: DebugProtocol.Event) => boolean = () => true,
  ms = 15_000,
): Promise<DebugProtocol.Event> {
  return new Promise((resolve, reject) => {
    const listener = (event: DebugProtocol.Event) => {
      if (wanted(event)) {
        clearTimeout(timer);
        session.client.removeListener(name, listener);
        resolve(event);
      }
    };
    const timer = setTimeout(() => {
      session.client.removeListener(name, listener);
      const seen = session.events.map(({ event }) => event).join(' ');
      reject(new Error(`no "${name}" event within ${ms} ms; seen: ${seen}\n${session.log()}`));
    }, ms);
    session.client.on(name, listener);
  });
}

/** Wait until something holds. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  ms = 10_000,
): Promise<void> {
  const end = Date.now() + ms;
  while (!(await holds())) {
    assert.ok(Date.now() < end, `not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What the program printed so far, by default. */
export function output(session: Session, category = 'stdout'): string {
  return session.events
    .filter(({ event, body }) => event === 'output' && (body as { category: string }).category === category)
    .map(({ body }) => (body as { output: string }).output)
    .join('');
}

/** The bodies of all events of ours so far. */
export function spacesEvents<E extends keyof SpacesEvents>(session: Session, name: E): SpacesEvents[E][] {
  return session.events.filter(({ event }) => event === name).map(({ body }) => body as SpacesEvents[E]);
}

/** Send one of our own requests. */
export async function ask<C extends keyof SpacesRequests>(
  session: Session,
  command: C,
  args: SpacesRequests[C][0],
): Promise<SpacesRequests[C][1]> {
  const response = await session.client.customRequest(command, args);
  return response.body as SpacesRequests[C][1];
}

/** Send a request of the protocol that the client has no method for. */
export async function request<B>(session: Session, command: string, args: object): Promise<B> {
  const response = await session.client.customRequest(command, args);
  return response.body as B;
}

/** The error of a request that must fail. */
export async function failure(request: Promise<unknown>): Promise<string> {
  try {
    await request;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  assert.fail('the request should have failed');
}

/** Frames of a thread. */
export async function stack(session: Session, threadId = 1): Promise<DebugProtocol.StackFrame[]> {
  return (await session.client.stackTraceRequest({ threadId })).body.stackFrames;
}

/** The frame VS Code selects: the first whose source it may show. */
export function topUserFrame(frames: DebugProtocol.StackFrame[]): DebugProtocol.StackFrame | undefined {
  return frames.find((frame) => frame.source && frame.source.presentationHint !== 'deemphasize');
}

/** The local variables of a frame. */
export async function locals(session: Session, frameId: number): Promise<DebugProtocol.Variable[]> {
  const { scopes } = (await session.client.scopesRequest({ frameId })).body;
  const [scope] = scopes;
  assert.ok(scope);
  return (await session.client.variablesRequest({ variablesReference: scope.variablesReference })).body
    .variables;
}

/** The process of the program. */
export function programPid(session: Session): number {
  const event = session.events.find((one) => one.event === 'process');
  assert.ok(event, 'no process event');
  return (event.body as { systemProcessId: number }).systemProcessId;
}

/** Whether a process exists and is no zombie. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** The processes that descend from one. */
export function descendants(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of fs.readdirSync('/proc')) {
    if (/^\d+$/.test(name)) {
      try {
        const stat = fs.readFileSync(`/proc/${name}/stat`, 'utf8');
        parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
      } catch {
        // Ended while we looked.
      }
    }
  }
  const found = [pid];
  for (const one of found) {
    found.push(...[...parents].filter(([, parent]) => parent === one).map(([child]) => child));
  }
  return found.slice(1);
}

/** Whether a session's process has ended. */
export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** End every session of the test; fails where one leaves a process behind. */
export async function closeAll(): Promise<void> {
  for (const session of live) {
    live.delete(session);
    const { adapter, client } = session;
    const pids = adapter.pid === undefined ? [] : descendants(adapter.pid);
    if (!hasEnded(adapter)) {
      // It may be about to end already, and then never answers.
      client.disconnectRequest().catch(() => undefined);
      await until('the adapter ends', () => hasEnded(adapter), 5000).catch((error: unknown) => {
        adapter.kill('SIGKILL');
        throw error;
      });
    }
    await until(`processes ${pids.join(', ')} end`, () => !pids.some(isAlive), 5000);
  }
}

/** What a client's terminals show. */
export interface Terminals {
  text(): string;
}

/** Answer requests for a terminal as an editor would: with a pseudo-terminal and a shell of its own in it. */
export function serveTerminals(session: Session): Terminals {
  const chunks: Buffer[] = [];
  session.client.on('runInTerminal', () => undefined);
  answerRequests(session, 'runInTerminal', (given) => {
    const { args } = given as DebugProtocol.RunInTerminalRequestArguments;
    const quoted = args.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
    const terminal = spawn('script', ['-qfec', quoted, '/dev/null'], { stdio: ['pipe', 'pipe', 'ignore'] });
    terminal.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    return Promise.resolve();
  });
  return { text: () => Buffer.concat(chunks).toString('utf8') };
}

/** Answer requests for further sessions. */
export function serveSessions(
  session: Session,
  start: (args: DebugProtocol.StartDebuggingRequestArguments) => Promise<void>,
): void {
  answerRequests(session, 'startDebugging', (args) =>
    start(args as DebugProtocol.StartDebuggingRequestArguments),
  );
}

/** The test client emits requests of the adapter as events of no name; answer them on the wire. */
function answerRequests(session: Session, command: string, work: (args: unknown) => Promise<void>): void {
  const wire = session.client as unknown as {
    dispatch(body: string): void;
    outputStream: NodeJS.WritableStream;
  };
  const dispatch = wire.dispatch.bind(session.client);
  wire.dispatch = (body: string) => {
    const message = JSON.parse(body) as DebugProtocol.Request;
    if (message.type !== 'request' || message.command !== command) {
      dispatch(body);
      return;
    }
    const respond = (result: { success: boolean; message?: string }) => {
      const answer = JSON.stringify({
        type: 'response',
        seq: 100_000 + message.seq,
        request_seq: message.seq,
        command,
        body: {},
        ...result,
      });
      wire.outputStream.write(`Content-Length: ${Buffer.byteLength(answer)}\r\n\r\n${answer}`);
    };
    work(message.arguments).then(
      () => respond({ success: true }),
      (error: unknown) =>
        respond({ success: false, message: error instanceof Error ? error.message : String(error) }),
    );
  };
}
