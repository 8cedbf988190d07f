/**
 * The search for a write: what each stop of the program means for it.
 *
 *   start, waiting for the allocation      spaces_on_block: it came
 *   watch the bytes that will be bad       (after a free: from the free on)
 *   writes by the allocator: go on         a write by the program: found
 *
 * Where a run differs from the report's, the next one aims at what this one
 * taught: the same site's neighbouring passes where another block was damaged,
 * system calls where the damage came without a write.
 */
import { messageOf } from '../errors';
import { miString, parseAddress, type Gdb, type MiBreakpoint, type MiStopped } from '../gdb/mi';
import type { Report, Write } from '../protocol';
import { isFault } from '../session/stops';
import type { Owner } from '../symbols/classify';
import { BLOCK_FUNCTION, decodeEvent, EVENT_BYTES, watchText, type BlockEvent } from '../watches/event';
import { firstChange, isOnlyAfterFree, placeExpression, placeToWatch, type Place } from './place';
import { describeDifference, type Difference, type SeenWrite } from './words';

/** What the search needs of the session. */
export interface SearchHost {
  gdb: Gdb;
  console(command: string): Promise<string>;
  memory(address: bigint, length: number): Promise<Buffer>;
  /** Whose code the frames of a thread are, innermost first. */
  owners(threadId: number): Promise<Owner[]>;
  /** Number of the allocation that a block at this address is of; undefined where that is not known. */
  sequenceAt(block: bigint): Promise<number | undefined>;
  /** Run the program from its start, with this SPACES_WATCH. */
  start(watch: string): Promise<void>;
  say(text: string): void;
}

/** What is to be done about a stop. */
export type Step =
  | { do: 'continue' }
  | { do: 'again'; difference: Difference }
  | { do: 'found'; write: SeenWrite; threadId: number; size: number; block: bigint; sequence: number }
  | { do: 'failed'; difference: Difference };

/** A block whose bytes are watched. */
interface Watched {
  block: bigint;
  size: number;
  sequence: number;
  freed: boolean;
  place: Place;
  /** As they were when only the allocator had written them. */
  bytes: Buffer;
}

/** How often the program is started. */
const ATTEMPTS = 3;
/** Passes before and after the report's that a further attempt waits for, where threads race. */
const NEIGHBOURS = 3;
/** Watchpoints of x86-64. */
const REGISTERS = 4;
const STEPS_SECONDS = 60;
/** System calls that write into memory of the program. */
const WRITING_CALLS =
  'read readv pread64 preadv recvfrom recvmsg getdents64 readlink getcwd fstat ioctl poll getrandom';
const CONTINUE: Step = { do: 'continue' };

export class WriteSearch {
  attempts = 0;
  private blockBreakpoint = '';
  private callsCatchpoint: string | undefined;
  private readonly watched = new Map<string, Watched>();
  private passes: number[];
  private bySequence: boolean;
  private withCalls = false;
  private software = false;
  private timer: NodeJS.Timeout | undefined;
  private timedOut = false;
  /** The last block that came in this run. */
  private came: { size: number; freed: boolean } | undefined;
  private missed: Difference | undefined;

  constructor(
    readonly report: Report,
    private readonly host: SearchHost,
  ) {
    this.bySequence = report.site === undefined || report.pass === undefined;
    this.passes = [report.pass ?? 0];
  }

  /** Numbers of what stops the program for the search. */
  get breakpoints(): string[] {
    return [this.blockBreakpoint];
  }

  /** SPACES_WATCH of the next attempt. */
  get watchText(): string {
    const { site, sequence } = this.report;
    return site === undefined || this.bySequence
      ? watchText({ sequence })
      : watchText({ site, passes: this.passes });
  }

  /** Before the first start. */
  async prepare(): Promise<void> {
    const { bkpt } = await this.host.gdb.sendCommand<{ bkpt: MiBreakpoint }>(
      `-break-insert -f --function ${BLOCK_FUNCTION}`,
    );
    this.blockBreakpoint = bkpt.number;
    this.attempts = 1;
  }

  /** Start the program once more, as this run differed from the report's. */
  async again(difference: Difference): Promise<void> {
    await this.dropWatches();
    this.attempts++;
    this.came = undefined;
    this.missed = undefined;
    const why = describeDifference(this.report, difference);
    this.host.say(`Attempt ${this.attempts} of ${ATTEMPTS} to find the write, as ${why}.\n`);
    if (this.withCalls && this.callsCatchpoint === undefined) {
      const text = await this.host.console(`catch syscall ${WRITING_CALLS}`);
      this.callsCatchpoint = /Catchpoint (\d+)/.exec(text)?.[1];
    }
    await this.host.start(this.watchText);
  }

