/** Listens where the allocator's agents report: one connection a process, as many as there are. */
import * as net from 'node:net';
import { messageOf } from '../errors';
import type { AgentExit, AgentRecord } from '../protocol';
import { decodeRecord, FrameDecoder } from './decode';

export interface ReportListener {
  record(record: Exclude<AgentRecord, AgentExit>): void;
  /** A program is about to end, and waits until this resolves. */
  exit(record: AgentExit): Promise<void>;
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
    const finish = () => {
      if (ended && waiting === 0) {
        socket.end();
      }
    };
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
        if (record.t !== 'exit') {
          this.listener.record(record);
          continue;
        }
        waiting++;
        void this.listener
          .exit(record)
          .catch((error: unknown) => this.listener.garbage(messageOf(error)))
          .finally(() => {
            waiting--;
            finish();
          });
      }
    });
  }
}
