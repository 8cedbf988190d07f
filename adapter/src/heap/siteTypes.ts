/**
 * Types of blocks by where they were allocated: the statement there names a type or a variable, and the debugger knows
 * how large that is. What does not fit the block is not told. Each place is asked about once.
 */
import { promises as fs } from 'node:fs';
import { siteFrame } from '../protocol/frames';
import type { Entry, Frame } from '../protocol';
import { elementOf, objectName, statementAt, typeClues, type TypeClue } from './allocation';

export interface SiteType {
  name: string;
  size: number;
  more: boolean;
}

export interface SiteTypeSources {
  console(command: string): Promise<string>;
  log(text: string): void;
}

/** Larger sources are not written by hand. */
const SOURCE_LIMIT = 4 * 2 ** 20;
/** A name that gdb can be given between quotes. */
const PLAIN = /^[\w:<>,*& ()~[\].-]+$/;
const NOTHING = new Set(['void', 'const void', 'unknown']);

export class SiteTypes {
  private readonly types = new Map<string, Promise<SiteType | undefined>>();
  private readonly sources = new Map<string, Promise<string[]>>();

  constructor(private readonly host: SiteTypeSources) {}

  /** Libraries came or went: addresses may mean other places now. */
  invalidate(): void {
    this.types.clear();
    this.sources.clear();
  }

  /** Enter the type of each block that has a stack and no class yet. */
  async enter(entries: readonly Entry[]): Promise<void> {
    await Promise.all(
      entries.map(async (entry) => {
        if (entry.object !== undefined || entry.site.length === 0 || entry.state === 'unused') {
          return;
        }
        const type = await this.typeOf(entry.site);
        const name = type && objectName(type.name, type.size, entry.requested, type.more);
        if (name !== undefined) {
          entry.object = name;
        }
      }),
    );
  }

  /** What is allocated there, one element of it. */
  typeOf(stack: readonly Frame[]): Promise<SiteType | undefined> {
    const innermost = stack[0];
    const frame = siteFrame(stack);
    if (!innermost || !frame) {
      return Promise.resolve(undefined);
    }
    const key = innermost.address;
    let type = this.types.get(key);
    if (!type) {
      type = this.find(innermost, frame).catch((error: unknown) => {
        this.host.log(`type of what is allocated at ${key}: ${String(error)}`);
        return undefined;
      });
      this.types.set(key, type);
    }
    return type;
  }

  private async find(innermost: Frame, frame: Frame): Promise<SiteType | undefined> {
    const element = elementOf(innermost.function);
    if (element !== undefined) {
      return this.ask({ expression: element, local: false, more: false }, '');
    }
    // Where a library of somebody else's allocates, the user's line does not say what.
    if (innermost !== frame || frame.source === undefined || frame.line === undefined) {
      return undefined;
    }
    const lines = await this.linesOf(frame.source.path);
    for (const clue of typeClues(statementAt(lines, frame.line))) {
      const type = await this.ask(clue, frame.function);
      if (type) {
        return type;
      }
    }
    return undefined;
  }

  private async ask(clue: TypeClue, functionName: string): Promise<SiteType | undefined> {
    if (!PLAIN.test(clue.expression)) {
      return undefined;
    }
    for (const expression of clue.local ? inScope(clue.expression, functionName) : [clue.expression]) {
      try {
        const name = /^type = (.+)$/m.exec(await this.host.console(`whatis ${expression}`))?.[1];
        // `output` leaves no trace in gdb's value history, which is the user's.
        const size = Number(await this.host.console(`output/d sizeof(${expression})`));
        if (name !== undefined && size > 0 && !NOTHING.has(name)) {
          return { name, size, more: clue.more };
        }
      } catch {
        // It names nothing there: the next clue may.
      }
    }
    return undefined;
  }

  private linesOf(file: string): Promise<string[]> {
    let lines = this.sources.get(file);
    if (!lines) {
      lines = readLines(file);
      this.sources.set(file, lines);
    }
    return lines;
  }
}

/** An expression on a variable as gdb knows it outside of the function's frame, and on a variable of the file. */
function inScope(expression: string, functionName: string): string[] {
  if (!PLAIN.test(functionName)) {
    return [expression];
  }
  return [expression.replace(/[A-Za-z_]\w*/, (variable) => `'${functionName}'::${variable}`), expression];
}

async function readLines(file: string): Promise<string[]> {
  try {
    const { size } = await fs.stat(file);
    return size > SOURCE_LIMIT ? [] : (await fs.readFile(file, 'utf8')).split('\n');
  } catch {
    // The source is not on this machine.
    return [];
  }
}