  /** Take away all that the search has set in gdb. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    await this.dropWatches();
    const numbers = [this.blockBreakpoint, this.callsCatchpoint ?? ''].filter((number) => number !== '');
    if (numbers.length > 0) {
      await this.host.gdb.sendCommand(`-break-delete ${numbers.join(' ')}`);
    }
    this.blockBreakpoint = '';
    this.callsCatchpoint = undefined;
  }

  /** Whether a breakpoint is the search's. */
  has(number: string): boolean {
    return number === this.blockBreakpoint || number === this.callsCatchpoint || this.watched.has(number);
  }

  // ---- stops ------------------------------------------------------------------

  async onStop(stop: MiStopped): Promise<Step> {
    if (this.timedOut) {
      return { do: 'failed', difference: { what: 'slow', seconds: STEPS_SECONDS } };
    }
    if (stop.reason === 'breakpoint-hit' && stop.bkptno === this.blockBreakpoint) {
      return this.onBlock(decodeEvent(await this.eventBytes(stop)));
    }
    const watched = stop.wpt && this.watched.get(stop.wpt.number);
    if (watched) {
      return this.onWrite(watched, Number(stop['thread-id'] ?? 1));
    }
    if (stop.reason === 'syscall-entry' || stop.reason === 'syscall-return') {
      return this.onCall(stop);
    }
    const signal = stop.reason === 'signal-received' ? (stop['signal-name'] ?? '') : '';
    return isFault(signal) ? this.differs({ what: 'crashed', signal }) : CONTINUE;
  }

  /** The allocator tells of an error. */
  onReport(report: Report | undefined): Step {
    if (report?.kind !== this.report.kind) {
      return CONTINUE;
    }
    const sameSite = report.site !== undefined && report.site === this.report.site;
    if ([...this.watched.values()].some(({ sequence }) => sequence === report.sequence)) {
      return this.differs({ what: 'unseen', byKernel: this.withCalls });
    }
    if (sameSite && report.pass !== undefined && !this.passes.includes(report.pass)) {
      return this.differs({ what: 'other block', pass: report.pass });
    }
    return CONTINUE;
  }

  onExit(): Step {
    const { came, missed } = this;
    return this.differs(missed ?? (came ? { what: 'unwritten', ...came } : { what: 'silent' }));
  }

  // ---- blocks -------------------------------------------------------------------

  private async eventBytes(stop: MiStopped): Promise<Buffer> {
    const { value } = await this.host.gdb.sendCommand<{ value: string }>(
      `-data-evaluate-expression --thread ${stop['thread-id'] ?? '1'} --frame 0 "(unsigned long) $rdi"`,
    );
    return this.host.memory(parseAddress(value) ?? 0n, EVENT_BYTES);
  }

  private async onBlock(event: BlockEvent): Promise<Step> {
    if (event.kind === 'missed') {
      if (!this.came) {
        this.missed = { what: 'missed', seen: event.pass, allocations: event.sequence };
      }
      return CONTINUE;
    }
    const freed = event.kind === 'freed';
    this.came = { size: event.size, freed };
    const before = [...this.watched].find(([, { sequence }]) => sequence === event.sequence);
    if (freed && before) {
      before[1].freed = true;
    }
    if (event.kind === 'resized' && before) {
      await this.unwatch(before[0]);
    }
    const wanted = isOnlyAfterFree(this.report) ? freed : !freed;
    if (wanted) {
      await this.watch(event, freed);
    }
    return CONTINUE;
  }

  private async watch(event: BlockEvent, freed: boolean): Promise<void> {
    const oldFreed = [...this.watched].find(([, one]) => one.freed);
    if (this.watched.size >= REGISTERS && oldFreed) {
      await this.unwatch(oldFreed[0]);
    }
    if (this.watched.size >= REGISTERS && !this.software) {
      return;
    }
    const place = placeToWatch(this.report, event.address, event.size);
    const { size, sequence } = event;
    await this.insert({
      block: event.address,
      size,
      sequence,
      freed,
      place,
      bytes: await this.host.memory(place.address, place.bytes),
    });
  }

