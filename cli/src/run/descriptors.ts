/**
 * Descriptors above 2 that whoever started us meant for the program: files of a shell's `3<…`, make's job server,
 * sockets of systemd. Node marks all that it inherited to be closed at exec, as it does its own, so each must be
 * named when the program is started. Which are Node's own is told by what they are:
 *
 *   0 1 2 |3 …      |epoll, its wake-up pipes, eventfd, /dev/null …  |… 9
 *          inherited  Node opens its own in the lowest free numbers    inherited
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

const CLOSED_AT_EXEC = 0o2000000;
const OWN_KINDS = /^anon_inode:\[(eventpoll|eventfd|io_uring)\]$/;
const PIPE = /^pipe:\[\d+\]$/;
const NOTHING = '/dev/null';

export interface Descriptor {
  number: number;
  /** What /proc says that it is: a path, "pipe:[4711]", … */
  target: string;
}

function open(process: number | 'self'): Descriptor[] {
  const folder = `/proc/${process}/fd`;
  try {
    return fs.readdirSync(folder).flatMap((name) => {
      try {
        return [{ number: Number(name), target: fs.readlinkSync(path.join(folder, name)) }];
      } catch {
        return []; // The one by which the folder was read.
      }
    });
  } catch {
    return []; // Another user's process.
  }
}

/** Those that are not Node's; `elsewhere`: those of the process that started us; `home`: the folder of Node itself. */
export function foreign(
  all: readonly Descriptor[],
  elsewhere: readonly Descriptor[],
  home: string,
): Descriptor[] {
  const first = Math.min(
    ...all.filter(({ target }) => target === 'anon_inode:[eventpoll]').map(({ number }) => number),
  );
  const ends = new Map<string, number>();
  all.forEach(({ target }) => ends.set(target, (ends.get(target) ?? 0) + 1));
  return all.filter(({ number, target }) => {
    if (number <= 2 || OWN_KINDS.test(target) || target.startsWith(`${home}/`)) {
      return false;
    }
    if (number < first) {
      return true;
    }
    if (PIPE.test(target)) {
      // Node holds both ends of its pipes, and nobody else holds one.
      return ends.get(target) === 1 || elsewhere.some((one) => one.target === target);
    }
    return target !== NOTHING || elsewhere.some((one) => one.number === number && one.target === NOTHING);
  });
}

function isClosedAtExec(number: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(fs.readFileSync(`/proc/self/fdinfo/${number}`, 'utf8'))?.[1];
    return (parseInt(flags ?? '0', 8) & CLOSED_AT_EXEC) !== 0;
  } catch {
    return false;
  }
}

/** Numbers of the descriptors to hand on. To be called before we open any of our own. */
export function inheritedDescriptors(): number[] {
  return foreign(open('self'), open(process.ppid), path.dirname(process.execPath))
    .map(({ number }) => number)
    .filter(isClosedAtExec);
}

/** The program's descriptors, for spawn(): our standard streams, and these. */
export function stdioWith(numbers: readonly number[]): ('inherit' | 'ignore' | number)[] {
  const stdio: ('inherit' | 'ignore' | number)[] = ['inherit', 'inherit', 'inherit'];
  for (let number = 3; number <= Math.max(2, ...numbers); number++) {
    stdio.push(numbers.includes(number) ? number : 'ignore');
  }
  return stdio;
}
