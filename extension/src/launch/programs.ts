/**
 * Finds the program that was built from a source file: beside it, in the usual
 * output folders, or as a CMake target.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { cmakePrograms } from './cmake';

const OUTPUT_FOLDERS = ['build', 'bin', 'out', 'Debug', 'build/bin', 'build/Debug', 'out/bin', 'target'];
const ELF_MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);

export interface BuiltProgram {
  path: string;
  /** The source file was changed after the program was built. */
  outdated: boolean;
}

/** Programs built from `source`, likeliest first. `root` is its workspace folder. */
export async function findPrograms(source: string, root: string | undefined): Promise<BuiltProgram[]> {
  const candidates = [...candidatePaths(source, root), ...(root ? await cmakePrograms(source, root) : [])];
  const sourceTime = (await fs.stat(source)).mtimeMs;
  const found: BuiltProgram[] = [];
  for (const candidate of new Set(candidates)) {
    const built = await programTime(candidate);
    if (built !== undefined) {
      found.push({ path: candidate, outdated: built < sourceTime });
    }
  }
  return found;
}

/** The name that a single-file build of `source` has: itself without its extension. */
export function programBeside(source: string): string {
  return path.join(path.dirname(source), path.parse(source).name);
}

/** Where a program of the source's name is looked for, in this order. */
export function candidatePaths(source: string, root: string | undefined): string[] {
  const name = path.parse(source).name;
  const folder = path.dirname(source);
  const places = [folder, ...OUTPUT_FOLDERS.map((output) => path.join(folder, output))];
  if (root && isInside(folder, root)) {
    const relative = path.relative(root, folder);
    for (const output of OUTPUT_FOLDERS) {
      places.push(path.join(root, output), path.join(root, output, relative));
    }
  }
  return [...new Set(places.map((place) => path.join(place, name)))];
}

/** When an ELF program was last written; undefined where `file` is no executable ELF file. */
async function programTime(file: string): Promise<number | undefined> {
  try {
    const stat = await fs.stat(file);
    if (!stat.isFile() || (stat.mode & 0o111) === 0) {
      return undefined;
    }
    const handle = await fs.open(file, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
      return bytesRead === 4 && buffer.equals(ELF_MAGIC) ? stat.mtimeMs : undefined;
    } finally {
      await handle.close();
    }
  } catch {
    return undefined;
  }
}

function isInside(folder: string, root: string): boolean {
  const relative = path.relative(root, folder);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}
