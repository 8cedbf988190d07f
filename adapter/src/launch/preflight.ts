/**
 * Everything that can be known to fail before anything starts: each reason is
 * a plain error with its remedy.
 */
import { execFile } from 'node:child_process';
import { promises as fs } from 'node:fs';
import { promisify } from 'node:util';
import type { CoreFile } from '../core/coreFile';
import * as errors from '../errors';
import { inspectProcess, type Attachable } from '../attach/process';
import type { NativeModule } from '../reader/native';
import type { AttachSettings, LaunchSettings } from './arguments';
import * as elf from './elf';

/** What preflight found out about a program that may be started. */
export interface Preflight {
  elf: elf.ElfFacts;
  /** Sentences for the user; the launch goes on. */
  warnings: string[];
}

const run = promisify(execFile);
const TOOL_TIMEOUT_MS = 10_000;

/** Each sanitizer that brings an allocator of its own: its runtime library and a symbol of it. */
const SANITIZERS: readonly [name: string, library: RegExp, symbol: string][] = [
  ['AddressSanitizer', /^lib(clang_rt\.)?asan\b/, '__asan_init'],
  ['HWAddressSanitizer', /^lib(clang_rt\.)?hwasan\b/, '__hwasan_init'],
  ['ThreadSanitizer', /^lib(clang_rt\.)?tsan\b/, '__tsan_init'],
  ['MemorySanitizer', /^lib(clang_rt\.)?msan\b/, '__msan_init'],
  ['LeakSanitizer', /^lib(clang_rt\.)?lsan\b/, '__lsan_init'],
];

/** Name of the sanitizer that a program was built with, if any. */
export function sanitizerOf(facts: elf.ElfFacts): string | undefined {
  return SANITIZERS.find(
    ([, library, symbol]) =>
      facts.dynamicSymbols.has(symbol) || facts.needed.some((needed) => library.test(needed)),
  )?.[0];
}

async function readProgram(program: string): Promise<{ facts: elf.ElfFacts; mode: number }> {
  let stat;
  try {
    stat = await fs.stat(program);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw code === 'ENOENT' || code === 'ENOTDIR'
      ? errors.programMissing(program)
      : errors.programUnreadable(program, error);
  }
  if (stat.isDirectory()) {
    throw errors.programIsDirectory(program);
  }
  if (!stat.isFile()) {
    throw errors.programNotElf(program);
  }
  let facts;
  try {
    facts = await elf.readElf(program);
  } catch (error) {
    throw error instanceof elf.ElfError
      ? errors.programDamaged(program, error.message)
      : errors.programUnreadable(program, error);
  }
  if (!facts) {
    const interpreter = await scriptInterpreter(program);
    throw interpreter === undefined
      ? errors.programNotElf(program)
      : errors.programIsScript(program, interpreter);
  }
  if ((stat.mode & 0o111) === 0) {
    throw errors.programNotExecutable(program);
  }
  try {
    await fs.access(program, fs.constants.X_OK);
  } catch {
    throw errors.programNotExecutable(program);
  }
  return { facts, mode: stat.mode };
}

async function scriptInterpreter(program: string): Promise<string | undefined> {
  return (await scriptStart(program))?.interpreter;
}

/** What stands behind the #! of a script, as the system reads it: a program, and at most one argument for it. */
export async function scriptStart(
  program: string,
): Promise<{ interpreter: string; argument?: string } | undefined> {
  const file = await fs.open(program, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
    const match = /^#![ \t]*([^\s]+)[ \t]*([^\n]*)/.exec(buffer.toString('utf8', 0, bytesRead));
    const argument = match?.[2]?.trim();
    return match?.[1] === undefined
      ? undefined
      : { interpreter: match[1], ...(argument ? { argument } : {}) };
  } finally {
    await file.close();
  }
}

function checkKind(program: string, facts: elf.ElfFacts, settings: LaunchSettings): void {
  if (facts.type === elf.TYPE_OBJECT) {
    throw errors.programNotRunnable(program, 'an object file');
  }
  if (facts.type === elf.TYPE_CORE) {
    throw errors.programNotRunnable(program, 'a core file');
  }
  if (facts.type === elf.TYPE_SHARED && facts.interpreter === '' && facts.entry === 0) {
    throw errors.programNotRunnable(program, 'a shared library');
  }
  if (facts.bits === 32) {
    if (settings.allocator !== 'none') {
      throw errors.programIs32Bit(program);
    }
    if (facts.machine !== 3) {
      throw errors.programOtherMachine(program, elf.machineName(facts.machine));
    }
  } else if (facts.machine !== elf.MACHINE_X86_64) {
    throw errors.programOtherMachine(program, elf.machineName(facts.machine));
  }
}

/** What stands against loading Spaces into the program. */
function checkInjection(program: string, facts: elf.ElfFacts, mode: number): void {
  if (facts.interpreter === '') {
    throw errors.programIsStatic(program);
  }
  if (/\/ld-musl-/.test(facts.interpreter)) {
    throw errors.programIsMusl(program);
  }
  if ((mode & 0o6000) !== 0) {
    throw errors.programIsSetuid(program);
  }
  const sanitizer = sanitizerOf(facts);
  if (sanitizer !== undefined) {
    throw errors.programIsSanitized(program, sanitizer);
  }
}

