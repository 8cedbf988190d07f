/** Which compiler builds a source file, and with which arguments. */
import * as fs from 'node:fs/promises';
import { constants } from 'node:fs';
import * as path from 'node:path';
import { programBeside } from './programs';

export const SOURCE_LANGUAGES = ['c', 'cpp'] as const;

const C_COMPILERS = ['gcc', 'clang', 'cc'];
const CPP_COMPILERS = ['g++', 'clang++', 'c++'];
const C_EXTENSIONS = new Set(['.c']);
const CPP_EXTENSIONS = new Set(['.cc', '.cpp', '.cxx', '.c++', '.C']);

/** The compilers that can build `source`, by preference; empty where it is no C or C++ source file. */
export function compilersFor(source: string): readonly string[] {
  const extension = path.extname(source);
  if (C_EXTENSIONS.has(extension)) {
    return C_COMPILERS;
  }
  return CPP_EXTENSIONS.has(extension) ? CPP_COMPILERS : [];
}

/** The first of `names` that is an executable on `searchPath`. */
export async function findOnPath(
  names: readonly string[],
  searchPath = process.env['PATH'] ?? '',
): Promise<string | undefined> {
  for (const name of names) {
    for (const folder of searchPath.split(path.delimiter).filter(Boolean)) {
      const file = path.join(folder, name);
      try {
        await fs.access(file, constants.X_OK);
        return file;
      } catch {
        continue;
      }
    }
  }
  return undefined;
}

/** Arguments that build `source` with debug information, unoptimised, beside itself. */
export function buildArguments(source: string, output = programBeside(source)): string[] {
  return [
    '-g',
    '-O0',
    '-Wall',
    '-fno-omit-frame-pointer',
    '-fdiagnostics-color=always',
    source,
    '-o',
    output,
  ];
}
