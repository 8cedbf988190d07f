/**
 * Selects the user's frame at an error stop of another debugger: where the editor chose one of the allocator's, goes
 * down the stack until it is past them, once a stop. What a person selects afterwards stays.
 */
import * as vscode from 'vscode';
import type { AllocatorFrames } from './frames';

export class UserFrame implements vscode.Disposable {
  private readonly listener: vscode.Disposable;
  private armed = false;

  constructor(
    private readonly session: vscode.DebugSession,
    private readonly allocator: AllocatorFrames,
  ) {
    this.listener = vscode.debug.onDidChangeActiveStackItem(() => this.look());
  }

  /** The program has stopped. */
  stopped(): void {
    this.armed = true;
  }

  /** The frames of a stop have been told. */
  look(): void {
    const item = vscode.debug.activeStackItem;
    if (!this.armed || !(item instanceof vscode.DebugStackFrame) || item.session.id !== this.session.id) {
      return;
    }
    if (this.allocator.subdued.has(item.frameId)) {
      void vscode.commands.executeCommand('workbench.action.debug.callStackDown');
    } else if (this.allocator.subdued.size > 0) {
      this.armed = false;
    }
  }

  dispose(): void {
    this.listener.dispose();
  }
}
