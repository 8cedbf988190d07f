/**
 * Readings of a running process, from outside and without stopping it: totals and chunks from the counters that
 * the allocator keeps; what holds most from a walk over its blocks, less often where that takes long.
 */
import { forbidden, hasLibrary, processFacts, type ProcessFacts } from '../../../adapter/src/attach/process';
import * as errors from '../../../adapter/src/errors';
import { toChunk, toProcessInfo } from '../../../adapter/src/heap/convert';
import { loadReader, readerError } from '../../../adapter/src/heap/reader';
import { findRoot } from '../../../adapter/src/heap/root';
import type { Build, Chunk, ProcessInfo } from '../../../adapter/src/protocol';
import type { NativeReader } from '../../../adapter/src/reader/native';
import { FileLines } from '../../../adapter/src/symbols/files';
import { mapsOf, ModuleMap } from '../../../adapter/src/symbols/modules';
import { Symbolizer } from '../../../adapter/src/symbols/symbolizer';
import { formatSize } from '../../../adapter/src/protocol/sizes';
import type { GroupText } from '../output/heap';

export type TopBy = 'site' | 'size';

export interface Sample {
  time: Date;
  pid: number;
  build: Build;
  version: string;
  process: ProcessInfo;
  chunks: Chunk[];
  /** By site in a debug build that keeps stacks, unless sizes are asked for. */
  by: TopBy;
  groups: GroupText[];
}

/** Part of the time that may be spent on walking over blocks. */
const DUTY = 0.1;
/** Stacks whose frames are looked up for one reading. */
const MOST_GROUPS = 30;

export class Sampler {
  private groups: { by: TopBy; groups: GroupText[] } = { by: 'size', groups: [] };
  private nextWalk = 0;

  private constructor(
    readonly facts: ProcessFacts,
    private readonly reader: NativeReader,
    private readonly symbols: Symbolizer,
    private readonly wanted: TopBy | undefined,
  ) {}

  /** Opens a process. Throws where there is none, or no heap of ours in it. */
  static async open(pid: number, gdb: string, by: TopBy | undefined): Promise<Sampler> {
    const facts = await processFacts(pid);
    if (!facts || facts.ended) {
      throw errors.processMissing(pid);
    }
    const native = loadReader();
    const command = `spaces run -- ${facts.command.join(' ')}`;
    let root: bigint | undefined;
    try {
      root = await findRoot(native, { pid }, await mapsOf(pid).read(), false);
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      throw ['EACCES', 'EPERM', 'SPACES_PERM'].includes(code) ? await forbidden(facts) : readerError(error);
    }
    if (root === undefined) {
      throw (await hasLibrary(pid))
        ? errors.noHeapYet()
        : errors.processWithoutSpaces(pid, facts.name, command);
    }
    const modules = new ModuleMap(mapsOf(pid));
    const symbols = new Symbolizer(new FileLines(gdb, modules, () => undefined), modules);
    return new Sampler(facts, new native.HeapReader({ pid }, root), symbols, by);
  }

  close(): void {
    this.reader.close();
  }

  /** The process as it is now; undefined where it has ended. */
  async sample(): Promise<Sample | undefined> {
    try {
      this.reader.invalidate();
      const raw = await this.reader.gauges();
      if (raw.missing !== undefined) {
        return undefined;
      }
      await this.walk(raw.debug);
      return {
        time: new Date(),
        pid: raw.pid,
        build: raw.debug ? 'debug' : 'fast',
        version: raw.version,
        process: toProcessInfo(raw),
        chunks: raw.chunks.map((chunk) => toChunk(chunk, [])),
        ...this.groups,
      };
    } catch (error) {
      const facts = await processFacts(this.facts.pid);
      if (!facts || facts.ended) {
        return undefined;
      }
      throw readerError(error);
    }
  }

  /** What holds most, where it is time to look again. */
  private async walk(debug: boolean): Promise<void> {
    const started = performance.now();
    if (started < this.nextWalk) {
      return;
    }
    const by = this.wanted ?? (debug ? 'site' : 'size');
    this.groups = { by, groups: by === 'site' ? await this.bySite() : await this.bySize() };
    const ended = performance.now();
    this.nextWalk = ended + (ended - started) / DUTY;
  }

  private async largest(by: 'stack' | 'size') {
    const raw = await this.reader.groups({ by });
    if (raw.missing !== undefined) {
      return [];
    }
    return Array.from(raw.key, (key, row) => ({
      key,
      count: raw.count[row] ?? 0,
      bytes: raw.bytes[row] ?? 0,
    }))
      .sort((a, b) => b.bytes - a.bytes)
      .slice(0, MOST_GROUPS);
  }

  private async bySize(): Promise<GroupText[]> {
    const groups = await this.largest('size');
    return groups.map(({ key, count, bytes }) => ({
      key: `blocks of ${formatSize(key)}`,
      count,
      bytes,
      frames: [],
    }));
  }

  private async bySite(): Promise<GroupText[]> {
    const groups = await this.largest('stack');
    const raw = await this.reader.stacks(Uint32Array.from(groups, ({ key }) => key));
    const stacks = raw.missing === undefined ? raw.frames.map((frames) => [...frames]) : [];
    const frames = await this.symbols.stacks(stacks);
    return groups.map(({ key, count, bytes }, row) => ({
      key: key === 0 ? 'unknown' : String(key),
      count,
      bytes,
      frames: frames[row] ?? [],
    }));
  }
}
