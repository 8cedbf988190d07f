/**
 * Leaks that are intended: a versioned JSON file (comments allowed), each entry
 * a pattern of frames with a maximum. What goes beyond the maximum is told
 * again; what matched nothing is told at the end, as it may be left over.
 */
import * as path from 'node:path';
import { findNodeAtLocation, parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';
import { suppressionsUnreadable } from '../errors';
import { SUPPRESSIONS_VERSION, type Frame, type Suppression } from '../protocol';

/** What is compared with the maximum: all blocks that an entry covers. */
interface Used {
  entry: Suppression;
  pattern: RegExp[][];
  line: number;
  count: number;
  bytes: number;
  matched: boolean;
}

/** `*` and `?` as in file names; everything else as it is. */
function glob(text: string): RegExp {
  const body = text
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${body}$`);
}

/** Whether a pattern names a frame's function, or its file by the end of the path. */
function frameMatches(pattern: RegExp, frame: Frame): boolean {
  if (pattern.test(frame.function) || pattern.test(frame.function.replace(/\(.*$/, ''))) {
    return true;
  }
  const parts = frame.source?.path.split('/') ?? [];
  return parts.some((_, index) => pattern.test(parts.slice(index).join('/')));
}

/** Whether groups of patterns, between which any frames may stand, match from the first frame on. */
function stackMatches(groups: readonly RegExp[][], frames: readonly Frame[]): boolean {
  const [first = [], ...rest] = groups;
  const fits = (at: number) =>
    at + first.length <= frames.length &&
    first.every((pattern, index) => {
      const frame = frames[at + index];
      return frame !== undefined && frameMatches(pattern, frame);
    });
  if (rest.length === 0) {
    return fits(0);
  }
  if (!fits(0)) {
    return false;
  }
  for (let at = first.length; at <= frames.length; at++) {
    if (stackMatches(rest, frames.slice(at))) {
      return true;
    }
  }
  return false;
}

/** "..." parts the patterns into groups. */
function groupsOf(frames: readonly string[]): RegExp[][] {
  const groups: RegExp[][] = [[]];
  for (const text of frames) {
    if (text === '...') {
      groups.push([]);
    } else {
      groups.at(-1)?.push(glob(text));
    }
  }
  return groups;
}

export class Suppressions {
  private constructor(
    readonly file: string,
    private readonly entries: Used[],
  ) {}

  static none(): Suppressions {
    return new Suppressions('', []);
  }

  /** Read the text of a file. Throws an error that names the line which does not hold. */
  static parse(file: string, text: string): Suppressions {
    const fail = (offset: number, problem: string) =>
      suppressionsUnreadable(file, lineOf(text, offset), problem);
    const problems: ParseError[] = [];
    const root = parseTree(text, problems, { allowTrailingComma: true });
    const [problem] = problems;
    if (problem) {
      throw fail(
        problem.offset,
        printParseErrorCode(problem.error)
          .replace(/([A-Z])/g, ' $1')
          .trim(),
      );
    }
    if (root?.type !== 'object') {
      throw fail(0, 'it holds no object');
    }
    const version = findNodeAtLocation(root, ['version']);
    if (version?.type !== 'number') {
      throw fail(version?.offset ?? root.offset, 'the number "version" is missing');
    }
    if (version.value !== SUPPRESSIONS_VERSION) {
      throw fail(
        version.offset,
        `its version is ${String(version.value)}, this extension reads version ${SUPPRESSIONS_VERSION}`,
      );
    }
    const list = findNodeAtLocation(root, ['suppressions']);
    if (list?.type !== 'array') {
      throw fail(list?.offset ?? root.offset, 'the list "suppressions" is missing');
    }
    return new Suppressions(
      file,
      (list.children ?? []).map((node) => {
        const entry = entryOf(node, fail);
        return {
          entry,
          pattern: groupsOf(entry.frames),
          line: lineOf(text, node.offset),
          count: 0,
          bytes: 0,
          matched: false,
        };
      }),
    );
  }

  /** Forget what was counted: another look at the heap begins. */
  begin(): void {
    for (const used of this.entries) {
      used.count = 0;
      used.bytes = 0;
    }
  }

  /**
   * The reason why a leak of this stack is intended, '' where none is given;
   * undefined where it is not, or where the maximum is exceeded with it.
   */
  intends(frames: readonly Frame[], count: number, bytes: number): string | undefined {
    const user = frames.slice(
      Math.max(
        0,
        frames.findIndex((frame) => frame.user),
      ),
    );
    for (const used of this.entries) {
      if (!stackMatches(used.pattern, user)) {
        continue;
      }
      used.matched = true;
      const { entry } = used;
      if (
        used.count + count <= (entry.count ?? Infinity) &&
        used.bytes + bytes <= (entry.bytes ?? Infinity)
      ) {
        used.count += count;
        used.bytes += bytes;
        return entry.reason ?? '';
      }
    }
    return undefined;
  }

  /** A line for each entry that has matched nothing so far. */
  unused(): string[] {
    return this.entries
      .filter(({ matched }) => !matched)
      .map(
        ({ entry, line }) =>
          `${path.basename(this.file)}:${line}: no leak matched the suppression of ${entry.frames.join(', ')}.`,
      );
  }
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

function entryOf(node: Node, fail: (offset: number, problem: string) => Error): Suppression {
  const kind = findNodeAtLocation(node, ['kind']);
  if (node.type !== 'object' || kind?.value !== 'leak') {
    throw fail(kind?.offset ?? node.offset, 'the "kind" of a suppression must be "leak"');
  }
  const frames = findNodeAtLocation(node, ['frames']);
  const patterns = frames?.children?.map((child): unknown => child.value) ?? [];
  const texts = patterns.filter((one): one is string => typeof one === 'string' && one !== '');
  if (texts.length === 0 || texts.length !== patterns.length || texts.every((one) => one === '...')) {
    throw fail(
      frames?.offset ?? node.offset,
      '"frames" must be a list of names of functions or files, with one of them at least',
    );
  }
  const most = (name: 'count' | 'bytes') => {
    const value = findNodeAtLocation(node, [name]);
    if (value && !(typeof value.value === 'number' && value.value >= 0)) {
      throw fail(value.offset, `"${name}" must be a number of at least 0`);
    }
    return value ? { [name]: value.value as number } : {};
  };
  const reason = findNodeAtLocation(node, ['reason']);
  if (reason && typeof reason.value !== 'string') {
    throw fail(reason.offset, '"reason" must be a text');
  }
  return {
    kind: 'leak',
    frames: texts,
    ...most('count'),
    ...most('bytes'),
    ...(reason ? { reason: reason.value as string } : {}),
  };
}
