/**
 * A session's private directory: report socket, start script and links, in a
 * path without blanks, readable by its owner alone, gone at the end.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** A path the loader takes in LD_PRELOAD: it separates entries at blanks and colons. */
export function isSafePreload(file: string): boolean {
  return !/[\s:;$]/.test(file);
}

export class SessionDirectory {
  readonly path: string;

  constructor() {
    // Unix sockets take paths of at most 107 bytes.
    const temporary = os.tmpdir();
    const base = isSafePreload(temporary) && temporary.length < 60 ? temporary : '/tmp';
    this.path = fs.mkdtempSync(path.join(base, 'spaces-'));
    fs.chmodSync(this.path, 0o700);
  }

  /** Path of a file in the directory. */
  file(name: string): string {
    return path.join(this.path, name);
  }

  /** A path to `target` that LD_PRELOAD can hold: itself, or a link to it. */
  preloadable(target: string): string {
    if (isSafePreload(target)) {
      return target;
    }
    return this.link(path.basename(target), target);
  }

  /** A path to `target` that gdb can be given without quotes: a link to it. */
  link(name: string, target: string): string {
    const link = this.file(name);
    fs.symlinkSync(target, link);
    return link;
  }

  /** Remove the directory and all in it. */
  remove(): void {
    fs.rmSync(this.path, { recursive: true, force: true });
  }
}
