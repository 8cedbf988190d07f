/** Ids of stack frames that are never given twice: a client may still ask for a frame of the stop before. */
import { Handles } from '@vscode/debugadapter';

const FIRST_ID = 1000;

export class FrameIds<Frame> extends Handles<Frame> {
  private readonly frames = new Map<number, Frame>();
  private next = FIRST_ID;

  /** No frame has an id any more; new ones get others. */
  override reset(): void {
    this.frames.clear();
  }

  override create(frame: Frame): number {
    this.frames.set(this.next, frame);
    return this.next++;
  }

  override get(id: number): Frame;
  override get(id: number, otherwise: Frame): Frame;
  override get(id: number, otherwise?: Frame): Frame | undefined {
    return this.frames.get(id) ?? otherwise;
  }
}
