/** gdb's frames as DAP stack frames: whose code each is, and whether its source can be opened. */
import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { MiFrame } from '../gdb/mi';
import { ownerOf, type Owner } from '../symbols/classify';
import type { ModuleMap } from '../symbols/modules';

/** Answers whether source files exist, remembering. */
export class SourceFiles {
  private readonly known = new Map<string, Promise<boolean>>();

  exists(file: string): Promise<boolean> {
    let answer = this.known.get(file);
    if (!answer) {
      answer = fs.access(file).then(
        () => true,
        () => false,
      );
      this.known.set(file, answer);
    }
    return answer;
  }
}

/** The owner of a frame. gdb names the module only where there is no debug information. */
export function frameOwner(frame: MiFrame, modules: ModuleMap | undefined): Owner {
  const address = frame.addr === undefined ? undefined : BigInt(frame.addr);
  const module = (address !== undefined && modules?.at(address)?.path) || (frame.from ?? '');
  return ownerOf(module, frame.func ?? '');
}

/** The DAP frame of a gdb frame. */
export async function makeStackFrame(
  id: number,
  frame: MiFrame,
  owner: Owner,
  files: SourceFiles,
): Promise<DebugProtocol.StackFrame> {
  const line = frame.line === undefined ? 0 : Number(frame.line);
  const result: DebugProtocol.StackFrame = {
    id,
    name: frame.func ?? frame.addr ?? '??',
    line,
    column: line > 0 ? 1 : 0,
  };
  if (frame.addr !== undefined) {
    result.instructionPointerReference = frame.addr;
  }
  if (frame.fullname !== undefined) {
    const found = await files.exists(frame.fullname);
    result.source = { name: path.basename(frame.fullname), path: frame.fullname };
    if (owner !== 'user') {
      result.source.presentationHint = 'deemphasize';
    } else if (!found) {
      result.source.origin = 'not found';
      result.source.presentationHint = 'deemphasize';
    }
  } else if (frame.from !== undefined) {
    result.moduleId = frame.from;
  }
  if (owner !== 'user') {
    result.presentationHint = 'subtle';
  }
  return result;
}
