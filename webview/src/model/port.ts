/** Requests over the message port to the extension: each gets its answer or an Error. */
import type { HostMessage, PanelMessage, SpacesCommand, SpacesRequests } from '../../../adapter/src/protocol';

/** The page's side of a VS Code webview. */
export interface HostPort {
  postMessage(message: PanelMessage): void;
  getState(): unknown;
  setState(state: unknown): void;
}

interface Waiting {
  resolve(body: unknown): void;
  reject(error: Error): void;
}

export class Requests {
  private readonly waiting = new Map<number, Waiting>();
  private last = 0;

  constructor(private readonly port: HostPort) {}

  send<C extends SpacesCommand>(command: C, args: SpacesRequests[C][0]): Promise<SpacesRequests[C][1]> {
    const seq = ++this.last;
    return new Promise((resolve, reject) => {
      this.waiting.set(seq, { resolve: (body) => resolve(body as SpacesRequests[C][1]), reject });
      this.port.postMessage({ type: 'request', seq, command, arguments: args });
    });
  }

  /** Fails what still waits: nobody is left to answer it. */
  abandon(reason: string): void {
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    waiting.forEach((one) => one.reject(new Error(reason)));
  }

  /** Takes the answer to a request; one that nobody waits for is ignored. */
  receive(message: Extract<HostMessage, { type: 'response' }>): void {
    const waiting = this.waiting.get(message.seq);
    this.waiting.delete(message.seq);
    if (message.ok) {
      waiting?.resolve(message.body);
    } else {
      waiting?.reject(new Error(message.message));
    }
  }
}
