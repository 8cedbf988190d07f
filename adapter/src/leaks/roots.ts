/**
 * Where a program keeps pointers outside of its heap: its writable mappings,
 * and what its threads hold. The reader leaves out what is the allocator's own.
 */
import * as fs from 'node:fs';
import { readdir } from 'node:fs/promises';
import type { Range, RawRoots } from '../reader/native';

/** One thread of a stopped or waiting program. */
export interface ThreadState {
  stackPointer: bigint;
  registers: bigint[];
}

/** What is known of a program's threads; `every`: there are no others. */
export interface Threads {
  threads: ThreadState[];
  every: boolean;
}

type MemoryMap = Omit<RawRoots, 'registers' | 'stackPointers' | 'everyThread'>;

/** Files whose memory may be of a device: reading it could do something. */
function isDevice(path: string): boolean {
  return path.startsWith('/dev/') && !path.startsWith('/dev/shm/') && !path.startsWith('/dev/zero');
}

/** A process's first stack; core files name those of its threads too. */
const STACK = /^\[stack(:\d+)?\]$/;

/** The memory of a process by the text of its /proc/PID/maps. */
export function parseMemory(text: string): MemoryMap {
  const memory: MemoryMap = { ranges: [], constants: [], code: [] };
  let last = { end: '', permissions: '' };
  for (const line of text.split('\n')) {
    const match = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \d+ *(.*)$/.exec(line);
    const [, start, end, permissions = '', path = ''] = match ?? [];
    if (start === undefined || end === undefined) {
      continue;
    }
    const address = BigInt(`0x${start}`);
    const range: Range = { address, length: Number(BigInt(`0x${end}`) - address) };
    const adjoins = last.end === start;
    const named = path.startsWith('/');
    if (!isDevice(path) && permissions.startsWith('rw')) {
      const guarded = path === '' && adjoins && last.permissions.startsWith('---');
      memory.ranges.push({ ...range, sparse: !named, stack: STACK.test(path) || guarded });
    }
    if (named && !isDevice(path)) {
      if (permissions.includes('x')) {
        memory.code.push(range);
      } else if (permissions.startsWith('r')) {
        memory.constants.push(range);
      }
    }
    last = { end, permissions };
  }
  return memory;
}

/** The roots of a program by its mappings, as /proc/PID/maps has them, and its threads. */
export function rootsOf(maps: string, { threads, every }: Threads): RawRoots {
  return {
    ...parseMemory(maps),
    registers: BigUint64Array.from(threads.flatMap(({ registers }) => registers)),
    stackPointers: BigUint64Array.from(threads.map(({ stackPointer }) => stackPointer)),
    everyThread: every,
  };
}

/**
 * Threads of a program that nobody debugs, as far as the system tells: the
 * stack pointer and the arguments of the system call that one waits in. Of a
 * thread that runs nothing is known. `known` are told apart, by thread id.
 */
export async function waitingThreads(pid: number, known: ReadonlyMap<number, ThreadState>): Promise<Threads> {
  const result: Threads = { threads: [], every: true };
  for (const name of await readdir(`/proc/${pid}/task`)) {
    const own = known.get(Number(name));
    let text = '';
    try {
      text = own ? '' : fs.readFileSync(`/proc/${pid}/task/${name}/syscall`, 'utf8');
    } catch {
      // The thread has ended, or the system does not tell.
    }
    const state = own ?? parseSystemCall(text);
    if (state) {
      result.threads.push(state);
    } else {
      result.every = false;
    }
  }
  return result;
}

/** "0 0x3 0x7f… … SP PC", or "-1 SP PC" of a stopped thread; undefined of one that runs. */
export function parseSystemCall(text: string): ThreadState | undefined {
  const words = text.trim().split(' ');
  const numbers = words.slice(1).filter((word) => /^0x[0-9a-f]+$/.test(word));
  const stackPointer = numbers.at(-2);
  if (stackPointer === undefined || numbers.length !== words.length - 1) {
    return undefined;
  }
  return {
    stackPointer: BigInt(stackPointer),
    registers: numbers.slice(0, -2).map((word) => BigInt(word)),
  };
}
