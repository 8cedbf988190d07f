/**
 * Names of chunks: the variable that holds a chunk's handle. Global ones are
 * found by their value in the writable data of the program and its libraries,
 * which gdb then names; local ones among the variables of the frames that are
 * on the stack. A name that was found is kept for as long as its chunk lives;
 * what was looked for in vain is looked for again at a later stop.
 */
import { messageOf } from '../errors';
import type { Range } from '../reader/native';
import { symbolAt } from '../symbols/variables';

/** What the names need of the session. */
export interface NameSources {
  /** Writable data of the program and its libraries, those of the allocator not. */
  data(): Promise<Range[]>;
  /** Where these values stand in such ranges. */
  search(ranges: readonly Range[], values: BigUint64Array): Promise<{ address: bigint; value: bigint }[]>;
  /** What gdb prints for `info symbol`, and for a type with its offsets. */
  console(command: string): Promise<string>;
  /** Pointers in the frames on the stacks, the innermost first. */
  locals(): Promise<{ name: string; address: bigint }[]>;
  log(text: string): void;
}

/** Hits that are named for one chunk: a program may keep its handle in many places. */
const HITS = 8;

export class ChunkNames {
  private readonly found = new Map<bigint, string>();
  private searching: Promise<void> | undefined;
  private searched = -1;

  constructor(private readonly sources: NameSources) {}

  nameOf(chunk: bigint): string | undefined {
    return this.found.get(chunk);
  }

  /** Look for the names of these chunks that have none, once a generation. Never fails. */
  async lookUp(chunks: readonly bigint[], generation: number): Promise<void> {
    for (const known of [...this.found.keys()]) {
      if (!chunks.includes(known)) {
        this.found.delete(known);
      }
    }
    const wanted = chunks.filter((chunk) => !this.found.has(chunk));
    if (wanted.length === 0 || this.searched === generation) {
      return this.searching;
    }
    this.searched = generation;
    this.searching = this.search(wanted).catch((error: unknown) => {
      this.sources.log(`names of chunks: ${messageOf(error)}`);
    });
    await this.searching;
  }

  private async search(wanted: readonly bigint[]): Promise<void> {
    const hits = await this.sources.search(await this.sources.data(), BigUint64Array.from(wanted));
    for (const chunk of wanted) {
      for (const hit of hits.filter(({ value }) => value === chunk).slice(0, HITS)) {
        const name = await symbolAt(hit.address, (command) => this.sources.console(command));
        if (name !== undefined) {
          this.found.set(chunk, name);
          break;
        }
      }
    }
    const rest = wanted.filter((chunk) => !this.found.has(chunk));
    if (rest.length > 0) {
      for (const { name, address } of await this.sources.locals()) {
        if (rest.includes(address) && !this.found.has(address)) {
          this.found.set(address, name);
        }
      }
    }
  }
}
