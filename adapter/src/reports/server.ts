/** Listens where the allocator's agents report: one connection a process, as many as there are. */
import * as net from 'node:net';
import { messageOf } from '../errors';
import type { AgentExit, AgentHello, AgentRecord, FollowerGo } from '../protocol';
import { decodeRecord, FrameDecoder } from './decode';

export interface ReportListener {
  record(record: Exclude<AgentRecord, AgentExit>): void;
  /** A program is about to end, and waits until this resolves. */
  exit(record: AgentExit): Promise<void>;
  /** A process says hello and waits for the end of this: a path is where its reports are to go. Undefined: it need not wait. */
  answer?(hello: AgentHello): Promise<string | undefined> | undefined;
  /** The session of a child says that the child may go on. */
  go?(go: FollowerGo): void;
  /** Something arrived that is no record; for the log. */
  garbage(problem: string): void;
}

export class ReportServer {
  private readonly server: net.Server;
  private readonly sockets = new Set<net.Socket>();
  private path = '';

  constructor(private readonly listener: ReportListener) {
    this.server = net.createServer({ allowHalfOpen: true }, (socket) => this.accept(socket));
  }

  /** Listen on a Unix socket of this path. */
  async listen(path: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(path, resolve);
    });
    this.path = path;
    this.server.on('error', (error) => this.listener.garbage(messageOf(error)));
  }

  /** Resolves when all that was written up to now has been read, or after `ms`. */
  async drained(ms: number): Promise<void> {
    const all = this.accepted().then(() =>
      Promise.all([...this.sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)))),
    );
    await Promise.race([all, new Promise((resolve) => setTimeout(resolve, ms).unref())]);
  }

  /** Resolves when every connection that was made before is accepted: they are in the order they were made in. */
  private accepted(): Promise<void> {
    return new Promise((resolve) => {
      const last = net.connect(this.path);
      last.once('error', () => resolve());
      last.once('close', () => resolve());
      last.resume().end();
    });
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) {
      socket.destroy();
    }
  }

  private accept(socket: net.Socket): void {
    const decoder = new FrameDecoder();
    let waiting = 0;
    let ended = false;
    let answer = '';
    const finish = () => {
      if (ended && waiting === 0) {
        if (answer === '') {
          // Not even nothing is written to a process that has gone already.
          socket.end();
        } else {
          socket.end(answer);
        }
      }
    };
    const waitFor = (work: Promise<string | undefined | void>) => {
      waiting++;
      void work
        .then((text) => {
          answer = text ?? '';
        })
        .catch((error: unknown) => this.listener.garbage(messageOf(error)))
        .finally(() => {
          waiting--;
          finish();
        });
    };
    // Its process has said what it had to say.
    socket.on('end', () => {
      ended = true;
      finish();
    });
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', (error) => this.listener.garbage(messageOf(error)));
    socket.on('data', (bytes) => {
      let texts;
      try {
        texts = decoder.push(bytes);
      } catch (error) {
        this.listener.garbage(messageOf(error));
        socket.destroy();
        return;
      }
      for (const text of texts) {
        let record;
        try {
          record = decodeRecord(text);
        } catch (error) {
          this.listener.garbage(messageOf(error));
          continue;
        }
        if (record.t === 'go') {
          this.listener.go?.(record);
          continue;
        }
        if (record.t === 'exit') {
          waitFor(this.listener.exit(record));
          continue;
        }
        this.listener.record(record);
        const held = record.t === 'hello' ? this.listener.answer?.(record) : undefined;
        if (held) {
          waitFor(held);
        }
      }
    });
  }
}
