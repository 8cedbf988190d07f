/** The program itself: started on our own streams, sent the signals that we get, its end awaited. */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import { messageOf, startFailed } from '../../../adapter/src/errors';
import { stdioWith } from './descriptors';
import type { ResolvedProgram } from './find';

export interface ChildExit {
  /** As a shell tells it: 128 + n where signal n ended the program. */
  code: number;
  signal?: NodeJS.Signals;
}

/** Signals that somebody sends us and means for the program. */
const FORWARDED: readonly NodeJS.Signals[] = [
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGWINCH',
  'SIGCONT',
  'SIGALRM',
];
/** A terminal sends these to all of its foreground: the program has had them already. */
const OF_TERMINAL: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGQUIT', 'SIGWINCH']);

/** Whether a terminal has our process group, and with it the program, in its foreground. */
export function inForeground(stat: string): boolean {
  // pid (name) state ppid pgrp session tty tpgid; the name may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [, , group, , terminal, foreground] = fields;
  return terminal !== '0' && group === foreground;
}

function fromTerminal(signal: NodeJS.Signals): boolean {
  return OF_TERMINAL.has(signal) && inForeground(fs.readFileSync('/proc/self/stat', 'utf8'));
}

/** Runs the program to its end, with our standard streams and `descriptors`. Throws where it could not be started. */
export async function runChild(
  program: ResolvedProgram,
  env: NodeJS.ProcessEnv,
  descriptors: readonly number[],
): Promise<ChildExit> {
  const stdio = stdioWith(descriptors);
  const child = spawn(program.file, program.args, { argv0: program.name, env, stdio });
  const forward = (signal: NodeJS.Signals) => {
    if (!fromTerminal(signal)) {
      child.kill(signal);
    }
  };
  FORWARDED.forEach((signal) => process.on(signal, forward));
  try {
    return await new Promise<ChildExit>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) =>
        resolve(signal === null ? { code: code ?? 0 } : { code: 128 + os.constants.signals[signal], signal }),
      );
    });
  } catch (error) {
    throw startFailed(program.file, messageOf(error));
  } finally {
    FORWARDED.forEach((signal) => process.removeListener(signal, forward));
  }
}
