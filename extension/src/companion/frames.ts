/** The allocator's frames at an error stop of another debugger: shown subdued, so that the user's own is selected. */
import { ERROR_FUNCTION } from '../../../adapter/src/protocol';

/** The parts of a DAP stack frame that matter here. */
export interface StackFrame {
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

/** Marks the allocator's frames of a stack that begins in its error function; false where it begins elsewhere. */
export function subdueAllocator(frames: StackFrame[]): boolean {
  const [top] = frames;
  if (!top || !isErrorFunction(top.name)) {
    return false;
  }
  const folder = folderOf(top);
  for (const frame of frames) {
    if (!ALLOCATOR.test(frame.name) && !(folder !== undefined && folderOf(frame) === folder)) {
      break;
    }
    frame.presentationHint = 'subtle';
    if (frame.source) {
      frame.source.presentationHint = 'deemphasize';
    }
  }
  return true;
}
