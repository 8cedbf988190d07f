/** What the system tells of a running process, and whether it lets us debug it. */
import { promises as fs } from 'node:fs';
import * as errors from '../errors';
import { findRoot } from '../heap/root';
import { findLibrary } from '../launch/libraries';
import { shellQuote } from '../launch/script';
import type { NativeModule } from '../reader/native';
import { ownerOf } from '../symbols/classify';
import { mapsOf, parseMaps } from '../symbols/modules';

export interface ProcessFacts {
  pid: number;
  name: string;
  /** Its command line; the name alone where it has cleared that. */
  command: string[];
  /** Path of its program; '' where it is not told to us. */
  program: string;
  uid: number;
  /** The debugger that holds it; 0 for none. */
  tracer: number;
  /** It is a zombie, or is on its way: it has given up its memory already. */
  ended: boolean;
}

const YAMA = '/proc/sys/kernel/yama/ptrace_scope';

function field(status: string, name: string): string {
  return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
}

/** The facts of a process; undefined where there is none of this id. */
export async function processFacts(pid: number): Promise<ProcessFacts | undefined> {
  const folder = `/proc/${pid}`;
  try {
    const status = await fs.readFile(`${folder}/status`, 'utf8');
    const name = field(status, 'Name');
    const words = (await fs.readFile(`${folder}/cmdline`, 'utf8').catch(() => ''))
      .split('\0')
      .filter(Boolean);
    return {
      pid,
      name,
      command: words.length > 0 ? words : [name],
      program: await fs.readlink(`${folder}/exe`).catch(() => ''),
      uid: Number(field(status, 'Uid').split(/\s+/)[0]),
      tracer: Number(field(status, 'TracerPid')),
      ended: /^[ZX]/.test(field(status, 'State')) || field(status, 'VmSize') === '',
    };
  } catch {
    return undefined;
  }
}

/** Whether the allocator's library is among the mappings; undefined where they are not told to us. */
export async function hasLibrary(pid: number): Promise<boolean | undefined> {
  try {
    // Loaded, not only looked at as a debugger does: there is code of it.
    const code = (await mapsOf(pid).read()).split('\n').filter((line) => /^\S+ ..x/.test(line));
    return parseMaps(code.join('\n')).some(({ path }) => ownerOf(path, '') === 'allocator');
  } catch {
    return undefined;
  }
}

/** The reason for which the system forbids us to debug a process, and to read its memory. */
export async function forbidden(facts: ProcessFacts): Promise<errors.AdapterError> {
  if (facts.uid !== process.getuid?.() && process.getuid?.() !== 0) {
    return errors.processOfOther(facts.pid, facts.name, facts.uid);
  }
  const scope = Number(await fs.readFile(YAMA, 'utf8').catch(() => '0'));
  return scope > 0 ? errors.yamaForbids(scope) : errors.ptraceForbidden(facts.pid, facts.name);
}

/** The command that starts the program of a process under Spaces. */
export function commandWithSpaces(facts: ProcessFacts): string {
  const library = findLibrary('debug');
  return ['LD_PRELOAD=' + shellQuote(library), ...facts.command.map(plainWord)].join(' ');
}

function plainWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : shellQuote(word);
}

/** A process that may be attached to. */
export interface Attachable extends ProcessFacts {
  /** Of its heap; undefined where it has none. */
  root: bigint | undefined;
}

/**
 * Looks whether a process can be debugged, and finds its heap. Throws the first
 * reason against it. `withoutSpaces`: it is to be debugged without a heap.
 */
export async function inspectProcess(
  pid: number,
  native: NativeModule,
  withoutSpaces: boolean,
): Promise<Attachable> {
  const facts = await processFacts(pid);
  if (!facts || facts.ended) {
    throw errors.processMissing(pid);
  }
  if (facts.tracer !== 0) {
    const other = await processFacts(facts.tracer);
    throw errors.processTraced(pid, facts.name, facts.tracer, other?.name ?? 'a debugger');
  }
  let root;
  try {
    root = await findRoot(native, { pid }, await mapsOf(pid).read(), false);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'SPACES_GONE' || code === 'ENOENT' || code === 'ESRCH') {
      throw errors.processMissing(pid);
    }
    throw code === 'SPACES_PERM' || code === 'EACCES' || code === 'EPERM' ? await forbidden(facts) : error;
  }
  if (root === undefined && !withoutSpaces) {
    throw errors.processWithoutSpaces(pid, facts.name, commandWithSpaces(facts));
  }
  return { ...facts, root };
}

/** Every process that has a program, those with Spaces first; then the youngest first. */
export async function listProcesses(): Promise<(ProcessFacts & { spaces: boolean | undefined })[]> {
  const ids = (await fs.readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const all = await Promise.all(
    ids.map(async (pid) => {
      const facts = await processFacts(pid);
      return facts && { ...facts, spaces: await hasLibrary(pid) };
    }),
  );
  return all
    .flatMap((one) => (one && !one.ended && one.pid !== process.pid ? [one] : []))
    .filter((one) => one.program !== '' || one.command.length > 1 || one.command[0] !== one.name)
    .sort((a, b) => Number(b.spaces === true) - Number(a.spaces === true) || b.pid - a.pid);
}
