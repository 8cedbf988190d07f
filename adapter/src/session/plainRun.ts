/** A program run without gdb: started by the same script, on the same terminal, watched for its end only. */
import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import { messageOf, startFailed } from '../errors';
import type { Exit } from './stops';

export class PlainRun {
  private constructor(
    private readonly child: ChildProcess,
    readonly pid: number,
    /** Resolves when the program has ended. */
    readonly exit: Promise<Exit>,
  ) {}

  /** Run `script` for `program`, with `terminal` as its standard streams. */
  static async start(script: string, program: string, terminal: string): Promise<PlainRun> {
    const descriptor = fs.openSync(terminal, fs.constants.O_RDWR | fs.constants.O_NOCTTY);
    try {
      const child = spawn('/bin/sh', [script, program], {
        stdio: [descriptor, descriptor, descriptor],
        // A process group of its own, so that it ends with all it started.
        detached: true,
      });
      const exit = new Promise<Exit>((resolve) => {
        child.once('exit', (code, signal) => resolve(exitOfChild(code, signal)));
      });
      const pid = await new Promise<number>((resolve, reject) => {
        child.once('error', reject);
        child.once('spawn', () => resolve(child.pid ?? 0));
      });
      return new PlainRun(child, pid, exit);
    } catch (error) {
      throw startFailed(program, messageOf(error));
    } finally {
      fs.closeSync(descriptor);
    }
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }
}

function exitOfChild(code: number | null, signal: NodeJS.Signals | null): Exit {
  if (signal === null) {
    return { code: code ?? 0 };
  }
  return { code: 128 + os.constants.signals[signal], note: `The program was ended by ${signal}.` };
}
