/**
 * The program's terminal while its output goes to the Debug Console: a
 * pseudo-terminal, so that the program writes line by line as in a shell, and
 * never into gdb's own stream. It is read without blocking, at a bounded rate:
 * a flood holds up the program that writes it, not the debugger.
 */
import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import * as tty from 'node:tty';
import { promisify } from 'node:util';
import { ptyFailed } from '../errors';
import { loadAddon } from '../reader/addon';

/** What `pty.node` of cdt-gdb-adapter exports. */
interface PtyAddon {
  create_pty(): { master_fd: number; slave_name: string };
}

/** Characters a second that are passed on, after a first burst. */
const RATE = 4 * 2 ** 20;
const BURST = 2 ** 20;
const DRAIN_MS = 1000;

export class ProgramOutput {
  private readonly decoder = new StringDecoder('utf8');
  private allowance = BURST;
  private filled = Date.now();
  private resume: NodeJS.Timeout | undefined;
  private ended: Promise<void>;
  private closed = false;

  private constructor(
    /** Path of the terminal that the program is given. */
    readonly terminal: string,
    private readonly stream: tty.ReadStream,
    /** Our own handle on the program's side: the stream ends only when we let go of it. */
    private held: number | undefined,
    private readonly write: (text: string) => void,
  ) {
    this.ended = new Promise((resolve) => {
      stream.on('close', resolve);
      // EIO: the last writer has closed its side.
      stream.on('error', () => stream.destroy());
    });
    stream.on('data', (bytes: Buffer) => this.onData(bytes));
  }

  /** Make a terminal; what the program prints to it goes to `write`, byte for byte. */
  static async open(write: (text: string) => void): Promise<ProgramOutput> {
    try {
      const pty = (loadAddon('pty.node') as PtyAddon).create_pty();
      const held = fs.openSync(pty.slave_name, fs.constants.O_RDWR | fs.constants.O_NOCTTY);
      // No echo of input, and no carriage return before each line end.
      await promisify(execFile)('stty', ['-F', pty.slave_name, '-echo', '-opost']);
      return new ProgramOutput(pty.slave_name, new tty.ReadStream(pty.master_fd), held, write);
    } catch (error) {
      throw ptyFailed(error);
    }
  }

  /** The program has ended: resolves when all it printed has been passed on. */
  async drain(): Promise<void> {
    this.release();
    await Promise.race([this.ended, new Promise((resolve) => setTimeout(resolve, DRAIN_MS).unref())]);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.resume);
    this.release();
    this.stream.destroy();
  }

  private release(): void {
    if (this.held !== undefined) {
      fs.closeSync(this.held);
      this.held = undefined;
    }
  }

  private onData(bytes: Buffer): void {
    const text = this.decoder.write(bytes);
    if (text === '' || this.closed) {
      return;
    }
    this.write(text);
    const now = Date.now();
    this.allowance = Math.min(BURST, this.allowance + ((now - this.filled) * RATE) / 1000);
    this.filled = now;
    this.allowance -= text.length;
    if (this.allowance < 0) {
      this.stream.pause();
      this.resume = setTimeout(() => this.stream.resume(), (-this.allowance * 1000) / RATE + 1);
    }
  }
}
