/**
 * Every error of the adapter: numbered, made by a named factory, and marked
 * for the user (shown where it happened) or for the log.
 */

/** Who an error is for: `user` says what to do next, `log` helps whoever reads the log. */
export type Audience = 'user' | 'log';

/** An error with a stable number. */
export class AdapterError extends Error {
  constructor(
    readonly id: number,
    message: string,
    readonly audience: Audience = 'user',
  ) {
    super(message);
    this.name = 'AdapterError';
  }
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const user = (id: number, message: string): AdapterError => new AdapterError(id, message);
const log = (id: number, message: string): AdapterError => new AdapterError(id, message, 'log');

// 2000: requests
export const malformedRequest = (command: string, problem: string) =>
  user(2001, `The request "${command}" is malformed: ${problem}.`);
export const requestFailed = (message: string) => user(2002, message);
export const internalError = (what: string, cause: unknown) => log(2003, `${what}: ${messageOf(cause)}`);
export const notStopped = (what: string) =>
  user(2004, `${what} needs a stopped program. Pause it, or wait for a breakpoint.`);
export const notStarted = (what: string) => user(2005, `${what} needs a program that has been started.`);
export const noGdbSession = (what: string) =>
  user(2006, `${what} needs the debugger, but the program was run without debugging.`);
export const unsupportedRequest = (what: string) => user(2007, `${what} is not supported.`);

// 2100: launch arguments
export const badLaunchArgument = (name: string, problem: string) =>
  user(2101, `Launch configuration: "${name}" ${problem}.`);
export const cwdMissing = (cwd: string) =>
  user(2102, `The working directory ${cwd} does not exist. Correct "cwd" in the launch configuration.`);

// 2200: preflight
export const programMissing = (program: string) =>
  user(
    2201,
    `The program ${program} does not exist. Build it first, or correct "program" in the launch configuration.`,
  );
export const programIsDirectory = (program: string) =>
  user(2202, `${program} is a directory. "program" must name the executable file itself.`);
export const programNotExecutable = (program: string) =>
  user(2203, `${program} is not executable. Run: chmod +x '${program}'`);
export const programUnreadable = (program: string, cause: unknown) =>
  user(
    2204,
    `${program} cannot be read: ${messageOf(cause)}. Check the permissions of the file and its folders.`,
  );
export const programIsScript = (program: string, interpreter: string) =>
  user(
    2205,
    `${program} is a script, not a compiled program. Set "program" to its interpreter (${interpreter}) and put the script first in "args".`,
  );
export const programNotElf = (program: string) =>
  user(2206, `${program} is not a Linux executable (no ELF header). "program" must name a compiled program.`);
export const programDamaged = (program: string, problem: string) =>
  user(2207, `${program} is a damaged executable (${problem}). Build it again.`);
export const programIs32Bit = (program: string) =>
  user(
    2208,
    `${program} is a 32-bit program; Spaces serves 64-bit ones. Build it without -m32, or set "allocator": "none" to debug it without Spaces.`,
  );
export const programOtherMachine = (program: string, machine: string) =>
  user(2209, `${program} is built for ${machine}; this machine runs x86-64. Build it for x86-64.`);
export const programNotRunnable = (program: string, type: string) =>
  user(2210, `${program} is ${type}, not a program. "program" must name the linked executable.`);
export const programIsStatic = (program: string) =>
  user(
    2211,
    `${program} is statically linked, so Spaces cannot be loaded into it. Link it dynamically, link Spaces in and set "allocator": "linked", or set "allocator": "none".`,
  );
export const programIsMusl = (program: string) =>
  user(
    2212,
    `${program} is linked against musl libc; Spaces serves programs for glibc. Build it against glibc, or set "allocator": "none".`,
  );
export const programIsSetuid = (program: string) =>
  user(
    2213,
    `${program} is set-user-ID or set-group-ID, and the system loads no preloaded library into such programs. Debug a copy without the bit (cp, then chmod ug-s), or set "allocator": "none".`,
  );
export const programIsSanitized = (program: string, sanitizer: string) =>
  user(
    2214,
    `${program} is built with ${sanitizer}, which replaces malloc itself. Build it without -fsanitize, or set "allocator": "none".`,
  );
export const libraryNotFound = (program: string, libraries: readonly string[]) =>
  user(
    2215,
    `${program} cannot start: ${libraries.join(', ')} ${libraries.length > 1 ? 'were' : 'was'} not found. Install the missing ${libraries.length > 1 ? 'libraries' : 'library'}, or set LD_LIBRARY_PATH in "env".`,
  );
export const loaderMissing = (program: string, loader: string) =>
  user(
    2216,
    `${program} asks for the loader ${loader}, which this machine does not have. Build it for this system.`,
  );
export const allocatorMissing = (name: string, searched: readonly string[]) =>
  user(
    2217,
    `The allocator ${name} was not found (looked in ${searched.join(', ')}). Run "make -C native", reinstall the extension, or name its folder in SPACES_LIB_DIR.`,
  );
export const gdbMissing = (gdb: string) =>
  user(
    2218,
    `The debugger "${gdb}" was not found. Install gdb (Debian, Ubuntu: sudo apt install gdb), or name it by "gdb" in the launch configuration.`,
  );
export const gdbUnusable = (gdb: string, problem: string) =>
  user(2219, `The debugger "${gdb}" cannot be used: ${problem}. Check "gdb" in the launch configuration.`);
export const envNameInvalid = (name: string) =>
  user(
    2220,
    `"env" holds the name "${name}"; names are letters, digits and underscores, and start with no digit.`,
  );

// 2300: running
export const startFailed = (program: string, problem: string) =>
  user(2301, `${program} could not be started: ${problem}`);
export const terminalFailed = (problem: string) =>
  user(2302, `The terminal could not be opened: ${problem}. Use "console": "internalConsole".`);
export const gdbEnded = () => user(2303, 'gdb has ended unexpectedly, and the program with it. Start again.');
export const ptyFailed = (cause: unknown) =>
  user(
    2304,
    `No terminal could be made for the program's output: ${messageOf(cause)}. Rebuild or reinstall the extension.`,
  );
export const setupCommandFailed = (command: string, cause: unknown) =>
  user(2305, `The setup command "${command}" failed: ${messageOf(cause)}. Correct "setupCommands".`);

export const suppressionsUnreadable = (file: string, line: number | undefined, problem: string) =>
  user(
    2307,
    `The suppressions ${file}${line === undefined ? '' : `:${line}`} cannot be read: ${problem}. Correct the file, or "suppressions" in the launch configuration.`,
  );

// 2400: heap
export const readerMissing = (cause: unknown) =>
  user(
    2401,
    `The heap reader cannot be loaded (${messageOf(cause)}). Debugging works without it; to see the heap, rebuild or reinstall the extension.`,
  );
export const noAllocator = () =>
  user(2402, 'The program runs without Spaces ("allocator": "none"), so there is no heap to show.');
export const noHeapYet = () =>
  user(2403, 'The program has not set up its heap yet. Continue to its first allocation.');
export const programGone = () => user(2404, 'The program has ended, and its heap with it.');
export const heapVersion = (detail: string) =>
  // The reader's own sentence names both versions and what to do.
  user(2405, detail);
export const heapUnreadable = (detail: string) => user(2406, `The heap cannot be read: ${detail}.`);
export const setFailed = (what: string, detail: string) => user(2407, `${what} was not changed: ${detail}.`);
export const programRanOn = () =>
  user(2408, 'The program ran on before the heap was read. Ask again at the next stop.');
export const cancelled = () => user(2409, 'Cancelled.');
export const noSnapshot = (id: number) =>
  user(2410, `There is no snapshot ${id}; it was dropped, or belongs to a program that has ended.`);
export const exportFailed = (path: string, cause: unknown) =>
  user(2411, `${path} could not be written: ${messageOf(cause)}. Choose another file.`);
export const readingForbidden = (withoutGdb: boolean) =>
  user(
    2412,
    `The system does not let the memory of this process be read from outside (it has changed its privileges, or runs in a container): ${
      withoutGdb
        ? 'there are no live gauges. Its errors are told as ever.'
        : 'the heap is read through gdb, which takes longer, and there are no live gauges while the program runs.'
    }`,
  );

// 2500: core files
export const coreMissing = (path: string) =>
  user(2501, `The core file ${path} does not exist. Correct "core" in the launch configuration.`);
export const coreUnreadable = (path: string, cause: unknown) =>
  user(2502, `The core file ${path} cannot be read: ${messageOf(cause)}.`);
export const notCore = (path: string, problem: string) =>
  user(2503, `${path} is no core file that can be opened: ${problem}.`);
export const coreNotLive = (what: string) =>
  user(2504, `${what} needs a running process; this is a core file, the memory of one that has ended.`);
export const noHeapInCore = () =>
  user(
    2505,
    'This core file holds no Spaces heap: the program ran without it, or that memory is missing. Frames and variables are shown.',
  );
export const coreWithoutFrames = (cause: unknown) =>
  user(2506, `gdb cannot read this core file (${messageOf(cause)}): frames and variables are unknown.`);
export const coreProgramUnknown = (name: string | undefined) =>
  user(
    2507,
    `The core file does not tell the path of its program${name ? ` ("${name}")` : ''}: names, lines and variables are unknown. Set "program" in the launch configuration.`,
  );
export const coreProgramMissing = (program: string) =>
  user(
    2508,
    `The core file is of ${program}, which is not here or cannot be read: names, lines and variables are unknown. Set "program" to a copy of it.`,
  );
export const coreOfOtherProgram = (program: string, written: string) =>
  user(2509, `The core file is of ${written}, not of ${program}: what is shown may be wrong.`);

// 2600: attaching
export const processMissing = (pid: number) =>
  user(2601, `There is no process ${pid}, or it has ended. Choose another one.`);
export const processOfOther = (pid: number, name: string, uid: number) =>
  user(
    2602,
    `Process ${pid} (${name}) belongs to another user (${uid}), and the system lets you debug your own only. Run VS Code as that user.`,
  );
export const processTraced = (pid: number, name: string, tracer: number, debuggerName: string) =>
  user(
    2603,
    `Process ${pid} (${name}) is being debugged by process ${tracer} (${debuggerName}) already, and only one debugger can hold it. End that session first, or watch its heap from outside: spaces top ${pid}`,
  );
export const yamaForbids = (scope: number) =>
  user(
    2604,
    scope >= 3
      ? 'This system forbids debugging altogether (kernel.yama.ptrace_scope is 3), until it is started with another setting.'
      : `The system forbids attaching to processes that the debugger has not started (kernel.yama.ptrace_scope is ${scope}). Allow it until the next boot with: sudo sysctl kernel.yama.ptrace_scope=0 (or start the program from VS Code with "request": "launch").`,
  );
export const ptraceForbidden = (pid: number, name: string) =>
  user(
    2605,
    `The system forbids debugging process ${pid} (${name}): it has other privileges than VS Code, or this is a container without the right to. Start the container with --cap-add=SYS_PTRACE, or the program from VS Code with "request": "launch".`,
  );
export const processWithoutSpaces = (pid: number, name: string, command: string) =>
  user(
    2606,
    `Process ${pid} (${name}) runs without Spaces, so there is no heap to show. Start it with Spaces: ${command} (or set "allocator": "none" to debug it without a heap view).`,
  );
export const attachFailed = (pid: number, problem: string) =>
  user(2607, `gdb cannot attach to process ${pid}: ${problem}`);
export const processReplaced = (program: string) =>
  user(2608, `${program} was replaced while it runs: lines are those of the new sources, which may differ.`);
export const noReportSocket = () =>
  user(
    2609,
    'The library in this process has no place for a report socket (it is older, or linked in and stripped): errors stop the process, but their details are unknown.',
  );

// 2700: beside another debugger
export const needsOwnDebugger = (what: string) =>
  user(
    2701,
    `${what} needs the Spaces debugger; beside another one the heap is only looked at. Use a launch configuration of "type": "spaces".`,
  );
export const companionForbidden = () =>
  user(
    2702,
    'The system forbids reading the memory of this program from beside its debugger. Allow it (sudo sysctl kernel.yama.ptrace_scope=0), or use a launch configuration of "type": "spaces".',
  );
