/** The commands and options of `spaces`. What a command does is loaded when it is called: start-up stays short. */
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { SUPPRESSIONS_PATH } from '../../adapter/src/protocol';
import { parseSize } from '../../adapter/src/protocol/sizes';
import { version } from './version';
import { EXIT } from './failures';
import { FAIL_ON } from './kinds';
import type { CoreOptions } from './commands/core';
import type { RunOptions } from './commands/run';
import type { TopOptions } from './commands/top';

const RUN_EXAMPLES = `
Exit code: the program's own; 128 + n where signal n ended it. Otherwise:
  ${EXIT.found}   a report came of a kind that --fail-on names (another number: --exit-code)
  ${EXIT.spacesFailed}  Spaces itself failed, or the command line is wrong
  ${EXIT.cannotRun}  the program cannot be run, or not under Spaces
  ${EXIT.notFound}  there is no such program

Examples:
  spaces run -- ./server --port 8080
  spaces run --report sarif --output spaces.sarif --fail-on errors -- ./tests
  spaces run --follow --max-heap 200MB -- make check`;

const SUPPRESSIONS = `leaks that are intended (default: ${SUPPRESSIONS_PATH}, where it exists)`;

function size(text: string): number {
  const bytes = parseSize(text);
  if (bytes === undefined || bytes === 0) {
    throw new InvalidArgumentError('It must be a size such as 200MB or 1.5GB.');
  }
  return bytes;
}

function exitCode(text: string): number {
  const code = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(code >= 0 && code <= 255)) {
    throw new InvalidArgumentError('It must be a number from 0 to 255.');
  }
  return code;
}

function kinds(text: string): string[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const wrong = names.filter((name) => !FAIL_ON.includes(name));
  if (wrong.length > 0 || names.length === 0) {
    throw new InvalidArgumentError(
      `${wrong.length > 0 ? `There is no kind "${wrong.join('", "')}".` : 'It names no kind.'} Kinds: ${FAIL_ON.join(', ')}.`,
    );
  }
  return names;
}

function runCommand(exit: (code: number) => void): Command {
  return new Command('run')
    .summary('run a program and report what it does wrong to its heap')
    .description(
      'Runs a program with the Spaces allocator in place of its malloc. Its standard streams, signals and exit ' +
        'code are as without; what it does wrong to its heap is told on stderr when it has ended.',
    )
    .argument('<program>', 'the program, found as a shell finds it')
    .argument('[args...]', 'its arguments')
    .passThroughOptions()
    .addOption(
      new Option('-r, --report <format>', 'format of the report')
        .choices(['text', 'json', 'sarif'])
        .default('text'),
    )
    .option(
      '-o, --output <file>',
      'where the report goes; "-" is stdout (default: text stderr, json and sarif stdout)',
    )
    .option('-q, --quiet', 'no text on stderr beside a report in a file')
    .option('--live', 'tell each report on stderr when it comes')
    .addOption(failOption())
    .addOption(
      new Option('--exit-code <n>', 'exit code of --fail-on').argParser(exitCode).default(EXIT.found),
    )
    .addOption(
      new Option('-a, --allocator <build>', 'build of the allocator; linked: the program has one in it')
        .choices(['debug', 'fast', 'linked'])
        .default('debug'),
    )
    .addOption(new Option('--max-heap <size>', 'cap on the memory of the heap').argParser(size))
    .addOption(new Option('--ceiling <size>', 'ceiling of the default chunk').argParser(size))
    .addOption(
      new Option('--track <which>', 'which allocations keep their stack')
        .choices(['all', 'sampled', 'off'])
        .default('all'),
    )
    .addOption(
      new Option('--guard <which>', 'which blocks lie between closed pages')
        .choices(['off', 'auto', 'sampled', 'all'])
        .default('auto'),
    )
    .option('--no-check-calls', 'do not check what memcpy, strcpy, printf, read and their like access')
    .option('--leaks', 'look for blocks that nothing points at any more when the program ends')
    .option('--suppressions <file>', SUPPRESSIONS)
    .option('--follow', 'programs that the program starts run under Spaces too')
    .option(
      '--source-root <dir>',
      'folder that paths in a SARIF report are relative to (default: the current one)',
    )
    .option('--gdb <path>', 'the gdb that looks up lines', 'gdb')
    .addHelpText('after', RUN_EXAMPLES)
    .action(async (program: string, args: string[], options: RunOptions) => {
      const { run } = await import(/* webpackMode: "eager" */ './commands/run');
      exit(await run(program, args, options));
    });
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1e6)) {
    throw new InvalidArgumentError('It must be a positive number.');
  }
  return value;
}

