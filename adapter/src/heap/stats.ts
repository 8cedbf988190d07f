/**
 * Gauges over time. While the program runs its counters are read from outside,
 * by a reader of its own, without stopping it: at most five times a second, and
 * less often where the heap is so large that a reading takes long.
 */
import { messageOf } from '../errors';
import { hex } from '../gdb/mi';
import type { HistoryResponse, Stats } from '../protocol';
import type { NativeModule, NativeReader, RawSummary } from '../reader/native';
import { limit } from './convert';

/** Least time between two readings. */
const INTERVAL_MS = 200;
/** Share of the time that may be spent on reading. */
const DUTY = 0.05;
/** Chunks that one event lists. */
const LISTED = 50;
/** Samples that are kept; beyond that every second one of the older half goes. */
export const KEPT = 2000;

type Sample = HistoryResponse['samples'][number];

export class History {
  private samples: Sample[] = [];

  add(stats: Stats): void {
    const { chunks: _chunks, ...sample } = stats;
    this.samples.push(sample);
    if (this.samples.length > KEPT) {
      const half = KEPT / 2;
      this.samples = this.samples.filter((_, index) => index >= half || index % 2 === 0);
    }
  }

  since(time: number): HistoryResponse {
    return { samples: this.samples.filter((sample) => sample.time > time) };
  }
}

export function toStats(raw: RawSummary, running: boolean, time: number): Stats {
  const own = raw.chunks.filter((chunk) => chunk.parent === 0n);
  const sum = (field: 'footprint' | 'liveCount' | 'liveBytes') =>
    own.reduce((total, chunk) => total + chunk[field], 0);
  return {
    time,
    running,
    heapTotal: raw.heapTotal,
    heapLimit: limit(raw.heapLimit),
    totalFree: raw.totalFree,
    footprint: sum('footprint'),
    liveCount: sum('liveCount'),
    liveBytes: sum('liveBytes'),
    chunks: own
      .sort((a, b) => b.footprint - a.footprint)
      .slice(0, LISTED)
      .map(({ address, footprint, liveCount, liveBytes }) => ({
        id: hex(address),
        footprint,
        liveCount,
        liveBytes,
      })),
  };
}

export class Gauges {
  readonly history = new History();
  private reader: NativeReader | undefined;
  private timer: NodeJS.Timeout | undefined;
  private running = false;

  constructor(
    private readonly load: () => NativeModule,
    private readonly emit: (stats: Stats) => void,
    private readonly log: (text: string) => void,
    /** The system forbids reading the process. */
    private readonly forbidden: () => void = () => undefined,
  ) {}

  /** The process runs: sample it until `stopped` or `close`. `root` is where its heap starts. */
  runs(pid: number, root: bigint | undefined): void {
    this.running = true;
    if (root === undefined || this.timer) {
      return;
    }
    try {
      this.reader ??= new (this.load().HeapReader)({ pid }, root);
    } catch (error) {
      this.log(`live gauges: ${messageOf(error)}`);
      return;
    }
    this.schedule(INTERVAL_MS);
  }

  /** The process is stopped; `read` gives its totals. */
  async stopped(read: () => Promise<RawSummary>): Promise<void> {
    this.pause();
    const raw = await read();
    if (!this.running) {
      this.tell(toStats(raw, false, Date.now()));
    }
  }

  close(): void {
    this.pause();
    this.reader?.close();
    this.reader = undefined;
  }

  private pause(): void {
    this.running = false;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private schedule(ms: number): void {
    this.timer = setTimeout(() => void this.sample(), ms);
  }

  private async sample(): Promise<void> {
    const start = performance.now();
    const { reader } = this;
    try {
      const raw = await reader?.gauges();
      if (raw && raw.missing === undefined && this.running) {
        this.tell(toStats(raw, true, Date.now()));
      }
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'SPACES_NO_HEAP') {
        // Gone, forbidden or damaged: the next stop tells more.
        this.log(`live gauges: ${messageOf(error)}`);
        if (code === 'SPACES_PERM') {
          this.forbidden();
        }
        this.timer = undefined;
        return;
      }
    }
    if (this.running) {
      this.schedule(Math.max(INTERVAL_MS, (performance.now() - start) / DUTY));
    }
  }

  private tell(stats: Stats): void {
    this.history.add(stats);
    this.emit(stats);
  }
}
