/**
 * What the pointers in scope of the chosen stack frame point at, asked once a
 * frame and stop, for all that shows it in the editor.
 */
import * as vscode from 'vscode';
import type { Pointer, PointersResponse } from '../../../adapter/src/protocol';
import { messageOf } from '../session/heapSession';
import type { Sessions } from '../session/sessions';

export class Pointers implements vscode.Disposable {
  private readonly changeEmitter = new vscode.EventEmitter<void>();
  private readonly disposables: vscode.Disposable[] = [this.changeEmitter];
  private asked = '';
  private answer: Promise<PointersResponse | undefined> = Promise.resolve(undefined);
  /** Another frame, or another stop: ask again. */
  readonly onDidChange = this.changeEmitter.event;

  constructor(
    private readonly sessions: Sessions,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.disposables.push(
      sessions.onDidChange(() => this.changed()),
      vscode.debug.onDidChangeActiveStackItem(() => this.changed()),
    );
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  /** The pointers of a frame of the current session; undefined where the program runs. */
  async ofFrame(frameId = this.sessions.frameId): Promise<PointersResponse | undefined> {
    const session = this.sessions.current;
    if (session?.state !== 'stopped' || frameId === undefined) {
      return undefined;
    }
    const key = `${session.id}/${session.run}/${session.epoch}/${frameId}`;
    if (key !== this.asked) {
      this.asked = key;
      this.answer = session.request('spaces/pointers', { frameId }).catch((error: unknown) => {
        this.log.debug(`No pointers of frame ${frameId}: ${messageOf(error)}`);
        if (this.asked === key) {
          // Whoever asks next asks anew.
          this.asked = '';
        }
        return undefined;
      });
    }
    return this.answer;
  }

  /** The pointer of that name in the chosen frame. */
  async named(name: string): Promise<Pointer | undefined> {
    return (await this.ofFrame())?.pointers.find((pointer) => pointer.name === name);
  }

  private changed(): void {
    this.changeEmitter.fire();
  }
}
