/**
 * Types of blocks. C++ classes: an object with virtual functions starts with a pointer
 * to its class's table, and gdb names the table. Each table is asked for once. Other
 * types by the place of the allocation (siteTypes.ts).
 */
import { parseMemory } from '../leaks/roots';
import { hex } from '../gdb/mi';
import type { Entry, Frame } from '../protocol';
import type { NativeReader, OrMissing } from '../reader/native';
import { SiteTypes } from './siteTypes';
import type { Task } from './task';

export interface TypeSources {
  /** The program's mappings, as /proc/PID/maps has them. */
  maps(): Promise<string>;
  console(command: string): Promise<string>;
  log(text: string): void;
}

type Ask = <T>(
  what: string,
  operation: (reader: NativeReader) => Promise<OrMissing<T>>,
  task: Task,
) => Promise<T>;

/** "vtable for ns::Shape + 16 in section .data.rel.ro of /app" → "ns::Shape". */
export function classIn(infoSymbol: string): string | undefined {
  return /^vtable for (.+?)(?: \+ \d+)? in section \S+/.exec(infoSymbol.trim())?.[1];
}

export class ObjectTypes {
  private readonly classes = new Map<bigint, Promise<string | undefined>>();
  private readonly sites: SiteTypes;

  constructor(
    private readonly sources: TypeSources,
    private readonly ask: Ask,
  ) {
    this.sites = new SiteTypes(sources);
  }

  /** Libraries came or went: tables may be others now. */
  invalidate(): void {
    this.classes.clear();
    this.sites.invalidate();
  }

  /** Enter the type of each block of which it is known. */
  async enter(entries: readonly Entry[], task: Task): Promise<void> {
    await this.enterClasses(entries, task);
    await this.sites.enter(entries);
  }

  /** Type that the statement allocates of which a block's stack is. */
  async allocatedBy(stack: readonly Frame[]): Promise<string | undefined> {
    return (await this.sites.typeOf(stack))?.name;
  }

  private async enterClasses(entries: readonly Entry[], task: Task): Promise<void> {
    const live = entries.filter(({ inUse, requested }) => inUse && requested >= 8);
    if (live.length === 0) {
      return;
    }
    const maps = await this.readMaps();
    if (maps === '') {
      return;
    }
    const { constants, code } = parseMemory(maps);
    const blocks = BigUint64Array.from(live, ({ address }) => BigInt(address));
    const { table } = await this.ask(
      'The classes of blocks',
      (native) => native.tables(blocks, constants, code),
      task,
    );
    await Promise.all(
      live.map(async (entry, row) => {
        const name = await this.classOf(table[row] ?? 0n);
        if (name !== undefined) {
          entry.object = name;
        }
      }),
    );
  }

  /** Empty where they may not be read, or the program has just gone: classes stay without a name. */
  private async readMaps(): Promise<string> {
    try {
      return await this.sources.maps();
    } catch (error) {
      this.sources.log(`classes of blocks: ${String(error)}`);
      return '';
    }
  }

  private classOf(table: bigint): Promise<string | undefined> {
    if (table === 0n) {
      return Promise.resolve(undefined);
    }
    let name = this.classes.get(table);
    if (!name) {
      name = this.sources
        .console(`info symbol ${hex(table)}`)
        .then(classIn)
        .catch((error: unknown) => {
          this.sources.log(`class at ${hex(table)}: ${String(error)}`);
          return undefined;
        });
      this.classes.set(table, name);
    }
    return name;
  }
}
