/**
 * The spaces/* requests on the heap of one stopped process. Reads through the
 * addon; writes by calling the allocator's own functions in the program.
 */
import * as errors from '../errors';
import { hex } from '../gdb/mi';
import type {
  Chunk,
  CheckResponse,
  EntriesResponse,
  Frame,
  Group,
  GroupsResponse,
  HeapResponse,
  LocateResponse,
  Report,
  SetResponse,
} from '../protocol';
import { PROTOCOL_VERSION } from '../protocol';
import { VERDICT, type NativeModule, type RawChunk, type RawQuery } from '../reader/native';
import type { ReportStore } from '../reports/store';
import type { Symbolizer } from '../symbols/symbolizer';
import * as parse from './arguments';
import { limit, toChunk, toEntries, toProcessInfo, toReport } from './convert';
import { mergeByKey, stackMatches } from './groups';
import { HeapReader, loadReader, type ReadMemory } from './reader';

/** What the service needs of the session. */
export interface HeapHost {
  /** False while the program runs: its heap is in motion. */
  isStopped(): boolean;
  /** The process; undefined before it starts and after it ends. */
  pid(): number | undefined;
  /** Address of `spaces_heap_root`. Throws where the program has none. */
  root(): Promise<bigint>;
  generation(): number;
  readMemory: ReadMemory;
  /** The value of an expression in a frame, as an address. */
  evaluateAddress(expression: string, frameId: number): Promise<bigint>;
  /** Call a function of the allocator in the stopped program. */
  call(prototype: string, name: string, args: readonly string[]): Promise<void>;
  /** The heap was changed by us. */
  changed(): void;
  emitReport(report: Report): void;
}

const DEFAULT_COUNT = 100;
const SIZE_MAX = 2n ** 64n - 1n;
/** More damage than this is counted, not listed. */
const REPORT_LIMIT = 200;
const ERR_BAD_BLOCK = 11;

export class HeapService {
  private reader: HeapReader | undefined;
  private native: NativeModule | undefined;
  /** A check at a stop has ended, so that new damage is younger than it. */
  private checkedBefore = false;

  constructor(
    private readonly host: HeapHost,
    private readonly symbols: Symbolizer,
    private readonly store: ReportStore,
  ) {}

  /** The program ran or stopped: what was read is old. */
  invalidate(): void {
    this.reader?.invalidate();
  }

  close(): void {
    this.reader?.close();
    this.reader = undefined;
  }

  async heap(): Promise<HeapResponse> {
    const reader = await this.open('The heap');
    const generation = this.host.generation();
    const raw = await reader.run((native) => native.summary());
    const created = await this.framesOf(raw.chunks.map((chunk) => chunk.createdStack));
    return {
      protocol: PROTOCOL_VERSION,
      pid: raw.pid,
      build: raw.debug ? 'debug' : 'fast',
      version: raw.version,
      generation,
      process: toProcessInfo(raw),
      chunks: raw.chunks.map((chunk, index) => toChunk(chunk, created[index] ?? [])),
      via: reader.via,
    };
  }

  async entries(value: unknown): Promise<EntriesResponse> {
    const args = parse.entriesArguments(value);
    const reader = await this.open('The list of blocks');
    const generation = this.host.generation();
    const { minSize, maxSize, address, text } = args.filter ?? {};
    const query: RawQuery = {
      ...(args.chunk === undefined ? {} : { chunk: BigInt(args.chunk) }),
      state: args.state ?? 'live',
      sort: args.sort?.by ?? 'address',
      descending: args.sort?.descending ?? false,
      ...(minSize === undefined ? {} : { minSize }),
      ...(maxSize === undefined ? {} : { maxSize }),
      ...(address === undefined ? {} : { address: BigInt(address) }),
      ...(text === undefined ? {} : { stacks: await this.stacksMatching(reader, text, args.chunk) }),
      start: args.start ?? 0,
      count: args.count ?? DEFAULT_COUNT,
    };
    const raw = await reader.run((native) => native.entries(query));
    return {
      total: raw.total,
      bytes: raw.bytes,
      all: raw.all,
      entries: toEntries(raw, await this.framesOf([...raw.stack])),
      generation,
    };
  }

