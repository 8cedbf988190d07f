/** Programs whose heap the tests read: compiled, started under a build of the allocator, waiting. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs';
import * as path from 'node:path';
import type { NativeModule, NativeReader, OrMissing } from '../../src/reader/native';

export const ROOT = path.join(__dirname, '../../..');
const OUT = path.join(ROOT, 'test/out/reader');
const PROGRAMS = path.join(__dirname, 'programs');

function load(): NativeModule {
  const file =
    process.env['SPACES_READER'] ?? path.join(ROOT, 'native/addon/build/Release/spaces_reader.node');
  if (!existsSync(file)) {
    throw new Error(`${file} is not there: run "npm run build" first`);
  }
  const module: { exports: unknown } = { exports: {} };
  process.dlopen(module, file);
  return module.exports as NativeModule;
}

export const native = load();

export type Build = 'fast' | 'debug';
export const BUILDS: readonly Build[] = ['fast', 'debug'];

export function library(build: Build): string {
  return path.join(ROOT, 'native/build', build === 'debug' ? 'libspaces-debug.so' : 'libspaces.so');
}

/** Compiles programs/<name>.c, where that is newer than what there is. */
export function compile(name: string): string {
  const source = path.join(PROGRAMS, `${name}.c`);
  const program = path.join(OUT, name);
  const inputs = [source, path.join(PROGRAMS, 'tell.h'), path.join(ROOT, 'native/src/layout.h')];
  mkdirSync(OUT, { recursive: true });
  const built = existsSync(program) ? statSync(program).mtimeMs : 0;
  if (inputs.some((input) => statSync(input).mtimeMs > built)) {
    const args = [
      '-std=gnu11',
      '-g',
      '-O1',
      '-fno-builtin',
      '-Wall',
      '-o',
      program,
      source,
      '-ldl',
      '-pthread',
    ];
    const result = spawnSync('gcc', args, { encoding: 'utf8' });
    if (result.status !== 0) {
      throw new Error(`gcc ${args.join(' ')}: ${result.stderr}`);
    }
  }
  return program;
}

/** A waiting program; `facts` is what it told. */
export interface Subject<Facts> {
  pid: number;
  facts: Facts & { root: string };
  child: ChildProcess;
  reader: NativeReader;
  stop(): Promise<void>;
}

const started = new Set<ChildProcess>();

/** Ends what a failing test left behind. */
export function stopAll(): void {
  for (const child of started) {
    child.kill('SIGKILL');
  }
  started.clear();
}

/** Starts a program, under a build of the allocator or alone, and waits for its line. */
export async function start<Facts>(
  name: string,
  build: Build | 'none',
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Subject<Facts>> {
  const child = spawn(compile(name), args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...(build === 'none' ? {} : { LD_PRELOAD: library(build) }), ...env },
  });
  started.add(child);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const line = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (data: string) => {
      text += data;
      if (text.endsWith('\n')) {
        resolve(text);
      }
    });
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      reject(new Error(`${name} ended (${code ?? signal}) after "${text}"`)),
    );
  });
  const facts = JSON.parse(line) as Facts & { root: string };
  const pid = child.pid ?? 0;
  const reader = new native.HeapReader({ pid }, facts.root === '(nil)' ? 0n : BigInt(facts.root));
  return {
    pid,
    facts,
    child,
    reader,
    async stop() {
      reader.close();
      child.stdin.end();
      await ended;
      started.delete(child);
    },
  };
}

/** Stops all threads of a process where they are. */
export async function freeze(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  const isStopped = (thread: string): boolean =>
    /\) [Tt] /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8'));
  while (!readdirSync(`/proc/${pid}/task`).every(isStopped)) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The answer of a reader that must not lack bytes. */
export async function whole<T>(answer: Promise<OrMissing<T>>): Promise<T> {
  const result = await answer;
  if (result.missing !== undefined) {
    throw new Error('the reader of a process lacks bytes');
  }
  return result;
}

/** The answer of an image's reader, its missing ranges taken from the process; and how many rounds it took. */
export async function filled<T>(
  reader: NativeReader,
  pid: number,
  ask: () => Promise<OrMissing<T>>,
): Promise<{ answer: T; rounds: number }> {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    for (let rounds = 0; rounds < 1000; rounds++) {
      const answer = await ask();
      if (answer.missing === undefined) {
        return { answer, rounds };
      }
      for (const { address, length } of answer.missing) {
        reader.provide(address, readRange(memory, address, length));
      }
    }
    throw new Error('the reader asks for ever');
  } finally {
    closeSync(memory);
  }
}

function readRange(memory: number, address: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  try {
    return bytes.subarray(0, readSync(memory, bytes, 0, length, address));
  } catch {
    return new Uint8Array(0);
  }
}
