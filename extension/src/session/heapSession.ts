/**
 * One run of a program as the extension knows it: its state, its last heap,
 * its reports. The only place that sends `spaces/*` requests. An answer that
 * belongs to an earlier stop than the newest known one is dropped and asked
 * for again.
 */
import { EventEmitter } from 'node:events';
import { t } from '@vscode/l10n';
import {
  PROTOCOL_VERSION,
  type Address,
  type GroupsArguments,
  type GroupsResponse,
  type HeapResponse,
  type Report,
  type SessionState,
  type SpacesCommand,
  type SpacesRequests,
  type Stats,
  type WriteSearch,
} from '../../../adapter/src/protocol';
import { visible } from '../../../adapter/src/protocol/frames';
import { SessionStateMachine, type DapMessage } from './sessionState';

/** What carries a request to the adapter; a vscode.DebugSession is one. */
export interface Transport {
  readonly id: string;
  readonly name: string;
  customRequest(command: string, args?: unknown): PromiseLike<unknown>;
}

/** Where a session says what it does; a LogOutputChannel is one. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

interface HeapSessionEvents {
  state: [SessionState];
  /** The heap may read differently now. */
  heap: [];
  report: [Report];
  stats: [Stats];
  /** A snapshot was taken or forgotten. */
  snapshots: [];
  /** Other chunks are watched for growth. */
  watched: [];
}

let runs = 0;

export class HeapSession {
  /** Number of this run in this window; a restart keeps the session's id. */
  readonly run = ++runs;
  readonly id: string;
  readonly name: string;
  readonly events = new EventEmitter<HeapSessionEvents>();
  private readonly machine = new SessionStateMachine();
  private readonly reportsById = new Map<number, Report>();
  private readonly groupPages = new Map<string, Promise<GroupsResponse>>();
  private readonly lastGroupPages = new Map<string, GroupsResponse>();
  private generation = 0;
  /** Grows with every reason to read again; a value set in the program has the generation of its stop. */
  private currentEpoch = 0;
  private reading: { epoch: number; answer: Promise<HeapResponse | undefined> } | undefined;
  private last: HeapResponse | undefined;
  private failure: string | undefined;
  private watchedChunks: ReadonlyMap<Address, number> = new Map();

  constructor(
    private readonly transport: Transport,
    private readonly log: Log,
  ) {
    this.id = transport.id;
    this.name = transport.name;
  }

  get state(): SessionState {
    return this.machine.state;
  }

  /** The last heap that was read, perhaps of an earlier stop. */
  get lastHeap(): HeapResponse | undefined {
    return this.last;
  }

  /** Why the heap could not be read at this stop; undefined where it could. */
  get heapFailure(): string | undefined {
    return this.failure;
  }

  /** True where `lastHeap` shows another moment than this one. */
  get stale(): boolean {
    return this.state !== 'stopped' || (this.last !== undefined && this.last.generation < this.generation);
  }

  get reports(): Report[] {
    return [...this.reportsById.values()];
  }

  /** Grows whenever the heap may read differently. */
  get epoch(): number {
    return this.currentEpoch;
  }

  get currentGeneration(): number {
    return this.generation;
  }

  /** Takes a DAP message of either direction. */
  observe(message: DapMessage): void {
    if (this.machine.accept(message)) {
      this.stateChanged();
    }
  }

  /** The session is over. */
  end(): void {
    if (this.machine.end()) {
      this.stateChanged();
    }
  }

  /** Takes `spaces/changed`. */
  changed(generation: number): void {
    this.generation = Math.max(this.generation, generation);
    this.invalidate();
  }

  /** Forgets what was read, so that the views ask again. */
  invalidate(): void {
    this.currentEpoch++;
    this.groupPages.clear();
    this.events.emit('heap');
  }

  /** Takes a report, from an event or from a check; one seen before is ignored. */
  addReport(report: Report): void {
    if (this.reportsById.has(report.id)) {
      return;
    }
    this.reportsById.set(report.id, report);
    this.log.warn(`${this.name}: ${report.message} [${report.kind}, report ${report.id}]`);
    this.events.emit('report', report);
  }

  /** Takes the end of a search for a write: the report knows its write from now on. */
  endSearch({ report: id, message, write }: WriteSearch): void {
    this.log.info(`${this.name}: ${message}`);
    const report = this.reportsById.get(id);
    if (report && write) {
      const written = { ...report, written: write };
      this.reportsById.set(id, written);
      this.events.emit('report', written);
    }
  }