function processId(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) {
    throw new InvalidArgumentError('It must be the id of a process: pgrep PROGRAM finds it.');
  }
  return Number(text);
}

function failOption(): Option {
  return new Option(
    '-f, --fail-on <kinds>',
    `exit with ${EXIT.found} where such a report came: any, errors (damage and misuse, not limits and leaks), or kinds with commas between`,
  ).argParser(kinds);
}

function exitCodeOption(): Option {
  return new Option('--exit-code <n>', 'exit code of --fail-on').argParser(exitCode).default(EXIT.found);
}

function coreCommand(exit: (code: number) => void): Command {
  return new Command('core')
    .summary('show the heap in a core file')
    .description('Shows the heap that a core file holds: totals, chunks, what holds most of it, and damage.')
    .argument('<file>', 'the core file')
    .option('--program <path>', 'a copy of the program, where it is not at the path that it ran from')
    .addOption(
      new Option('--by <what>', 'how blocks are grouped')
        .choices(['site', 'function', 'file', 'line', 'module', 'stack', 'size', 'type', 'thread', 'chunk'])
        .default('site'),
    )
    .addOption(
      new Option('-n, --count <n>', 'number of groups')
        .argParser((text) => Math.ceil(positive(text)))
        .default(15),
    )
    .option('--no-check', 'look at no block for damage')
    .option('--leaks', 'look for blocks that nothing pointed at any more')
    .option('--suppressions <file>', SUPPRESSIONS)
    .option('--json', 'everything as JSON')
    .addOption(failOption())
    .addOption(exitCodeOption())
    .option('--gdb <path>', 'the gdb that looks up lines', 'gdb')
    .action(async (file: string, options: CoreOptions) => {
      const { core } = await import(/* webpackMode: "eager" */ './commands/core');
      exit(await core(file, options));
    });
}

function topCommand(): Command {
  return new Command('top')
    .summary('watch the heap of a running process')
    .description(
      'Shows the heap of a process that runs under Spaces, again and again, without stopping it. q quits. Where ' +
        'stdout is no terminal, each reading follows the one before.',
    )
    .addArgument(new Argument('<pid>', 'the process').argParser(processId))
    .addOption(new Option('-i, --interval <seconds>', 'between two readings').argParser(positive).default(1))
    .option('--once', 'one reading')
    .option('--json', 'each reading as a line of JSON')
    .addOption(
      new Option('--by <what>', 'what holds most: by site (debug build) or by size').choices([
        'site',
        'size',
      ]),
    )
    .option('--gdb <path>', 'the gdb that looks up lines', 'gdb')
    .action(async (pid: number, options: TopOptions) => {
      const { top } = await import(/* webpackMode: "eager" */ './commands/top');
      await top(pid, options);
    });
}

function completionCommand(root: () => Command): Command {
  return new Command('completion')
    .summary('print a completion script for a shell')
    .description('Prints a script that completes commands, options and kinds of report.')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      `
Use:
  bash  source <(spaces completion bash)          in ~/.bashrc
  zsh   source <(spaces completion zsh)           in ~/.zshrc, after compinit
  fish  spaces completion fish | source           in ~/.config/fish/config.fish`,
    )
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const { completion } = await import(/* webpackMode: "eager" */ './commands/completion');
      process.stdout.write(completion(root(), shell));
    });
}

/** The command line; a command hands its exit code to `exit`. */
export function makeProgram(exit: (code: number) => void): Command {
  const program: Command = new Command('spaces')
    .description('Spaces: what C and C++ programs do with their heap.')
    .version(version, '-V, --version', 'print the version')
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({ sortOptions: false })
    .showSuggestionAfterError();
  const commands = [runCommand(exit), topCommand(), coreCommand(exit), completionCommand(() => program)];
  for (const command of commands) {
    program.addCommand(command.copyInheritedSettings(program));
  }
  return program;
}
