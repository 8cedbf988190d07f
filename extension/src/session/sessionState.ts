/**
 * What the messages between VS Code and the adapter say about the state of the
 * program. A request to go on counts at once (its `stopped` event may overtake
 * its response); where that request fails, the program is still stopped.
 */
import type { SessionState } from '../../../adapter/src/protocol';

const GOES_ON = new Set(['continue', 'next', 'stepIn', 'stepOut', 'stepBack', 'reverseContinue', 'goto']);

/** The parts of a DAP message that matter here. */
export interface DapMessage {
  type: 'request' | 'response' | 'event';
  seq?: number;
  request_seq?: number;
  command?: string;
  event?: string;
  success?: boolean;
}

export class SessionStateMachine {
  state: SessionState = 'running';
  private goingOn: number | undefined;

  /** Takes one message of either direction; true where the state changed. */
  accept(message: DapMessage): boolean {
    const before = this.state;
    if (this.state === 'ended') {
      return false;
    }
    switch (message.type) {
      case 'request':
        if (GOES_ON.has(message.command ?? '') && this.state === 'stopped') {
          this.goingOn = message.seq;
          this.state = 'running';
        }
        break;
      case 'response':
        if (this.goingOn !== undefined && message.request_seq === this.goingOn) {
          this.goingOn = undefined;
          if (message.success === false) {
            this.state = 'stopped';
          }
        }
        break;
      case 'event':
        this.acceptEvent(message.event);
        break;
    }
    return this.state !== before;
  }

  /** The session is over, however it came about; true where that is news. */
  end(): boolean {
    const changed = this.state !== 'ended';
    this.state = 'ended';
    return changed;
  }

  private acceptEvent(event: string | undefined): void {
    if (event === 'stopped') {
      this.goingOn = undefined;
      this.state = 'stopped';
    } else if (event === 'continued') {
      this.state = 'running';
    } else if (event === 'terminated' || event === 'exited') {
      this.state = 'ended';
    }
  }
}

/** Narrows what a tracker hands over; undefined where it is no DAP message. */
export function asDapMessage(message: unknown): DapMessage | undefined {
  if (typeof message !== 'object' || message === null || !('type' in message)) {
    return undefined;
  }
  const { type } = message;
  return type === 'request' || type === 'response' || type === 'event' ? (message as DapMessage) : undefined;
}
