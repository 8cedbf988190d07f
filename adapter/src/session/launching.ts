/**
 * From a launch request to a program that is ready to run: checks, report
 * socket, terminal, start script, and gdb where the program is debugged.
 */
import * as fs from 'node:fs';
import { messageOf, terminalFailed } from '../errors';
import type { LaunchSettings } from '../launch/arguments';
import { SessionDirectory } from '../launch/directory';
import { findLibrary } from '../launch/libraries';
import { startScript, type StartScript } from '../launch/script';
import { ClientTerminal, type RunInTerminal } from '../launch/terminal';
import { ReportServer, type ReportListener } from '../reports/server';
import { FOLLOW_MS } from './following';
import { ProgramOutput } from './output';

/** What a launch needs of the client. */
export interface LaunchClient extends ReportListener {
  output(text: string): void;
  /** Undefined where the client has no terminals. */
  runInTerminal?: RunInTerminal;
}

/** Everything outside of gdb that a program runs in; `close` undoes it all. */
export class Surroundings {
  private constructor(
    /** Path of the start script; '' where nothing is started. */
    readonly script: string,
    private readonly start: StartScript | undefined,
    /** Path of the report socket; undefined where nothing listens. */
    readonly socket: string | undefined,
    private readonly directory: SessionDirectory,
    private readonly server: ReportServer | undefined,
    private readonly programOutput: ProgramOutput | undefined,
    private readonly clientTerminal: ClientTerminal | undefined,
  ) {}

  /** Make them. Nothing stays behind where this fails. */
  static async make(settings: LaunchSettings, client: LaunchClient): Promise<Surroundings> {
    const library =
      settings.allocator === 'debug' || settings.allocator === 'fast'
        ? findLibrary(settings.allocator)
        : undefined;
    const directory = new SessionDirectory();
    let server: ReportServer | undefined;
    let output: ProgramOutput | undefined;
    let terminal: ClientTerminal | undefined;
    try {
      const socket = directory.file('reports');
      if (settings.allocator !== 'none') {
        server = new ReportServer(client);
        await server.listen(socket);
      }
      if (settings.console === 'integratedTerminal') {
        if (!client.runInTerminal) {
          throw terminalFailed('this client offers none');
        }
        const title = settings.program.split('/').pop() ?? settings.program;
        terminal = await ClientTerminal.open(directory, title, client.runInTerminal);
      } else {
        output = await ProgramOutput.open((text) => client.output(text));
      }
      const script = directory.file('start');
      const start: StartScript = {
        settings,
        inherited: process.env,
        ...(library === undefined ? {} : { preload: directory.preloadable(library) }),
        ...(server ? { socket } : {}),
        ...(client.answer ? { followWait: FOLLOW_MS } : {}),
        ...(terminal ? { terminal: terminal.device } : {}),
      };
      fs.writeFileSync(script, startScript(start), { mode: 0o700 });
      return new Surroundings(script, start, server && socket, directory, server, output, terminal);
    } catch (error) {
      server?.close();
      output?.close();
      terminal?.close();
      directory.remove();
      throw error;
    }
  }

  /** The next start waits for these blocks: SPACES_WATCH. */
  waitFor(watch: string): void {
    if (this.start) {
      fs.writeFileSync(this.script, startScript({ ...this.start, watch }));
    }
  }

  /** Those of a process that runs already: somebody who listens to its reports. */
  static async listen(listener: ReportListener): Promise<Surroundings> {
    const directory = new SessionDirectory();
    const server = new ReportServer(listener);
    try {
      const socket = directory.file('reports');
      await server.listen(socket);
      return new Surroundings('', undefined, socket, directory, server, undefined, undefined);
    } catch (error) {
      server.close();
      directory.remove();
      throw error;
    }
  }

  /** The pseudo-terminal whose output goes to the Debug Console; undefined in a client's terminal. */
  get outputTerminal(): string | undefined {
    return this.programOutput?.terminal;
  }

  /** The terminal device that the program's standard streams are. */
  get terminal(): string {
    return this.programOutput?.terminal ?? this.clientTerminal?.device ?? '/dev/null';
  }

  /** The program has ended: resolves when its reports have arrived. */
  async reportsArrived(ms: number): Promise<void> {
    await this.server?.drained(ms);
  }

  /** The program has ended: resolves when its output has been passed on. */
  async outputArrived(): Promise<void> {
    await this.programOutput?.drain();
  }

  /** Close everything; every part is tried. Returns what went wrong. */
  close(): string[] {
    const problems: string[] = [];
    for (const part of [
      () => this.server?.close(),
      () => this.programOutput?.close(),
      () => this.clientTerminal?.close(),
      () => this.directory.remove(),
    ]) {
      try {
        part();
      } catch (error) {
        problems.push(messageOf(error));
      }
    }
    return problems;
  }
}
