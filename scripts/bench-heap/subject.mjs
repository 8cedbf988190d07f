/** The programs whose heap is measured: compiled once, started under a build of the allocator, ended at the end. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { dist, root } from '../lib/paths.mjs';

const OUT = path.join(root, 'test/out/bench-heap');
const children = new Set();

/** Compiles a program of the tests. */
export function compile(source, extra = []) {
  const program = path.join(OUT, path.basename(source, '.c'));
  mkdirSync(OUT, { recursive: true });
  const args = [
    '-std=gnu11',
    '-g',
    '-O1',
    '-fno-builtin',
    '-o',
    program,
    path.join(root, source),
    '-ldl',
    ...extra,
  ];
  const result = spawnSync('gcc', args, { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`gcc ${args.join(' ')}: ${result.stderr}`);
  return program;
}

export function library(build) {
  return path.join(dist, 'native', build === 'debug' ? 'libspaces-debug.so' : 'libspaces.so');
}

/** A program with so many blocks under a build; resolves when they are there. */
export async function many(build, blocks) {
  const program = compile('adapter/test/reader/programs/many.c');
  const child = spawn(program, [String(blocks)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, LD_PRELOAD: library(build) },
  });
  children.add(child);
  const facts = await new Promise((resolve, reject) => {
    child.stdout.once('data', (data) => resolve(JSON.parse(data.toString())));
    child.once('exit', (code) => reject(new Error(`${program} ended with ${code}`)));
  });
  return { pid: child.pid, program, root: BigInt(facts.root), end: () => child.kill('SIGKILL') };
}

/** Ends what is left. */
export function endAll() {
  for (const child of children) child.kill('SIGKILL');
}

/** The reader of the product. */
export function loadReader() {
  const file = path.join(dist, 'spaces_reader.node');
  if (!existsSync(file)) throw new Error(`${file} is missing: run "npm run build" first`);
  const module = { exports: {} };
  process.dlopen(module, file);
  return module.exports;
}

/** Highest memory that a process has had, in bytes. */
export function peakMemory(pid) {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return 1024 * Number(line?.[1]);
}

export const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
