/** The allocator's frames at an error stop of another debugger: shown subdued, so that the user's own is selected. */
import { ERROR_FUNCTION } from '../../../adapter/src/protocol';

/** The parts of a DAP stack frame that matter here. */
export interface StackFrame {
  id: number;
  name: string;
  source?: { path?: string; presentationHint?: string };
  presentationHint?: string;
}

const ALLOCATOR =
  /^(?:.*`)?(?:spaces_\w+|sp_\w+|malloc|calloc|realloc|reallocarray|free|cfree|memalign|aligned_alloc|posix_memalign|operator (?:new|delete).*)(?:\(.*\))?(?: \+ \d+)?$/;

/** "lib.so`spaces_on_error(info=0x…)" → true. */
function isErrorFunction(name: string): boolean {
  return new RegExp(`(?:^|\`)${ERROR_FUNCTION}\\b`).test(name);
}

function folderOf(frame: StackFrame): string | undefined {
  const path = frame.source?.path;
  return path?.slice(0, path.lastIndexOf('/'));
}

/** Marks the allocator's frames of stacks that begin in its error function, page by page as they are asked for. */
export class AllocatorFrames {
  /** First frames that were asked for, by the number of the request. */
  private readonly starts = new Map<number, number>();
  /** Ids of the frames of this stop that were marked. */
  readonly subdued = new Set<number>();
  /** The stack so far is the allocator's: folder of its sources, where that is known. */
  private within: { folder: string | undefined } | undefined;

  /** A request for frames from `start` on. */
  asked(request: number, start: number): void {
    this.starts.set(request, start);
  }

  /** The answer to a request; the frames are changed in place. */
  answered(request: number, frames: StackFrame[]): void {
    const start = this.starts.get(request) ?? 0;
    this.starts.delete(request);
    if (start === 0) {
      const [top] = frames;
      this.subdued.clear();
      this.within = top && isErrorFunction(top.name) ? { folder: folderOf(top) } : undefined;
    }
    for (const frame of frames) {
      if (!this.within || !isAllocators(frame, this.within.folder)) {
        this.within = undefined;
        return;
      }
      this.subdued.add(frame.id);
      frame.presentationHint = 'subtle';
      if (frame.source) {
        frame.source.presentationHint = 'deemphasize';
      }
    }
  }
}

function isAllocators(frame: StackFrame, folder: string | undefined): boolean {
  return ALLOCATOR.test(frame.name) || (folder !== undefined && folderOf(frame) === folder);
}
