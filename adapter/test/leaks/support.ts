/** Programs that lose blocks, what the adapter finds at their end, and what Valgrind finds. */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { HeapReader, loadReader } from '../../src/heap/reader';
import { UNWATCHED } from '../../src/heap/task';
import { recordOf } from '../../src/leaks/records';
import { rootsOf, waitingThreads } from '../../src/leaks/roots';
import type { AgentExit, LeakClass, LeakRecord } from '../../src/protocol';
import { ReportServer } from '../../src/reports/server';
import { FileLines } from '../../src/symbols/files';
import { mapsOf, ModuleMap } from '../../src/symbols/modules';
import { Symbolizer } from '../../src/symbols/symbolizer';
import { library, type Build } from '../reader/support';

const ROOT = path.join(__dirname, '../../..');
const OUT = path.join(ROOT, 'test/out/leaks');
const PROGRAMS = path.join(__dirname, 'programs');
const run = promisify(execFile);

/** Compiles programs/<file> where that is newer than what there is. */
export async function compile(file: string): Promise<string> {
  const source = path.join(PROGRAMS, file);
  const program = path.join(OUT, file.replace(/\.\w+$/, ''));
  mkdirSync(OUT, { recursive: true });
  if (!existsSync(program) || statSync(source).mtimeMs > statSync(program).mtimeMs) {
    const compiler = file.endsWith('.cpp') ? ['g++', '-std=c++17'] : ['gcc', '-std=gnu11'];
    const [name = 'gcc', standard = ''] = compiler;
    await run(name, [standard, '-g', '-O0', '-fno-builtin', '-pthread', '-w', '-o', program, source]);
  }
  return program;
}

export interface Ended<T> {
  /** What was found each time that a process waited at its end. */
  found: T[];
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** Runs a program; `look` is called where it waits at its end. */
export async function runToEnd<T>(
  program: string,
  build: Build,
  look: (exit: AgentExit) => Promise<T>,
  more: { args?: string[]; leaks?: string } = {},
): Promise<Ended<T>> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'spaces-leaks-'));
  const socket = path.join(directory, 's');
  const found: T[] = [];
  let problem: unknown;
  const server = new ReportServer({
    record: () => undefined,
    garbage: (text) => {
      problem ??= new Error(text);
    },
    exit: async (exit) => {
      try {
        found.push(await look(exit));
      } catch (error) {
        problem = error;
      }
    },
  });
  await server.listen(socket);
  try {
    const child = spawn(program, more.args ?? [], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        LD_PRELOAD: library(build),
        SPACES_REPORT_SOCKET: socket,
        SPACES_LEAKS: more.leaks ?? '1',
      },
    });
    const ended = await new Promise<Omit<Ended<T>, 'found'>>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    await server.drained(1000);
    if (problem !== undefined) {
      throw problem as Error;
    }
    return { found, ...ended };
  } finally {
    server.close();
    rmSync(directory, { recursive: true });
  }
}

/** As `runToEnd`, of a program that waits once. */
export async function atExit<T>(
  program: string,
  build: Build,
  look: (exit: AgentExit) => Promise<T>,
): Promise<T> {
  const { found } = await runToEnd(program, build, look);
  if (found.length !== 1) {
    throw new Error(`${program} waited ${found.length} times at its end`);
  }
  return found[0] as T;
}

/** All live blocks of a program at its end, by class and stack. */
export async function allRecords(exit: AgentExit): Promise<LeakRecord[]> {
  const reader = new HeapReader(loadReader(), { pid: exit.pid }, BigInt(exit.root), () =>
    Promise.reject(new Error()),
  );
  const ending = { stackPointer: BigInt(exit.stack), registers: exit.registers.map(BigInt) };
  const threads = await waitingThreads(exit.pid, new Map([[exit.thread, ending]]));
  const roots = rootsOf(await mapsOf(exit.pid).read(), threads);
  const raw = await reader.run((native) => native.leaks(roots), UNWATCHED);
  const { frames } = await reader.run((native) => native.stacks(raw.stack), UNWATCHED);
  const modules = new ModuleMap(mapsOf(exit.pid));
  modules.readNow();
  const symbols = new Symbolizer(new FileLines('gdb', modules, () => undefined), modules);
  const stacks = await symbols.stacks(frames.map((stack) => [...stack]));
  reader.close();
  return stacks.map((stack, row) => recordOf(raw, row, stack, false));
}

