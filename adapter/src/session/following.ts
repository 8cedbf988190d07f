/**
 * One session a process: what the program starts, by fork or exec, waits at its
 * start until a session of its own has attached to it.
 *
 *   child   hello ------------------------------------------> goes on
 *   we            keep the hello open; startDebugging          hang up
 *   its session          attach, breakpoints, continue; "go" --^
 *
 * A process that calls exec under its session says hello here again, as its
 * environment tells it to: that hello goes on to the session, and the process
 * is told to report there.
 */
import * as fs from 'node:fs';
import * as net from 'node:net';
import { messageOf } from '../errors';
import { processName } from '../processName';
import type { AgentHello, FollowerGo } from '../protocol';

/** How long a child waits for its session; SPACES_FOLLOW_WAIT. */
export const FOLLOW_MS = 20_000;
/** Sessions at a time: a build that starts a thousand compilers must not end in a thousand debuggers. */
const MOST = 16;

export interface FollowingHost {
  /** The process of this session. */
  pid(): number | undefined;
  /** Ask the client to start a session with this name, attached to the child. */
  start(name: string, pid: number): Promise<void>;
  /** A sentence for the user. */
  say(text: string): void;
  log(text: string): void;
}

export class Following {
  /** Children that wait. */
  private readonly waiting = new Map<number, () => void>();
  /** Children with a session: its report socket. */
  private readonly sockets = new Map<number, string>();
  private told = false;

  constructor(private readonly host: FollowingHost) {}

  /** A process says hello: resolves when it may go on, to the socket for its reports where that is another. */
  hello(hello: AgentHello): Promise<string | undefined> | undefined {
    const own = this.host.pid();
    if (!hello.waits || own === undefined || hello.pid === own) {
      return undefined;
    }
    const socket = this.sockets.get(hello.pid);
    if (socket !== undefined) {
      sendRecord(socket, hello, (problem) => this.host.log(`hello of ${hello.pid}: ${problem}`));
      return Promise.resolve(socket);
    }
    if (this.waiting.has(hello.pid)) {
      return undefined;
    }
    this.forgetEnded();
    if (this.waiting.size + this.sockets.size >= MOST) {
      if (!this.told) {
        this.told = true;
        this.host.say(
          `More than ${MOST} processes run: further ones are not followed, but their errors are told here.\n`,
        );
      }
      return undefined;
    }
    return this.follow(hello);
  }

  /** The session of a child lets it go on. */
  go({ pid, socket }: FollowerGo): void {
    this.sockets.set(pid, socket);
    this.waiting.get(pid)?.();
  }

  /** Let all go on. */
  close(): void {
    this.waiting.forEach((goOn) => goOn());
  }

  private async follow({ pid }: AgentHello): Promise<undefined> {
    const gone = new Promise<void>((resolve) => this.waiting.set(pid, resolve));
    const timer = setTimeout(() => this.waiting.get(pid)?.(), FOLLOW_MS);
    this.host.start(processName(pid), pid).catch((error: unknown) => {
      this.host.log(`following ${pid}: ${messageOf(error)}`);
      this.waiting.get(pid)?.();
    });
    await gone;
    clearTimeout(timer);
    this.waiting.delete(pid);
    return undefined;
  }

  private forgetEnded(): void {
    for (const pid of this.sockets.keys()) {
      if (!fs.existsSync(`/proc/${pid}`)) {
        this.sockets.delete(pid);
      }
    }
  }
}

/** Write a record to a report socket, as an agent does. */
export function sendRecord(path: string, record: object, failed: (problem: string) => void): void {
  const text = Buffer.from(JSON.stringify(record));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  const socket = net.connect(path);
  socket.on('error', (error) => failed(messageOf(error)));
  socket.resume().end(Buffer.concat([length, text]));
}
