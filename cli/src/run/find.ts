/** From what stands behind `run` to the file that is executed: PATH as a shell reads it, and #! as the system does. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { scriptStart } from '../../../adapter/src/launch/preflight';
import { CommandError, EXIT } from '../failures';

export interface ResolvedProgram {
  /** Absolute path of the compiled program. */
  file: string;
  /** What the program is to take for its own name. */
  name: string;
  args: string[];
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Absolute path of a program; where nothing is found and the name is a path, that path. */
export function findOnPath(name: string, env: NodeJS.ProcessEnv = process.env): string {
  if (name.includes('/')) {
    return path.resolve(name);
  }
  for (const folder of (env['PATH'] ?? '').split(path.delimiter)) {
    const file = path.resolve(folder, name);
    if (isExecutable(file)) {
      return file;
    }
  }
  const here = path.resolve(name);
  throw new CommandError(
    fs.existsSync(here)
      ? `There is no program "${name}" on the PATH. To run the one in this directory: spaces run -- ./${name}`
      : `There is no program "${name}" on the PATH. Build or install it first, or give its path.`,
    EXIT.notFound,
  );
}

/** The program that env(1) would start, from the words behind it; undefined where it is asked for more than that. */
function startedByEnv(argument: string): { name: string; rest: string[] } | undefined {
  const words = argument.split(/\s+/);
  const split = words[0] === '-S' ? words.slice(1) : [argument];
  const [name, ...rest] = split;
  return name === undefined || name === '' || name.startsWith('-') || name.includes('=')
    ? undefined
    : { name, rest };
}

/**
 * The compiled program behind a name: for a script its interpreter, with the script as an argument. The library
 * takes itself out of the environment when the first program has started, so that one must be the interpreter,
 * not env(1).
 */
export async function resolveProgram(name: string, args: readonly string[]): Promise<ResolvedProgram> {
  const file = findOnPath(name);
  const script = isExecutable(file) ? await scriptStart(file) : undefined;
  if (script === undefined) {
    return { file, name, args: [...args] };
  }
  const { interpreter, argument } = script;
  const env = path.basename(interpreter) === 'env' && argument ? startedByEnv(argument) : undefined;
  return env
    ? { file: findOnPath(env.name), name: env.name, args: [...env.rest, file, ...args] }
    : { file: interpreter, name: interpreter, args: [...(argument ? [argument] : []), file, ...args] };
}