  /** Sends one request; its failure is an Error with the adapter's sentence. */
  async request<C extends SpacesCommand>(
    command: C,
    args: SpacesRequests[C][0],
  ): Promise<SpacesRequests[C][1]> {
    const started = Date.now();
    try {
      const body = (await this.transport.customRequest(command, args)) as SpacesRequests[C][1];
      this.log.debug(`${this.name}: ${command} ${JSON.stringify(args)}: ${Date.now() - started} ms`);
      return body;
    } catch (error) {
      const message = messageOf(error);
      this.log.warn(`${this.name}: ${command} ${JSON.stringify(args)} failed: ${message}`);
      if (this.state === 'ended') {
        // Whatever VS Code then says of a request ("canceled"), this is why.
        throw new Error(t('{0} has ended before it was read.', this.name));
      }
      throw error instanceof Error ? error : new Error(message);
    }
  }

  /**
   * The heap at this stop. While the program runs or after it has ended, the
   * last one that was read; undefined where there is none or reading failed
   * (`heapFailure` says why).
   */
  async heap(): Promise<HeapResponse | undefined> {
    if (this.state !== 'stopped') {
      return this.last;
    }
    if (this.reading?.epoch !== this.currentEpoch) {
      this.reading = { epoch: this.currentEpoch, answer: this.readHeap() };
    }
    return this.reading.answer;
  }

  /**
   * A page of groups at this stop, read once a stop; otherwise the page of the
   * last stop at which it was read, or undefined.
   */
  async groups(args: GroupsArguments): Promise<GroupsResponse | undefined> {
    const key = JSON.stringify(args);
    if (this.state !== 'stopped') {
      return this.lastGroupPages.get(key);
    }
    const known = this.groupPages.get(key);
    if (known) {
      return known;
    }
    const page = this.request('spaces/groups', args);
    this.groupPages.set(key, page);
    try {
      const answer = await page;
      this.lastGroupPages.set(key, answer);
      return answer;
    } catch (error) {
      if (this.groupPages.get(key) === page) {
        this.groupPages.delete(key);
      }
      throw error;
    }
  }

  /** Chunks at whose growth the program stops, and the footprint above which it does. */
  get watched(): ReadonlyMap<Address, number> {
    return this.watchedChunks;
  }

  /** Stops the program when a chunk grows, or no longer. */
  async breakOnGrowth(chunk: Address, enabled: boolean): Promise<void> {
    const { watched } = await this.request('spaces/breakOnGrowth', { chunk, enabled });
    this.watchedChunks = new Map(watched.map((one) => [one.chunk, one.above]));
    this.events.emit('watched');
  }

  /** Takes a snapshot of the heap as it is now. */
  async takeSnapshot(name?: string): Promise<SpacesRequests['spaces/snapshot'][1]> {
    const snapshot = await this.request('spaces/snapshot', name === undefined ? {} : { name });
    this.events.emit('snapshots');
    return snapshot;
  }

  /** Checks the heap, or one chunk, and keeps what it finds. */
  async check(chunk?: Address): Promise<SpacesRequests['spaces/check'][1]> {
    const result = await this.request('spaces/check', chunk === undefined ? {} : { chunk });
    result.reports.forEach((report) => this.addReport(report));
    return result;
  }

  private async readHeap(): Promise<HeapResponse | undefined> {
    const epoch = this.currentEpoch;
    try {
      const heap = await this.request('spaces/heap', {});
      if (epoch !== this.currentEpoch && this.state === 'stopped') {
        return await this.heap();
      }
      if (heap.protocol !== PROTOCOL_VERSION) {
        throw new Error(
          t(
            'The adapter speaks version {0} of the Spaces protocol and this extension version {1}. Reinstall the extension.',
            heap.protocol,
            PROTOCOL_VERSION,
          ),
        );
      }
      this.generation = Math.max(this.generation, heap.generation);
      // Labels hold names of the program's variables, functions and files, and are shown in many places.
      this.last = {
        ...heap,
        chunks: heap.chunks.map((chunk) => ({ ...chunk, label: visible(chunk.label) })),
      };
      this.failure = undefined;
      return this.last;
    } catch (error) {
      this.failure = messageOf(error);
      return undefined;
    }
  }

  private stateChanged(): void {
    this.log.info(`${this.name}: ${this.state}`);
    if (this.state === 'stopped') {
      this.currentEpoch++;
      this.groupPages.clear();
    }
    this.events.emit('state', this.state);
  }
}

/** The sentence of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