/**
 * The C library's own for a thread: only a pointer behind its start leads to it, but that one is the
 * library's way of holding it. Memcheck calls it possibly lost, we do not.
 */
const OF_A_THREAD = '_dl_allocate_tls';
const LOADER = /\/ld-linux/;

/** Blocks of a class by the functions of the program that allocated them. */
export type Found = Record<string, { count: number; bytes: number; indirect: number }>;

function add(
  found: Found,
  kind: LeakClass,
  functions: string[],
  count: number,
  bytes: number,
  indirect: number,
): void {
  if (functions.length === 0) {
    return;
  }
  const key = `${kind}: ${functions.join(' < ')}`;
  const sum = (found[key] ??= { count: 0, bytes: 0, indirect: 0 });
  sum.count += count;
  sum.bytes += bytes;
  sum.indirect += indirect;
}

/** Without arguments and template parameters, as tools differ in them. */
const plain = (name: string) => name.replace(/\(.*$/s, '').replace(/<.*$/s, '');

/** What the adapter found, by the frames in the program's own file. */
export function foundByUs(records: readonly LeakRecord[], file: string): Found {
  const found: Found = {};
  for (const record of records) {
    if (LOADER.test(record.frames[0]?.module ?? '')) {
      continue;
    }
    const own = record.frames
      .filter(({ source }) => source?.path.endsWith(`/${file}`))
      .map(({ function: name, line }) => `${plain(name)}:${line}`);
    add(found, record.class, own, record.count, record.bytes, record.indirectBytes);
  }
  return found;
}

const VALGRIND_KINDS: Record<string, LeakClass> = {
  Leak_DefinitelyLost: 'definite',
  Leak_IndirectlyLost: 'indirect',
  Leak_PossiblyLost: 'possible',
  Leak_StillReachable: 'reachable',
};

/** What Valgrind finds in the same program without us. */
export async function foundByValgrind(program: string, file: string): Promise<Found> {
  const xml = `${program}.xml`;
  await run('valgrind', [
    '--leak-check=full',
    '--show-leak-kinds=all',
    '--num-callers=16',
    '--xml=yes',
    `--xml-file=${xml}`,
    program,
  ]).catch((error: unknown) => {
    // The program's own exit code.
    if (typeof (error as { code?: unknown }).code !== 'number') {
      throw error;
    }
  });
  const text = await readFile(xml, 'utf8');
  const found: Found = {};
  for (const [, error = ''] of text.matchAll(/<error>(.*?)<\/error>/gs)) {
    const kind = VALGRIND_KINDS[/<kind>(\w+)<\/kind>/.exec(error)?.[1] ?? ''];
    if (!kind || error.includes(`<fn>${OF_A_THREAD}</fn>`)) {
      continue;
    }
    const all = Number(/<leakedbytes>(\d+)</.exec(error)?.[1]);
    const count = Number(/<leakedblocks>(\d+)</.exec(error)?.[1]);
    const parts = /\(([\d,]+) direct, ([\d,]+) indirect\)/.exec(error);
    const number = (part: string | undefined) => Number(part?.replaceAll(',', ''));
    const functions = [...error.matchAll(/<frame>(.*?)<\/frame>/gs)].flatMap(([, frame = '']) => {
      const name = /<fn>(.*?)<\/fn>/.exec(frame)?.[1]?.replaceAll('&lt;', '<').replaceAll('&gt;', '>') ?? '';
      const own = new RegExp(`<file>${file.replace('.', '\\.')}</file>`).test(frame);
      return own ? [`${plain(name)}:${/<line>(\d+)</.exec(frame)?.[1]}`] : [];
    });
    add(found, kind, functions, count, parts ? number(parts[1]) : all, parts ? number(parts[2]) : 0);
  }
  return found;
}
