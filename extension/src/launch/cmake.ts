/**
 * Finds the CMake targets that a source file belongs to. Every CMake build
 * folder lists its targets' object folders in CMakeFiles/TargetDirectories.txt,
 * and an object file keeps the path of its source below its target's folder:
 *
 *     build/app/CMakeFiles/server.dir/src/main.c.o   →   build/app/server
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';

const BUILD_FOLDER = /^(build|out|cmake-build|_build)/i;
/** Multi-configuration generators and CMAKE_RUNTIME_OUTPUT_DIRECTORY put programs here. */
const PROGRAM_FOLDERS = ['', 'Debug', 'bin', 'RelWithDebInfo', 'Release'];

/** Paths at which a CMake program made from `source` would stand. */
export async function cmakePrograms(source: string, root: string): Promise<string[]> {
  const programs: string[] = [];
  for (const build of await buildFolders(source, root)) {
    for (const target of await targetFolders(build)) {
      if (await holdsObjectOf(target, source)) {
        programs.push(...programPaths(target, build));
      }
    }
  }
  return programs;
}

/** CMake build folders at the root, beside the source, and one level below. */
async function buildFolders(source: string, root: string): Promise<string[]> {
  const found = new Set<string>();
  for (const parent of new Set([path.dirname(source), path.dirname(path.dirname(source)), root])) {
    for (const folder of [parent, ...(await subfolders(parent, BUILD_FOLDER))]) {
      for (const candidate of [folder, ...(folder === parent ? [] : await subfolders(folder))]) {
        if (await exists(path.join(candidate, 'CMakeCache.txt'))) {
          found.add(candidate);
        }
      }
    }
  }
  return [...found];
}

async function targetFolders(build: string): Promise<string[]> {
  try {
    const list = await fs.readFile(path.join(build, 'CMakeFiles', 'TargetDirectories.txt'), 'utf8');
    return list.split('\n').filter((line) => line.endsWith('.dir'));
  } catch {
    return [];
  }
}

async function holdsObjectOf(targetFolder: string, source: string): Promise<boolean> {
  const listDir = await sourceFolderOf(targetFolder);
  const relative = listDir === undefined ? path.basename(source) : path.relative(listDir, source);
  const places = ['', 'Debug', 'RelWithDebInfo', 'Release'];
  for (const place of places) {
    if (await exists(path.join(targetFolder, place, `${relative.replaceAll('..', '__')}.o`))) {
      return true;
    }
  }
  return false;
}

/** The source folder whose CMakeLists.txt defines the target. */
async function sourceFolderOf(targetFolder: string): Promise<string | undefined> {
  const binaryFolder = path.dirname(path.dirname(targetFolder));
  let build = binaryFolder;
  while (!(await exists(path.join(build, 'CMakeCache.txt')))) {
    const parent = path.dirname(build);
    if (parent === build) {
      return undefined;
    }
    build = parent;
  }
  const cache = await fs.readFile(path.join(build, 'CMakeCache.txt'), 'utf8');
  const home = /^CMAKE_HOME_DIRECTORY:INTERNAL=(.*)$/m.exec(cache)?.[1];
  return home && path.join(home, path.relative(build, binaryFolder));
}

function programPaths(targetFolder: string, build: string): string[] {
  const binaryFolder = path.dirname(path.dirname(targetFolder));
  const name = path.basename(targetFolder, '.dir');
  return [
    ...PROGRAM_FOLDERS.map((folder) => path.join(binaryFolder, folder, name)),
    path.join(build, 'bin', name),
  ];
}

async function subfolders(folder: string, pattern?: RegExp): Promise<string[]> {
  try {
    const entries = await fs.readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && (pattern?.test(entry.name) ?? true))
      .map((entry) => path.join(folder, entry.name));
  } catch {
    return [];
  }
}

async function exists(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}
