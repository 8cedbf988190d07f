/**
 * A terminal of the client for the program: a helper script runs in it, tells
 * which terminal it is, and holds it until the session lets go of its pipe
 * (or dies), so that the shell does not take the program's input.
 */
import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import { promisify } from 'node:util';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { messageOf, terminalFailed } from '../errors';
import type { SessionDirectory } from './directory';
import { shellQuote } from './script';

/** Asks the client to run a command in a terminal. */
export type RunInTerminal = (args: DebugProtocol.RunInTerminalRequestArguments) => Promise<void>;

const ANSWER_MS = 20_000;
const POLL_MS = 25;

export class ClientTerminal {
  private constructor(
    /** Path of the terminal device. */
    readonly device: string,
    private readonly hold: number,
  ) {}

  static async open(directory: SessionDirectory, title: string, run: RunInTerminal): Promise<ClientTerminal> {
    const pipe = directory.file('hold');
    const answer = directory.file('terminal');
    const script = directory.file('hold-terminal');
    await promisify(execFile)('mkfifo', ['-m', '600', pipe]);
    fs.writeFileSync(
      script,
      [
        '#!/bin/sh',
        // Interrupts typed in the terminal are not for this script.
        "trap '' INT QUIT TSTP",
        `tty >${shellQuote(`${answer}.part`)} && mv ${shellQuote(`${answer}.part`)} ${shellQuote(answer)}`,
        `read -r _ <${shellQuote(pipe)}`,
        'exit 0',
        '',
      ].join('\n'),
      { mode: 0o700 },
    );
    // Open for both directions, so that neither side waits for the other; the helper reads until we close.
    const hold = fs.openSync(pipe, fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
    try {
      await run({ kind: 'integrated', title, cwd: directory.path, args: ['/bin/sh', script] });
      return new ClientTerminal(await waitForDevice(answer), hold);
    } catch (error) {
      fs.closeSync(hold);
      throw terminalFailed(messageOf(error));
    }
  }

  /** Give the terminal back. */
  close(): void {
    try {
      fs.writeSync(this.hold, '\n');
    } catch {
      // The helper has gone; closing is enough.
    }
    fs.closeSync(this.hold);
  }
}

async function waitForDevice(answer: string): Promise<string> {
  const end = Date.now() + ANSWER_MS;
  while (Date.now() < end) {
    if (fs.existsSync(answer)) {
      const device = fs.readFileSync(answer, 'utf8').trim();
      if (!device.startsWith('/dev/')) {
        throw new Error(`it says "${device}" where a terminal device was expected`);
      }
      return device;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error('the helper in it did not answer');
}
