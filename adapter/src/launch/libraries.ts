/** Where the allocator's shared libraries are: in SPACES_LIB_DIR, or beside the bundle. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { allocatorMissing } from '../errors';

export const LIBRARY_NAME = { debug: 'libspaces-debug.so', fast: 'libspaces.so' } as const;

/** Folders that may hold the libraries, the likeliest first. */
export function libraryFolders(): string[] {
  const named = process.env['SPACES_LIB_DIR'];
  return named ? [path.resolve(named)] : [path.join(__dirname, 'native')];
}

/** Path of the library of a build. Throws where there is none. */
export function findLibrary(build: keyof typeof LIBRARY_NAME): string {
  const folders = libraryFolders();
  const name = LIBRARY_NAME[build];
  for (const folder of folders) {
    const candidate = path.join(folder, name);
    if (fs.existsSync(candidate)) {
      return fs.realpathSync(candidate);
    }
  }
  throw allocatorMissing(name, folders);
}