  async groups(value: unknown): Promise<GroupsResponse> {
    const args = parse.groupsArguments(value);
    const reader = await this.open('The groups of blocks');
    const generation = this.host.generation();
    const chunk = args.chunk === undefined ? {} : { chunk: BigInt(args.chunk) };
    const { by } = args;
    let groups: Group[];
    if (by === 'size' || by === 'type' || by === 'thread') {
      const raw = await reader.run((native) => native.groups({ ...chunk, by }));
      groups = Array.from(raw.key, (key, row) => ({
        key: String(key),
        count: raw.count[row] ?? 0,
        bytes: raw.bytes[row] ?? 0,
        frames: [],
      }));
      groups.sort((a, b) => b.bytes - a.bytes);
    } else {
      const raw = await reader.run((native) => native.groups({ ...chunk, by: 'stack' }));
      groups = mergeByKey(by, raw, await this.framesOf([...raw.key]));
    }
    const start = args.start ?? 0;
    const count = args.count ?? DEFAULT_COUNT;
    return {
      total: groups.length,
      all: groups.length,
      count: groups.reduce((sum, group) => sum + group.count, 0),
      bytes: groups.reduce((sum, group) => sum + group.bytes, 0),
      groups: groups.slice(start, start + count),
      generation,
    };
  }

  async locate(value: unknown): Promise<LocateResponse> {
    const args = parse.locateArguments(value);
    const reader = await this.open('Looking up an address');
    const address =
      'address' in args
        ? BigInt(args.address)
        : await this.host.evaluateAddress(args.expression, args.frameId);
    const raw = await reader.run((native) => native.locate(BigUint64Array.of(address)));
    const verdict = VERDICT[raw.verdict[0] ?? 3] ?? 'wild';
    const [entry] = toEntries(raw.entries, await this.framesOf([...raw.entries.stack]));
    if (!entry || verdict === 'wild') {
      return { address: hex(address), verdict: 'wild' };
    }
    const chunk = await this.chunk(reader, BigInt(entry.chunk)).catch(() => undefined);
    return {
      address: hex(address),
      verdict,
      entry,
      ...(chunk ? { chunk } : {}),
      offset: raw.offset[0] ?? 0,
    };
  }

  /** Check the heap on request: everything that is damaged now. */
  async check(value: unknown): Promise<CheckResponse> {
    const args = parse.checkArguments(value);
    const reader = await this.open('The check');
    return this.runCheck(reader, args.chunk === undefined ? undefined : BigInt(args.chunk));
  }

  /** Check after a stop: damage that was not known becomes events, unless the program has run on meanwhile. */
  async checkAtStop(): Promise<void> {
    const generation = this.host.generation();
    const reader = await this.open('The check');
    const current = () => this.host.isStopped() && this.host.generation() === generation;
    const { debug } = await reader.run((native) => native.summary());
    if (debug && current()) {
      const when = this.checkedBefore ? ', since the stop before' : ', before the first stop';
      await this.runCheck(reader, undefined, when, current);
      this.checkedBefore = true;
    }
  }

  /** Set limits by calling the allocator, then read back what holds. */
  async set(value: unknown): Promise<SetResponse> {
    const args = parse.setArguments(value);
    const reader = await this.open('Setting a limit');
    const size = (bytes: number | null) => `(unsigned long) ${bytes ?? SIZE_MAX}`;
    const setter = 'unsigned long (*)(void *, unsigned long)';
    if (args.chunk !== undefined) {
      await this.rawChunk(reader, BigInt(args.chunk));
      if (args.floor !== undefined) {
        await this.host.call(setter, 'spaces_chunk_set_floor', [`(void *) ${args.chunk}`, size(args.floor)]);
      }
      if (args.ceiling !== undefined) {
        await this.host.call(setter, 'spaces_chunk_set_ceiling', [
          `(void *) ${args.chunk}`,
          size(args.ceiling),
        ]);
      }
    }
    if (args.heapLimit !== undefined) {
      await this.host.call('unsigned long (*)(unsigned long)', 'spaces_process_set_heap_limit', [
        size(args.heapLimit),
      ]);
    }
    reader.invalidate();
    this.host.changed();
    return this.readBack(reader, args);
  }

