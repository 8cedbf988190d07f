/** The client's end of DAP over a process's standard streams: requests, their answers, and events. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';

interface Pending {
  resolve: (body: unknown) => void;
  reject: (error: Error) => void;
}

interface Message {
  type: string;
  request_seq?: number;
  success?: boolean;
  message?: string;
  event?: string;
  body?: unknown;
}

/** Longest message that is read. */
const MESSAGE_LIMIT = 256 << 20;
const HEADER_END = '\r\n\r\n';

export class DapClient {
  private readonly pending = new Map<number, Pending>();
  private buffer = Buffer.alloc(0);
  private sequence = 0;
  private failure: Error | undefined;

  /** `onEnd`: the process has ended, or speaks something else. */
  constructor(
    private readonly process: ChildProcessWithoutNullStreams,
    private readonly onEvent: (event: string, body: unknown) => void,
    private readonly onEnd: (error: Error) => void,
  ) {
    process.stdout.on('data', (bytes: Buffer) => this.receive(bytes));
    process.once('error', (error) => this.end(error));
    process.once('exit', (code) => this.end(new Error(`The adapter has ended (code ${code ?? 'unknown'}).`)));
    // A process that has gone is told by its exit.
    process.stdin.on('error', () => undefined);
  }

  request(command: string, args: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.failure) {
        reject(this.failure);
        return;
      }
      const seq = ++this.sequence;
      this.pending.set(seq, { resolve, reject });
      const text = JSON.stringify({ seq, type: 'request', command, arguments: args });
      this.process.stdin.write(`Content-Length: ${Buffer.byteLength(text)}${HEADER_END}${text}`);
    });
  }

  private receive(bytes: Buffer): void {
    this.buffer = Buffer.concat([this.buffer, bytes]);
    for (;;) {
      const header = this.buffer.indexOf(HEADER_END);
      if (header < 0) {
        return;
      }
      const length = Number(/Content-Length: *(\d+)/i.exec(this.buffer.toString('latin1', 0, header))?.[1]);
      const start = header + HEADER_END.length;
      if (!(length <= MESSAGE_LIMIT)) {
        this.end(new Error('The adapter sent something that is no message.'));
        return;
      }
      if (this.buffer.length < start + length) {
        return;
      }
      const text = this.buffer.toString('utf8', start, start + length);
      this.buffer = this.buffer.subarray(start + length);
      this.take(JSON.parse(text) as Message);
    }
  }

  private take(message: Message): void {
    if (message.type === 'event') {
      this.onEvent(message.event ?? '', message.body);
      return;
    }
    const waiting = this.pending.get(message.request_seq ?? 0);
    if (message.type === 'response' && waiting) {
      this.pending.delete(message.request_seq ?? 0);
      if (message.success) {
        waiting.resolve(message.body);
      } else {
        waiting.reject(new Error(sentenceOf(message)));
      }
    }
  }

  private end(error: Error): void {
    if (this.failure) {
      return;
    }
    this.failure = error;
    this.pending.forEach(({ reject }) => reject(error));
    this.pending.clear();
    this.onEnd(error);
  }
}

/** The sentence of a failed answer, whose text may stand in a variable. */
function sentenceOf({ body, message }: Message): string {
  const error = (body as { error?: { format?: string; variables?: Record<string, string> } } | undefined)
    ?.error;
  const format = error?.format ?? message ?? 'The request failed.';
  return format.replace(/\{(\w+)\}/g, (whole, name: string) => error?.variables?.[name] ?? whole);
}
