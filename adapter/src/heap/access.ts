/** The way to the heap of one stopped process: its reader, opened at first use, with frames and names for what it tells. */
import * as errors from '../errors';
import { hex } from '../gdb/mi';
import type { Address, Chunk, Frame } from '../protocol';
import type { NativeModule, OrMissing, NativeReader, RawChunk, Source } from '../reader/native';
import type { Symbolizer } from '../symbols/symbolizer';
import { toChunk } from './convert';
import type { ChunkNames } from './names';
import { HeapReader, loadReader, type ReadMemory } from './reader';
import { UNWATCHED, type Task } from './task';

/** What the heap's requests need of the session. */
export interface HeapHost {
  /** False while the program runs: its heap is in motion. */
  isStopped(): boolean;
  /** The process; undefined before it starts and after it ends. */
  pid(): number | undefined;
  /** Where its memory is read. */
  source(pid: number): Source;
  /** Address of `spaces_heap_root`. Throws where the program has none. */
  root(): Promise<bigint>;
  generation(): number;
  /** The system forbids reading the process from outside. */
  readingForbidden(): void;
  readMemory: ReadMemory;
  /** The value of an expression in a frame, as an address. */
  evaluateAddress(expression: string, frameId: number): Promise<bigint>;
}

/** Stacks that are resolved at a time, so that a step need not wait for all of them. */
const STACKS_AT_ONCE = 256;

export class HeapAccess {
  private opened: HeapReader | undefined;
  private native: NativeModule | undefined;
  private known: { generation: number; chunks: Promise<RawChunk[]> } | undefined;

  constructor(
    readonly host: HeapHost,
    private readonly symbols: Symbolizer,
    readonly names: ChunkNames,
  ) {}

  get reader(): HeapReader | undefined {
    return this.opened;
  }

  get generation(): number {
    return this.host.generation();
  }

  close(): void {
    this.opened?.close();
    this.opened = undefined;
  }

  /** The reader, for `what`, which needs a stopped program. */
  async open(what: string): Promise<HeapReader> {
    const pid = this.host.pid();
    if (pid === undefined) {
      throw this.opened ? errors.programGone() : errors.notStarted(what);
    }
    if (!this.host.isStopped()) {
      throw errors.notStopped(what);
    }
    this.native ??= loadReader();
    if (!this.opened) {
      const root = await this.host.root();
      try {
        this.opened ??= new HeapReader(
          this.native,
          this.host.source(pid),
          root,
          (range) => this.host.readMemory(range),
          () => this.host.readingForbidden(),
        );
      } catch (error) {
        throw errors.heapUnreadable(errors.messageOf(error));
      }
    }
    return this.opened;
  }

  /** Ask the reader, for `what`. */
  async ask<T>(
    what: string,
    operation: (reader: NativeReader) => Promise<OrMissing<T>>,
    task: Task = UNWATCHED,
  ): Promise<T> {
    return (await this.open(what)).run(operation, task);
  }

  /** The chunks with their totals, read once for each state of the heap. */
  rawChunks(): Promise<RawChunk[]> {
    const { generation } = this;
    if (this.known?.generation !== generation) {
      const chunks = this.ask('The heap', (native) => native.summary()).then((summary) => summary.chunks);
      const known = { generation, chunks };
      this.known = known;
      chunks.catch(() => {
        if (this.known === known) {
          this.forget();
        }
      });
    }
    return this.known.chunks;
  }

  /** The heap is not what it was. */
  forget(): void {
    this.known = undefined;
  }

  /** A chunk by its address; throws where there is none. */
  async rawChunk(address: bigint): Promise<RawChunk> {
    const chunk = (await this.rawChunks()).find((one) => one.address === address);
    if (!chunk) {
      throw errors.requestFailed(`There is no chunk at ${hex(address)}.`);
    }
    return chunk;
  }

  /** Chunks with their creation sites, and with the names that are known. */
  async chunks(raw: readonly RawChunk[]): Promise<Chunk[]> {
    const created = await this.framesOf(raw.map((chunk) => chunk.createdStack));
    return raw.map((chunk, row) => {
      const frames = created[row] ?? [];
      return toChunk(chunk, frames, this.names.nameOf(chunk.address));
    });
  }

  async chunk(address: bigint): Promise<Chunk | undefined> {
    const raw = (await this.rawChunks()).find((one) => one.address === address);
    return raw && (await this.chunks([raw]))[0];
  }

  /** The frames of interned stacks; id 0 is no stack. */
  async framesOf(ids: readonly number[], task: Task = UNWATCHED): Promise<Frame[][]> {
    const unique = [...new Set(ids)].filter((id) => id !== 0);
    const byId = new Map<number, Frame[]>();
    for (let at = 0; at < unique.length; at += STACKS_AT_ONCE) {
      const some = unique.slice(at, at + STACKS_AT_ONCE);
      const addresses = await this.addressesOf(some, task);
      const stacks = await this.symbols.stacks(addresses);
      some.forEach((id, row) => byId.set(id, stacks[row] ?? []));
    }
    return ids.map((id) => byId.get(id) ?? []);
  }

  /** The frames of a stack of return addresses. */
  async framesOfAddresses(stack: readonly bigint[]): Promise<Frame[]> {
    return (await this.symbols.stacks([stack]))[0] ?? [];
  }

  /** Identity of an allocation stack; undefined for none. */
  siteOf(stack: readonly Frame[]): Address | undefined {
    return this.symbols.siteOf(stack);
  }

  /** The return addresses of interned stacks, innermost first. */
  async addressesOf(ids: readonly number[], task: Task = UNWATCHED): Promise<bigint[][]> {
    const raw = await this.ask('A stack', (native) => native.stacks(Uint32Array.from(ids)), task);
    return raw.frames.map((frames) => [...frames]);
  }

  /** Frames of single addresses. */
  async framesAt(addresses: readonly bigint[]): Promise<Frame[]> {
    const stacks = await this.symbols.stacks(addresses.map((address) => [address]));
    return stacks.flatMap((frames) => frames.slice(0, 1));
  }
}
