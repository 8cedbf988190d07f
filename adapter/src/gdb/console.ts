/**
 * gdb's console stream, told apart: the answer to a command that we sent goes
 * to who asked, everything else is chatter. gdb answers in the order of the
 * commands, so what arrives before the result of a command belongs to it.
 */
import { miString, type Gdb } from './mi';

/** The events of a gdb backend that this class listens to. */
export interface ConsoleSource extends Gdb {
  on(event: 'consoleStreamOutput', listener: (output: string, category: string) => void): unknown;
  on(
    event: 'execAsync' | 'notifyAsync' | 'resultAsync',
    listener: (resultClass: string, data: unknown) => void,
  ): unknown;
}

interface Capture {
  command: string;
  text: string;
}

export class GdbConsole {
  private readonly captures: Capture[] = [];
  private held = '';

  /** `chatter` receives what no command asked for, with the name of its stream. */
  constructor(
    private readonly gdb: ConsoleSource,
    private readonly chatter: (text: string, stream: string) => void,
  ) {
    gdb.on('consoleStreamOutput', (output, stream) => this.onOutput(output, stream));
    gdb.on('resultAsync', (_class, data) => this.onResult(data));
    // What gdb prints about a stop or a thread comes before the record of it.
    gdb.on('execAsync', () => this.release());
    gdb.on('notifyAsync', () => this.release());
  }

  /** Run a console command and resolve to what it printed; `options` are MI options such as "--frame 1". */
  async run(command: string, options = ''): Promise<string> {
    const capture = {
      command: `-interpreter-exec ${options === '' ? '' : `${options} `}console ${miString(command)}`,
      text: '',
    };
    this.captures.push(capture);
    await this.gdb.sendCommand(capture.command);
    return capture.text;
  }

  private onOutput(output: string, stream: string): void {
    if (this.captures.length > 0 && stream === 'stdout') {
      this.held += output;
    } else {
      this.chatter(output, stream);
    }
  }

  private onResult(data: unknown): void {
    const command = (data as Record<string, unknown>)['cdt-command'];
    const first = this.captures[0];
    if (first !== undefined && first.command === command) {
      first.text = this.held;
      this.held = '';
      this.captures.shift();
    } else {
      this.release();
    }
  }

  /** What was held back is no answer. */
  private release(): void {
    if (this.held !== '') {
      this.chatter(this.held, 'stdout');
      this.held = '';
    }
  }
}