  private async insert(watched: Watched): Promise<void> {
    const { gdb } = this.host;
    const { wpt } = await gdb.sendCommand<{ wpt: { number: string } }>(
      `-break-watch ${miString(placeExpression(watched.place))}`,
    );
    this.watched.set(wpt.number, watched);
    const { BreakpointTable: table } = await gdb.sendCommand<{ BreakpointTable: { body: MiBreakpoint[] } }>(
      `-break-info ${wpt.number}`,
    );
    if (table.body[0]?.type === 'watchpoint') {
      this.stepsFromNow();
    }
  }

  /** gdb steps through the program instruction by instruction: that is bounded. */
  private stepsFromNow(): void {
    if (this.timer) {
      return;
    }
    this.software = true;
    this.host.say(
      `No hardware watchpoint is available: the program is stepped through, for ${STEPS_SECONDS} seconds at most.\n`,
    );
    this.timer = setTimeout(() => {
      this.timedOut = true;
      this.host.gdb.sendCommand('-exec-interrupt --all').catch((error: unknown) => {
        this.host.say(`${messageOf(error)}\n`);
      });
    }, STEPS_SECONDS * 1000);
  }

  /** Let the program run on; where the processor has no room for the watchpoints, by single steps. */
  async resume(): Promise<void> {
    try {
      await this.host.gdb.sendCommand('-exec-continue');
    } catch (error) {
      if (!/hardware (watch|break)point/.test(messageOf(error)) || this.watched.size === 0 || this.software) {
        throw error;
      }
      const kept = [...this.watched.values()];
      await this.dropWatches();
      await this.host.console('set can-use-hw-watchpoints 0');
      for (const watched of kept) {
        await this.insert(watched);
      }
      await this.host.gdb.sendCommand('-exec-continue');
    }
  }

  private async unwatch(number: string): Promise<void> {
    this.watched.delete(number);
    await this.host.gdb.sendCommand(`-break-delete ${number}`);
  }

  private async dropWatches(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const number of [...this.watched.keys()]) {
      await this.unwatch(number);
    }
  }

  // ---- writes ---------------------------------------------------------------------

  private async onWrite(watched: Watched, threadId: number): Promise<Step> {
    const now = await this.host.memory(watched.place.address, watched.place.bytes);
    const owners = await this.host.owners(threadId);
    // Its own code, or the C library's that it called.
    if (owners.find((owner) => owner !== 'runtime') === 'allocator') {
      watched.bytes = now;
      return CONTINUE;
    }
    return this.judge(watched, now, threadId, this.software ? 'steps' : 'watchpoint');
  }

  /** Bytes have another value than the allocator gave them: whose block are they now? */
  private async judge(watched: Watched, now: Buffer, threadId: number, by: Write['by']): Promise<Step> {
    const change = firstChange(watched.bytes, now);
    const sequence = await this.host.sequenceAt(watched.block);
    watched.bytes = now;
    if (!change || (sequence !== undefined && sequence !== watched.sequence)) {
      return CONTINUE;
    }
    const offset = Number(watched.place.address - watched.block) + change.index;
    const write = { offset, before: change.before, after: change.after, by };
    const { size, block } = watched;
    return { do: 'found', write, threadId, size, block, sequence: watched.sequence };
  }

  private async onCall(stop: MiStopped): Promise<Step> {
    for (const watched of this.watched.values()) {
      const now = await this.host.memory(watched.place.address, watched.place.bytes);
      const step =
        stop.reason === 'syscall-return'
          ? await this.judge(watched, now, Number(stop['thread-id'] ?? 1), 'system call')
          : CONTINUE;
      if (step.do === 'found') {
        return step;
      }
    }
    return CONTINUE;
  }

  // ---- another attempt ------------------------------------------------------------

  private differs(difference: Difference): Step {
    if (this.attempts >= ATTEMPTS || difference.what === 'silent') {
      return { do: 'failed', difference };
    }
    const { pass, sequence } = this.report;
    if (difference.what === 'unseen') {
      if (this.withCalls) {
        return { do: 'failed', difference };
      }
      this.withCalls = true;
    } else if (difference.what === 'other block') {
      this.passes = around(difference.pass);
    } else if (difference.what === 'missed' && difference.seen === 0 && sequence > 0) {
      this.bySequence = true;
    } else if (!this.bySequence && pass !== undefined) {
      this.passes = around(pass);
    }
    return { do: 'again', difference };
  }
}

/** A pass and its neighbours. */
function around(pass: number): number[] {
  const first = Math.max(1, pass - NEIGHBOURS);
  return Array.from({ length: pass + NEIGHBOURS - first + 1 }, (_, index) => first + index);
}
