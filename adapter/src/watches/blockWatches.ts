/**
 * Stops that belong to blocks. What the allocator has to look out for stands in
 * its table `spaces_watches`, which is written in the memory of the stopped
 * program (native/src/layout.h, SpWatches); writes to a block are the
 * processor's to watch.
 *
 *   |magic 8|version 4|count 4|supported 4|armed 4| entries: |kind 4|events 4|key 8|number 8|address 8|hits 4|seen 4| ...
 */
import * as errors from '../errors';
import { hex, miString, parseAddress, type Gdb, type MiBreakpoint, type MiStopped } from '../gdb/mi';
import type { BlockStop, BlockWatch, WatchesResponse } from '../protocol';
import type { Owner } from '../symbols/classify';
import { BLOCK_EVENTS, BLOCK_FUNCTION, decodeEvent, EVENT_BYTES, type BlockEvent } from './event';

/** What the watches need of the session. */
export interface WatchHost {
  gdb: Gdb;
  memory(address: bigint, length: number): Promise<Buffer>;
  /** The value of an expression. */
  value(expression: string): Promise<string>;
  owners(threadId: number): Promise<Owner[]>;
  say(text: string): void;
}

/** A block to watch. */
export interface WatchedBlock {
  address: bigint;
  size: number;
  sequence: number;
}

interface Kept extends BlockWatch {
  /** Entry of the table. */
  index: number;
  /** Number of the watchpoint, `write` only. */
  watchpoint?: string;
}

const MAGIC = 'SPWATCHS';
const VERSION = 1;
const HEADER_BYTES = 24;
const ENTRY_BYTES = 40;
const ARMED_AT = 20n;
const KINDS = { site: 1, block: 3 } as const;

const TITLES: Record<BlockEvent['kind'], string> = {
  allocated: 'Block allocated',
  freed: 'Block freed',
  resized: 'Block resized',
  missed: 'Block never came',
};

const DONE: Record<BlockEvent['kind'], string> = {
  allocated: 'is allocated',
  freed: 'is freed',
  resized: 'is resized',
  missed: 'never came',
};

export class BlockWatches {
  private readonly kept = new Map<number, Kept>();
  private numbered = 0;
  private breakpoint: string | undefined;

  constructor(private readonly host: WatchHost) {}

  list(): WatchesResponse {
    return {
      watches: [...this.kept.values()].map(({ index: _index, watchpoint: _watchpoint, ...watch }) => watch),
    };
  }

  has(number: string): boolean {
    return (
      number === this.breakpoint || [...this.kept.values()].some(({ watchpoint }) => watchpoint === number)
    );
  }

  /** The program has ended, and its table with it. */
  clear(): void {
    this.kept.clear();
  }

  /** Stop at an allocation of a stack. */
  async watchSite(site: string, pass: number | undefined, where: string): Promise<WatchesResponse> {
    const which = pass === undefined ? 'Each allocation' : `Allocation number ${pass}`;
    await this.add({ on: 'allocate', description: `${which} at ${where}` }, (index) =>
      this.write(index, KINDS.site, ['allocated'], BigInt(site), BigInt(pass ?? 0)),
    );
    return this.list();
  }

  /** Stop when a block is freed, resized or written to. */
  async watchBlock(
    block: WatchedBlock,
    on: Exclude<BlockStop, 'allocate'>,
    range: { offset: number; bytes: number },
  ): Promise<WatchesResponse> {
    const address = hex(block.address);
    const name = `the ${block.size}-byte block at ${address}`;
    const description = {
      free: `Free of ${name}`,
      resize: `Resizing of ${name}`,
      write: `Write to ${range.bytes} bytes at offset ${range.offset} of ${name}`,
    }[on];
    await this.add({ on, description, address }, async (index, kept) => {
      if (on === 'write') {
        kept.watchpoint = await this.watchBytes(block.address + BigInt(range.offset), range.bytes);
      }
      // A watch of writes ends with its block.
      const event = on === 'resize' ? 'resized' : 'freed';
      await this.write(index, KINDS.block, [event], block.address, BigInt(block.sequence));
    });
    return this.list();
  }

  async remove(id: number): Promise<WatchesResponse> {
    const kept = this.kept.get(id);
    if (!kept) {
      throw errors.requestFailed(`There is no watch ${id}.`);
    }
    await this.drop(kept);
    return this.list();
  }