/** Asks the program's own loader, which does not run the program, for libraries that are missing. */
async function checkLibraries(settings: LaunchSettings, facts: elf.ElfFacts): Promise<void> {
  if (facts.interpreter === '' || facts.bits !== 64) {
    return;
  }
  try {
    await fs.access(facts.interpreter);
  } catch {
    throw errors.loaderMissing(settings.program, facts.interpreter);
  }
  if (/\/ld-musl-/.test(facts.interpreter)) {
    return;
  }
  const env: NodeJS.ProcessEnv = { ...process.env };
  delete env['LD_PRELOAD'];
  const libraryPath = settings.env['LD_LIBRARY_PATH'];
  if (libraryPath === null) {
    delete env['LD_LIBRARY_PATH'];
  } else if (libraryPath !== undefined) {
    env['LD_LIBRARY_PATH'] = libraryPath;
  }
  let output: string;
  try {
    output = (
      await run(facts.interpreter, ['--list', settings.program], {
        env: { ...env, LC_ALL: 'C' },
        cwd: settings.cwd,
        timeout: TOOL_TIMEOUT_MS,
      })
    ).stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    output = stdout + stderr;
  }
  const missing = new Set<string>();
  for (const line of output.split('\n')) {
    const name =
      /^\s*(\S+) => not found/.exec(line)?.[1] ??
      /error while loading shared libraries: ([^:]+): cannot open shared object file/.exec(line)?.[1];
    if (name !== undefined) {
      missing.add(name);
    }
  }
  if (missing.size > 0) {
    throw errors.libraryNotFound(settings.program, [...missing]);
  }
}

async function checkGdb(gdb: string): Promise<void> {
  try {
    const { stdout } = await run(gdb, ['--version'], { timeout: TOOL_TIMEOUT_MS });
    if (!/\bgdb\b/i.test(stdout)) {
      throw errors.gdbUnusable(gdb, 'it does not say that it is gdb');
    }
  } catch (error) {
    if (error instanceof errors.AdapterError) {
      throw error;
    }
    const code = (error as NodeJS.ErrnoException).code;
    throw code === 'ENOENT' || code === 'ENOTDIR'
      ? errors.gdbMissing(gdb)
      : errors.gdbUnusable(gdb, errors.messageOf(error).split('\n')[0] ?? '');
  }
}

/** Checks program, libraries, directory and debugger. Throws the first reason why a launch would fail. */
export async function preflight(settings: LaunchSettings): Promise<Preflight> {
  const { program } = settings;
  const { facts, mode } = await readProgram(program);
  checkKind(program, facts, settings);
  if (settings.allocator === 'debug' || settings.allocator === 'fast') {
    checkInjection(program, facts, mode);
  }
  const cwd = await fs.stat(settings.cwd).catch(() => undefined);
  if (!cwd?.isDirectory()) {
    throw errors.cwdMissing(settings.cwd);
  }
  await checkLibraries(settings, facts);
  if (!settings.noDebug) {
    await checkGdb(settings.gdb);
  }
  const warnings: string[] = [];
  if (!facts.hasDebugInfo && !settings.noDebug) {
    warnings.push(withoutDebugInfo(program));
  }
  return { elf: facts, warnings };
}

/**
 * Finds the program of a core file, which goes into `settings`, and looks at
 * what may be missing: a core is opened without its program too.
 */
export async function preflightCore(
  settings: LaunchSettings,
  core: CoreFile,
): Promise<{ warnings: string[] }> {
  await checkGdb(settings.gdb);
  const warnings: string[] = [];
  const given = settings.program !== '';
  settings.program ||= core.facts.program ?? '';
  if (settings.program === '') {
    warnings.push(errors.coreProgramUnknown(core.facts.name).message);
    return { warnings };
  }
  try {
    const { facts } = await readProgram(settings.program);
    if (!facts.hasDebugInfo) {
      warnings.push(withoutDebugInfo(settings.program));
    }
  } catch (error) {
    if (given) {
      throw error;
    }
    warnings.push(errors.coreProgramMissing(settings.program).message);
    settings.program = '';
  }
  if (given && core.facts.program !== undefined && !(await sameFile(settings.program, core.facts.program))) {
    warnings.push(errors.coreOfOtherProgram(settings.program, core.facts.program).message);
  }
  return { warnings };
}

/** Finds the program of a process, which goes into `settings`, and whether it may be attached to. */
export async function preflightAttach(
  settings: AttachSettings,
  native: NativeModule,
): Promise<{ attachable: Attachable; warnings: string[] }> {
  await checkGdb(settings.gdb);
  const attachable = await inspectProcess(settings.pid, native, settings.allocator === 'none');
  const warnings: string[] = [];
  if (settings.program !== '') {
    await readProgram(settings.program);
    return { attachable, warnings };
  }
  const replaced = attachable.program.endsWith(' (deleted)');
  if (replaced) {
    warnings.push(errors.processReplaced(attachable.program.replace(/ \(deleted\)$/, '')).message);
  }
  settings.program = replaced ? `/proc/${settings.pid}/exe` : attachable.program;
  const facts = await elf.readElf(settings.program).catch(() => undefined);
  if (facts && !facts.hasDebugInfo) {
    warnings.push(withoutDebugInfo(attachable.program));
  }
  return { attachable, warnings };
}

async function sameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((file) => fs.realpath(file).catch(() => file)));
  return a === b;
}

function withoutDebugInfo(program: string): string {
  return `${program} has no debug information, so lines and variables are unknown. Compile with -g to see them.`;
}
