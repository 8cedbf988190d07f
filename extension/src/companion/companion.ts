/** Our adapter beside another debugger's session: a process of its own, asked as the adapter of a session is. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import {
  COMPANION_FLAG,
  type CompanionRequests,
  type LocateArguments,
  type SessionState,
  type SpacesRequests,
} from '../../../adapter/src/protocol';
import type { Log } from '../session/heapSession';
import { DapClient } from './client';

type Requests = CompanionRequests & SpacesRequests;

/** How long a companion may take for its last reports. */
const END_MS = 3000;

/** Evaluates an expression in the other debugger. */
export type Evaluate = (expression: string, frameId: number | undefined) => PromiseLike<string>;

export class Companion {
  private readonly client: DapClient;
  private onEvent: (event: string, body: unknown) => void = () => undefined;
  private readonly early: [event: string, body: unknown][] = [];
  private listening = false;
  private ended = false;

  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    log: Log,
  ) {
    this.client = new DapClient(
      child,
      (event, body) => {
        this.early.push([event, body]);
        this.deliver();
      },
      (error) => {
        if (!this.ended) {
          log.error(`companion: ${error.message}`);
        }
      },
    );
    child.stderr.on('data', (text) => log.debug(`companion: ${String(text).trimEnd()}`));
  }

  /** Starts the adapter at this path as a companion. */
  static async start(adapter: string, log: Log): Promise<Companion> {
    const child = spawn(process.execPath, [adapter, COMPANION_FLAG], {
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
      stdio: 'pipe',
    });
    const companion = new Companion(child, log);
    try {
      await companion.client.request('initialize', { adapterID: 'spaces', pathFormat: 'path' });
      return companion;
    } catch (error) {
      companion.dispose();
      throw error;
    }
  }

  request<C extends keyof Requests>(command: C, args: Requests[C][0]): Promise<Requests[C][1]> {
    return this.client.request(command, args) as Promise<Requests[C][1]>;
  }

  /** A request of the views; an expression is evaluated by the debugger that holds the program. */
  async ask(command: string, args: unknown, evaluate: Evaluate): Promise<unknown> {
    const located = args as LocateArguments | undefined;
    if (command === 'spaces/locate' && located && 'expression' in located) {
      const result = await evaluate(located.expression, located.frameId);
      const address = /0x[0-9a-f]+/i.exec(result)?.[0];
      if (address === undefined) {
        throw new Error(`"${located.expression}" is no address.`);
      }
      return this.client.request(command, { address });
    }
    return this.client.request(command, args);
  }

  /** Events go to `listener`, those that came before too. */
  listen(listener: (event: string, body: unknown) => void): void {
    this.onEvent = listener;
    this.listening = true;
    this.deliver();
  }

  /** The other debugger's program is now in this state. Resolves when the companion of one that ended is gone. */
  async follow(state: SessionState): Promise<void> {
    if (state === 'none' || this.ended) {
      return;
    }
    const told = this.request('spaces/companionState', { state });
    if (state !== 'ended') {
      await told.catch(() => undefined);
      return;
    }
    this.ended = true;
    const timeout = new Promise((resolve) => setTimeout(resolve, END_MS).unref());
    await Promise.race([told.catch(() => undefined), timeout]);
    this.dispose();
  }

  dispose(): void {
    this.ended = true;
    // It removes what it made when its input ends; one that hangs is ended.
    this.child.stdin.end();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), END_MS);
    timer.unref();
    this.child.once('exit', () => clearTimeout(timer));
  }

  private deliver(): void {
    if (this.listening) {
      this.early.splice(0).forEach(([event, body]) => this.onEvent(event, body));
    }
  }
}
