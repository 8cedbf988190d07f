/**
 * `spaces run`: a program under the allocator, with its own streams, signals and exit code. Reports are
 * collected while it runs; lines are looked up when it has ended, so that it has the machine to itself.
 */
import * as path from 'node:path';
import * as errors from '../../../adapter/src/errors';
import { parseLaunchArguments } from '../../../adapter/src/launch/arguments';
import { SessionDirectory } from '../../../adapter/src/launch/directory';
import { findLibrary } from '../../../adapter/src/launch/libraries';
import { preflight } from '../../../adapter/src/launch/preflight';
import { programEnvironment } from '../../../adapter/src/launch/script';
import { LeaksAtEnd } from '../../../adapter/src/leaks/atEnd';
import { Reporting } from '../../../adapter/src/reports/reporting';
import { ReportServer } from '../../../adapter/src/reports/server';
import { foldReports } from '../output/fold';
import type { RunResult } from '../output/result';
import { Progress, errorStyle, watched } from '../terminal';
import { names } from '../kinds';
import { runChild } from '../run/child';
import { inheritedDescriptors } from '../run/descriptors';
import { resolveProgram } from '../run/find';
import { suppressionsIn } from '../run/suppressions';
import { ReportOutput, renderText } from '../run/output';

export interface RunOptions {
  report: 'text' | 'json' | 'sarif';
  output?: string;
  quiet?: boolean;
  live?: boolean;
  failOn?: string[];
  exitCode: number;
  allocator: 'debug' | 'fast' | 'linked';
  maxHeap?: number;
  ceiling?: number;
  track: 'all' | 'sampled' | 'off';
  guard: 'off' | 'auto' | 'sampled' | 'all';
  checkCalls: boolean;
  follow?: boolean;
  leaks?: boolean;
  suppressions?: string;
  sourceRoot?: string;
  gdb: string;
}

/** How long the last reports may take to arrive after the program's end. */
const LAST_REPORTS_MS = 2000;

/** The environment of the program: ours, with what differs for it. */
function environmentOf(changes: ReadonlyMap<string, string | null>): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...process.env };
  for (const [name, value] of changes) {
    if (value === null) {
      delete environment[name];
    } else {
      environment[name] = value;
    }
  }
  // What the library would print is told here, with lines.
  environment['SPACES_QUIET'] ??= '1';
  return environment;
}

export async function run(name: string, args: readonly string[], options: RunOptions): Promise<number> {
  const descriptors = inheritedDescriptors();
  const command = await resolveProgram(name, args);
  const settings = parseLaunchArguments({
    program: command.file,
    args: command.args,
    cwd: process.cwd(),
    allocator: options.allocator,
    heapLimit: options.maxHeap,
    ceiling: options.ceiling,
    track: options.track,
    followChildren: options.follow ?? false,
    guard: options.guard,
    checkCalls: options.checkCalls,
    gdb: options.gdb,
    leaks: options.leaks ? 'atExit' : 'off',
    suppressions: suppressionsIn(options.sourceRoot ?? '.', options.suppressions),
    noDebug: true,
  });
  await preflight(settings);
  const library = options.allocator === 'linked' ? undefined : findLibrary(options.allocator);
  const output = ReportOutput.open(options);
  const directory = new SessionDirectory();
  const removeDirectory = () => directory.remove();
  process.once('exit', removeDirectory);
  const problems = new Set<string>();
  const style = errorStyle();
  const reporting = new Reporting(
    options.gdb,
    (report) => {
      if (options.live) {
        process.stderr.write(renderText([{ ...report, count: 1 }], style));
      }
    },
    (problem) => problems.add(problem),
    !options.live,
  );
  const leaksAtEnd = new LeaksAtEnd(
    {
      suppressions: () => settings.suppressions,
      output: (line) => problems.add(line),
      watched: (work) => watched('looking for leaks', work),
    },
    () => reporting,
  );
  const server = new ReportServer({
    record: (record) => reporting.record(record),
    exit: (exit) => leaksAtEnd.waiting(exit),
    garbage: (problem) => problems.add(`report socket: ${problem}`),
  });
  try {
    const socket = directory.file('reports');
    await server.listen(socket);
    const environment = environmentOf(
      programEnvironment({
        settings,
        inherited: process.env,
        socket,
        ...(library === undefined ? {} : { preload: directory.preloadable(library) }),
      }),
    );
    const started = new Date();
    const exit = await runChild(command, environment, descriptors);
    const ended = new Date();
    await server.drained(LAST_REPORTS_MS);
    const result: RunResult = {
      program: command.file,
      arguments: [...args],
      directory: process.cwd(),
      sourceRoot: path.resolve(options.sourceRoot ?? '.'),
      allocator: options.allocator,
      started,
      ended,
      exit,
      reports: await lookUp(reporting),
      processes: reporting.processes,
    };
    tellAboutRun(result, problems);
    output.write(result, { textToo: !options.live && options.quiet !== true });
    const failed = result.reports.some(({ kind }) => names(options.failOn ?? [], kind));
    return failed ? options.exitCode : exit.code;
  } finally {
    server.close();
    removeDirectory();
    process.removeListener('exit', removeDirectory);
  }
}

/** The reports, with functions and lines. */
async function lookUp(reporting: Reporting): Promise<RunResult['reports']> {
  const progress = new Progress('spaces: looking up lines');
  const timer = setTimeout(() => progress.show(), 300);
  try {
    await reporting.settled();
  } finally {
    clearTimeout(timer);
    progress.end();
  }
  return foldReports(reporting.store.all);
}

/** What else is worth a line on stderr. */
function tellAboutRun(result: RunResult, problems: ReadonlySet<string>): void {
  const style = errorStyle();
  const tell = (text: string) => process.stderr.write(`${style.bold('spaces:')} ${text}\n`);
  if (result.exit.signal !== undefined) {
    tell(`${path.basename(result.program)} was ended by ${result.exit.signal}.`);
  }
  if (result.processes.length === 0) {
    tell(
      result.allocator === 'linked'
        ? 'The program has no Spaces linked in, or its agent could not reach us: nothing was checked.'
        : 'The allocator did not report in from the program: nothing was checked. ' +
            'Perhaps it ended before its first instruction, or replaced its environment.',
    );
  }
  for (const problem of problems) {
    tell(
      /ENOENT/.test(problem)
        ? `${errors.gdbMissing('gdb').message.split('.')[0]}: lines are not known.`
        : problem,
    );
  }
}
