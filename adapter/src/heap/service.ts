/**
 * The spaces/* requests on the heap of one stopped process, each handed to the
 * part that answers it.
 */
import type { CheckResponse, HeapResponse, Report } from '../protocol';
import { PROTOCOL_VERSION } from '../protocol';
import { LeakFinder, type LeakHost } from '../leaks/finder';
import type { Fills, RawSummary } from '../reader/native';
import type { ReportStore } from '../reports/store';
import type { Symbolizer } from '../symbols/symbolizer';
import { HeapAccess, type HeapHost } from './access';
import { Checks } from './checks';
import { CHUNK_KINDS, toProcessInfo } from './convert';
import { Exports } from './export';
import { Lists } from './lists';
import { Looking, type FindPointers } from './looking';
import { ChunkNames, type NameSources } from './names';
import { loadReader } from './reader';
import { ObjectTypes } from './objects';
import { HeapSettings, type CallAllocator } from './settings';
import { Snapshots } from './snapshots';
import type { History } from './stats';
import type { Task } from './task';

export type { HeapHost } from './access';

/** What the service needs of the session beside the process itself. */
export interface ServiceHost extends HeapHost, Omit<NameSources, 'search'> {
  findPointers: FindPointers;
  leaks: LeakHost;
  /** The program's mappings, as /proc/PID/maps has them. */
  maps(): Promise<string>;
  call: CallAllocator;
  /** The heap was changed by us. */
  changed(): void;
  emitReport(report: Report): void;
}

const SHARED = CHUNK_KINDS.indexOf('shared');

/** Handles that are found for one list of chunks. */
const MOST_HITS = 10_000;

export class HeapService {
  readonly access: HeapAccess;
  readonly lists: Lists;
  readonly looking: Looking;
  readonly snapshots: Snapshots;
  readonly leaks: LeakFinder;
  private readonly objects: ObjectTypes;
  readonly settings: HeapSettings;
  readonly exports: Exports;
  private readonly checks: Checks;
  /** Other processes change a part of the heap while this one stands still. */
  private sharing = false;

  constructor(host: ServiceHost, symbols: Symbolizer, store: ReportStore, history: History) {
    const names = new ChunkNames({
      data: () => host.data(),
      console: (command) => host.console(command),
      locals: () => host.locals(),
      log: (text) => host.log(text),
      search: (ranges, values) => this.search(ranges, values),
    });
    this.access = new HeapAccess(host, symbols, names);
    this.objects = new ObjectTypes(host, (what, operation, task) => this.access.ask(what, operation, task));
    this.lists = new Lists(this.access, this.objects);
    this.looking = new Looking(this.access, this.lists, this.objects, (frameId) =>
      host.findPointers(frameId),
    );
    this.snapshots = new Snapshots(this.access, this.lists);
    this.leaks = new LeakFinder(this.access, host.leaks);
    this.settings = new HeapSettings(this.access, host.call, () => host.changed());
    this.checks = new Checks(this.access, store, (report) => host.emitReport(report));
    this.exports = new Exports({
      lists: this.lists,
      snapshots: this.snapshots,
      access: this.access,
      heap: () => this.heap(),
      reports: () => store.all,
      history: () => history.since(0).samples,
      leaks: (query, task) => this.leaks.allRecords(query, task),
    });
  }

  /** Libraries came or went. */
  librariesChanged(): void {
    this.objects.invalidate();
  }

  /** What was read is old. */
  invalidate(): void {
    this.access.forget();
    this.access.reader?.invalidate();
  }

  /** The program runs: what was asked of its heap ends with an error. */
  programRuns(): void {
    this.access.forget();
    this.access.reader?.programRuns();
  }

  close(): void {
    this.access.close();
  }

  async heap(): Promise<HeapResponse> {
    const reader = await this.access.open('The heap');
    const { generation } = this.access;
    if (this.sharing) {
      this.invalidate();
    }
    const raw = await reader.run((native) => native.summary());
    this.sharing = raw.chunks.some(({ kind }) => kind === SHARED);
    const own = raw.chunks.filter(({ kind, parent }) => parent === 0n && kind !== 0);
    await this.access.names.lookUp(
      own.map(({ address }) => address),
      generation,
    );
    return {
      protocol: PROTOCOL_VERSION,
      pid: raw.pid,
      build: raw.debug ? 'debug' : 'fast',
      version: raw.version,
      generation,
      process: toProcessInfo(raw),
      chunks: await this.access.chunks(raw.chunks),
      via: reader.via,
    };
  }

  /** The fill patterns of this heap; undefined where it is of the fast build, or cannot be read now. */
  async fills(): Promise<Fills | undefined> {
    try {
      const { debug } = await this.access.ask('The fill patterns', (native) => native.gauges());
      return debug ? loadReader().FILLS : undefined;
    } catch {
      return undefined;
    }
  }

  /** The totals, for the gauges. */
  totals(): Promise<RawSummary> {
    return this.access.ask('The heap', (native) => native.summary());
  }

  check(value: unknown, task: Task): Promise<CheckResponse> {
    return this.checks.check(value, task);
  }

  checkAtStop(): Promise<void> {
    return this.checks.checkAtStop();
  }

  private async search(
    ranges: Parameters<NameSources['search']>[0],
    values: BigUint64Array,
  ): Promise<{ address: bigint; value: bigint }[]> {
    const raw = await this.access.ask('The names of chunks', (native) =>
      native.search(ranges, values, MOST_HITS),
    );
    return Array.from(raw.address, (address, row) => ({
      address,
      value: values[raw.word[row] ?? 0] ?? 0n,
    }));
  }
}