  /** What a stop at one of them is told as; 'continue' where it is none for the user; undefined where it is no stop of ours. */
  async onStop(stop: MiStopped): Promise<{ title: string; text: string } | 'continue' | undefined> {
    const number = stop.wpt?.number;
    const written = [...this.kept.values()].find((kept) => number && kept.watchpoint === number);
    if (written) {
      const owners = await this.host.owners(Number(stop['thread-id'] ?? 1));
      if (owners.find((owner) => owner !== 'runtime') === 'allocator') {
        return 'continue';
      }
      written.hits++;
      const { old = '?', new: now = '?' } = stop.value ?? {};
      return { title: 'Block written', text: `${written.description}: ${old} becomes ${now}.` };
    }
    if (stop.reason !== 'breakpoint-hit' || stop.bkptno !== this.breakpoint) {
      return undefined;
    }
    const thread = stop['thread-id'] ?? '1';
    const argument = await this.host.gdb.sendCommand<{ value: string }>(
      `-data-evaluate-expression --thread ${thread} --frame 0 "(unsigned long) $rdi"`,
    );
    const event = decodeEvent(await this.host.memory(parseAddress(argument.value) ?? 0n, EVENT_BYTES));
    const kept = [...this.kept.values()].find(({ index }) => index === event.watch);
    if (!kept) {
      return 'continue';
    }
    if (kept.on === 'write') {
      this.host.say(`${kept.description} is over: the block was freed.\n`);
      await this.drop(kept);
      return 'continue';
    }
    kept.hits++;
    const pass = event.pass > 0 && kept.on === 'allocate' ? `, number ${event.pass} of its stack` : '';
    const text = `The ${event.size}-byte block at ${hex(event.address)} (allocation ${event.sequence}${pass}) ${DONE[event.kind]}.`;
    if (kept.on === 'free') {
      await this.drop(kept);
    }
    return { title: TITLES[event.kind], text };
  }

  private async add(
    about: Pick<BlockWatch, 'on' | 'description' | 'address'>,
    set: (index: number, kept: Kept) => Promise<void>,
  ): Promise<void> {
    const { count } = await this.table();
    const used = new Set([...this.kept.values()].map(({ index }) => index));
    const index = Array.from({ length: count }, (_, at) => at).find((at) => !used.has(at));
    if (index === undefined) {
      throw errors.requestFailed(`All ${count} places for watches are taken. Remove one first.`);
    }
    if (this.breakpoint === undefined) {
      const { bkpt } = await this.host.gdb.sendCommand<{ bkpt: MiBreakpoint }>(
        `-break-insert -f --function ${BLOCK_FUNCTION}`,
      );
      this.breakpoint = bkpt.number;
    }
    const kept: Kept = { id: this.numbered + 1, ...about, hits: 0, index };
    try {
      await set(index, kept);
    } catch (error) {
      await this.erase(kept).catch(() => undefined);
      throw error;
    }
    this.numbered++;
    this.kept.set(kept.id, kept);
    await this.arm();
  }

  private async drop(kept: Kept): Promise<void> {
    this.kept.delete(kept.id);
    await this.erase(kept);
    await this.arm();
  }

  private async erase(kept: Kept): Promise<void> {
    if (kept.watchpoint !== undefined) {
      await this.host.gdb.sendCommand(`-break-delete ${kept.watchpoint}`);
    }
    const { address } = await this.table();
    await this.poke(address + BigInt(HEADER_BYTES + ENTRY_BYTES * kept.index), Buffer.alloc(ENTRY_BYTES));
  }

  private async arm(): Promise<void> {
    const { address } = await this.table();
    const armed = Buffer.alloc(4);
    armed.writeUInt32LE(this.kept.size);
    await this.poke(address + ARMED_AT, armed);
  }

  private async write(
    index: number,
    kind: number,
    events: readonly BlockEvent['kind'][],
    key: bigint,
    number: bigint,
  ): Promise<void> {
    const { address } = await this.table();
    const entry = Buffer.alloc(ENTRY_BYTES);
    entry.writeUInt32LE(kind, 0);
    entry.writeUInt32LE(
      events.reduce((bits, event) => bits | (1 << BLOCK_EVENTS[event]), 0),
      4,
    );
    entry.writeBigUInt64LE(key, 8);
    entry.writeBigUInt64LE(number, 16);
    await this.poke(address + BigInt(HEADER_BYTES + ENTRY_BYTES * index), entry);
  }

  private async watchBytes(address: bigint, bytes: number): Promise<string> {
    const scalar = { 1: 'char', 2: 'short', 4: 'int', 8: 'long' }[bytes];
    const expression = scalar
      ? `*(unsigned ${scalar} *) ${hex(address)}`
      : `*(unsigned char (*)[${bytes}]) ${hex(address)}`;
    const { wpt } = await this.host.gdb.sendCommand<{ wpt: { number: string } }>(
      `-break-watch ${miString(expression)}`,
    );
    return wpt.number;
  }

  private async poke(address: bigint, bytes: Buffer): Promise<void> {
    await this.host.gdb.sendCommand(`-data-write-memory-bytes ${hex(address)} "${bytes.toString('hex')}"`);
  }

  private async table(): Promise<{ address: bigint; count: number }> {
    const address = parseAddress(await this.host.value('(void *)&spaces_watches').catch(() => ''));
    if (address === undefined) {
      throw errors.requestFailed('The program has no Spaces allocator of this release to watch blocks.');
    }
    const header = await this.host.memory(address, HEADER_BYTES);
    if (header.toString('latin1', 0, 8) !== MAGIC || header.readUInt32LE(8) !== VERSION) {
      throw errors.requestFailed(
        'The allocator of the program is of another release: its table of watches is not understood.',
      );
    }
    if (header.readUInt32LE(16) !== 1) {
      throw errors.requestFailed(
        'The fast build watches no blocks. Run the program with "allocator": "debug".',
      );
    }
    return { address, count: header.readUInt32LE(12) };
  }
}
