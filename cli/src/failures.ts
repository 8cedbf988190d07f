/** Exit codes, and the adapter's errors in the words of a command line. */
import { CommanderError } from 'commander';
import { AdapterError, messageOf } from '../../adapter/src/errors';

/**
 * Every exit code that is ours; `run` hands on the program's own otherwise, 128 + n where signal n ended it.
 * 125 to 127 are what env(1), timeout(1) and the shells use.
 */
export const EXIT = {
  ok: 0,
  /** A command other than `run` failed. */
  failed: 1,
  /** The command line itself is wrong (commands other than `run`). */
  usage: 2,
  /** `--fail-on` met a report of a kind that it names; `--exit-code` sets another number. */
  found: 99,
  /** `run`: Spaces failed before the program was started, or its report could not be written. */
  spacesFailed: 125,
  /** `run`: the program was found but cannot be run, or not under Spaces. */
  cannotRun: 126,
  /** `run`: there is no such program. */
  notFound: 127,
} as const;

/** An error with an exit code. */
export class CommandError extends Error {
  constructor(
    message: string,
    readonly exitCode: number,
  ) {
    super(message);
    this.name = 'CommandError';
  }
}

const PROGRAM_MISSING = 2201;
/** Preflight's reasons why a program cannot run: the program's fault, not ours. */
const PROGRAM_UNFIT = { first: 2202, last: 2216 };

/** The exit code of an error of the command of this name. */
export function exitCodeOf(error: unknown, command: string | undefined): number {
  if (error instanceof CommandError) {
    return error.exitCode;
  }
  const isRun = command === 'run';
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? EXIT.ok : isRun ? EXIT.spacesFailed : EXIT.usage;
  }
  if (!isRun) {
    return EXIT.failed;
  }
  if (error instanceof AdapterError) {
    if (error.id === PROGRAM_MISSING) {
      return EXIT.notFound;
    }
    if (error.id >= PROGRAM_UNFIT.first && error.id <= PROGRAM_UNFIT.last) {
      return EXIT.cannotRun;
    }
  }
  return EXIT.spacesFailed;
}

/** What the adapter's sentences say of a launch configuration, said of a command line. */
const WORDS: readonly [RegExp, string][] = [
  [/^Launch configuration: "(\w+)" /, 'The option for $1 '],
  [/ \(or set "allocator": "none" to debug it without a heap view\)/, ''],
  [/,? or set "allocator": "none"(?: to debug it without Spaces)?/, ', or run it without Spaces'],
  [
    /Set "program" to its interpreter \((\S+)\) and put the script first in "args"/,
    'Run: spaces run -- $1 SCRIPT',
  ],
  [/"allocator": "(\w+)"/g, '--allocator $1'],
  [/, or correct "program" in the launch configuration/, ', or correct its path'],
  [/"program" must name/, 'After "--" must stand'],
  [/Correct "cwd" in the launch configuration/, 'Change to a directory that exists'],
  [/set LD_LIBRARY_PATH in "env"/, 'set LD_LIBRARY_PATH'],
  [/or name it by "gdb" in the launch configuration/, 'or name it by --gdb'],
  [/Check "gdb" in the launch configuration/, 'Check --gdb'],
  [/Run VS Code as that user/, 'Run spaces as that user'],
  [/forbids attaching to processes that the debugger has not started/, 'forbids reading processes of others'],
  [/,? \(?or (?:start )?the program from VS Code with "request": "launch"\)?/, ''],
  [/other privileges than VS Code/, 'other privileges than spaces'],
  [/Run "make -C native", reinstall the extension/, 'Run "make -C native", reinstall Spaces'],
  [
    /Debugging works without it; to see the heap, rebuild or reinstall the extension/,
    'Rebuild or reinstall Spaces',
  ],
];

/** The sentence of an error, with remedies that a command line has. Empty where it was printed already. */
export function sentenceOf(error: unknown): string {
  if (error instanceof CommanderError) {
    return '';
  }
  return WORDS.reduce((text, [from, to]) => text.replace(from, to), messageOf(error));
}
