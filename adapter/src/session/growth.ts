/**
 * "Break when this chunk grows": the processor watches the chunk's footprint.
 * The allocator writes it only where it takes or gives back pages, so that the
 * program runs at full speed; gdb compares it with the mark at each such write.
 */
import * as errors from '../errors';
import { hex, type Gdb, type MiStopped } from '../gdb/mi';
import type { BreakOnGrowthArguments, BreakOnGrowthResponse } from '../protocol';

/** What is watched of a chunk. */
export interface WatchedChunk {
  label: string;
  footprint: number;
  /** Where the program keeps the footprint. */
  footprintAt: bigint;
}

interface Watch {
  number: string;
  chunk: string;
  label: string;
  /** The footprint above which it stops. */
  above: number;
}

export class GrowthWatches {
  private readonly watches = new Map<string, Watch>();

  constructor(private readonly gdb: Gdb) {}

  async set(
    args: BreakOnGrowthArguments,
    find: (chunk: string) => Promise<WatchedChunk>,
  ): Promise<BreakOnGrowthResponse> {
    const old = this.watches.get(args.chunk);
    if (old) {
      this.watches.delete(args.chunk);
      await this.gdb.sendCommand(`-break-delete ${old.number}`);
    }
    if (args.enabled) {
      await this.watch(args, await find(args.chunk));
    }
    return this.list();
  }

  list(): BreakOnGrowthResponse {
    return { watched: [...this.watches.values()].map(({ chunk, above }) => ({ chunk, above })) };
  }

  has(number: string): boolean {
    return [...this.watches.values()].some((watch) => watch.number === number);
  }

  /** The program stopped at one of them: says so in one sentence, and sets its mark anew. Undefined where it did not. */
  async hit(stop: MiStopped): Promise<string | undefined> {
    const number = stop.wpt?.number;
    const watch = [...this.watches.values()].find((one) => one.number === number);
    if (!watch) {
      return undefined;
    }
    const now = Number(stop.value?.new);
    const before = watch.above;
    if (Number.isSafeInteger(now)) {
      watch.above = now;
      await this.mark(watch.number, this.expression(stop), now);
    }
    return `${watch.label} grew to ${now} bytes: its mark was ${before}.`;
  }

  private expression(stop: MiStopped): string {
    return stop.wpt?.exp ?? '';
  }

  private async watch(args: BreakOnGrowthArguments, chunk: WatchedChunk): Promise<void> {
    const expression = `*(unsigned long *) ${hex(chunk.footprintAt)}`;
    const above = args.above ?? chunk.footprint;
    let number: string | undefined;
    try {
      const result = await this.gdb.sendCommand<{ wpt?: { number: string }; 'hw-rwpt'?: { number: string } }>(
        `-break-watch "${expression}"`,
      );
      number = result.wpt?.number;
      if (number === undefined) {
        throw errors.requestFailed('gdb made no watchpoint');
      }
      await this.mark(number, expression, above);
    } catch (error) {
      if (number !== undefined) {
        await this.gdb.sendCommand(`-break-delete ${number}`).catch(() => undefined);
      }
      throw errors.requestFailed(
        `The chunk cannot be watched: ${errors.messageOf(error)}. The processor watches four places at a time; remove a data breakpoint.`,
      );
    }
    this.watches.set(args.chunk, { number, chunk: args.chunk, label: chunk.label, above });
  }

  private async mark(number: string, expression: string, above: number): Promise<void> {
    await this.gdb.sendCommand(`-break-condition ${number} ${expression} > ${above}`);
  }
}