  private async readBack(
    reader: HeapReader,
    args: ReturnType<typeof parse.setArguments>,
  ): Promise<SetResponse> {
    const result: SetResponse = {};
    if (args.chunk !== undefined) {
      const chunk = await this.rawChunk(reader, BigInt(args.chunk));
      if (args.ceiling !== undefined) {
        result.ceiling = limit(chunk.ceiling);
        if (result.ceiling !== args.ceiling) {
          throw errors.setFailed(
            'The ceiling',
            `${chunk.footprint} bytes are in use, and the floor is ${chunk.floor}`,
          );
        }
      }
      if (args.floor !== undefined) {
        result.floor = chunk.floor;
        if (result.floor !== args.floor) {
          throw errors.setFailed('The floor', `it stays at ${chunk.floor} bytes`);
        }
      }
    }
    if (args.heapLimit !== undefined) {
      const summary = await reader.run((native) => native.summary());
      result.heapLimit = limit(summary.heapLimit);
      if (result.heapLimit !== args.heapLimit) {
        throw errors.setFailed('The heap limit', `${summary.heapTotal} bytes are in use`);
      }
    }
    return result;
  }

  private async runCheck(
    reader: HeapReader,
    chunk: bigint | undefined,
    when = '',
    current: () => boolean = () => true,
  ): Promise<CheckResponse> {
    const pid = this.host.pid();
    const raw = await reader.run((native) => native.check(chunk));
    const listed = raw.damage.slice(0, REPORT_LIMIT);
    const stacks = await this.framesOf(listed.flatMap((one) => [one.allocStack, one.freeStack]));
    if (pid === undefined || !current()) {
      return { blocks: raw.blocks, damaged: raw.totalDamage, reports: [] };
    }
    const reports = listed.map((one, index) => {
      const found = toReport(
        one,
        { pid, code: ERR_BAD_BLOCK, when },
        { allocated: stacks[2 * index] ?? [], freed: stacks[2 * index + 1] ?? [] },
      );
      const added = this.store.addDamage(found);
      if (added) {
        this.host.emitReport(added);
      }
      return added ?? this.store.known(found);
    });
    return {
      blocks: raw.blocks,
      damaged: raw.totalDamage,
      reports: reports.filter((report) => report !== undefined),
    };
  }

  /** The reader on the stopped process, opened at its first use. */
  private async open(what: string): Promise<HeapReader> {
    const pid = this.host.pid();
    if (pid === undefined) {
      throw this.reader ? errors.programGone() : errors.notStarted(what);
    }
    if (!this.host.isStopped()) {
      throw errors.notStopped(what);
    }
    this.native ??= loadReader();
    if (!this.reader) {
      const root = await this.host.root();
      try {
        this.reader ??= new HeapReader(this.native, pid, root, (range) => this.host.readMemory(range));
      } catch (error) {
        throw errors.heapUnreadable(errors.messageOf(error));
      }
    }
    return this.reader;
  }

  private async rawChunk(reader: HeapReader, address: bigint): Promise<RawChunk> {
    const { chunks } = await reader.run((native) => native.summary());
    const chunk = chunks.find((one) => one.address === address);
    if (!chunk) {
      throw errors.requestFailed(`There is no chunk at ${hex(address)}.`);
    }
    return chunk;
  }

  private async chunk(reader: HeapReader, address: bigint): Promise<Chunk> {
    const raw = await this.rawChunk(reader, address);
    return toChunk(raw, (await this.framesOf([raw.createdStack]))[0] ?? []);
  }

  private async stacksMatching(
    reader: HeapReader,
    text: string,
    chunk: string | undefined,
  ): Promise<Uint32Array> {
    const raw = await reader.run((native) =>
      native.groups({ ...(chunk === undefined ? {} : { chunk: BigInt(chunk) }), by: 'stack' }),
    );
    const ids = [...raw.key];
    const frames = await this.framesOf(ids);
    return Uint32Array.from(ids.filter((_, row) => stackMatches(frames[row] ?? [], text)));
  }

  /** The frames of interned stacks; id 0 is no stack. */
  private async framesOf(ids: readonly number[]): Promise<Frame[][]> {
    const unique = [...new Set(ids)].filter((id) => id !== 0);
    const reader = this.reader;
    if (unique.length === 0 || !reader) {
      return ids.map(() => []);
    }
    const raw = await reader.run((native) => native.stacks(Uint32Array.from(unique)));
    const stacks = await this.symbols.stacks(raw.frames.map((frames) => [...frames]));
    const byId = new Map(unique.map((id, index) => [id, stacks[index] ?? []]));
    return ids.map((id) => byId.get(id) ?? []);
  }
}
