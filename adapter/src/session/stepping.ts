/**
 * Steps that stay in the user's code. gdb steps over functions without line
 * information by itself; where allocator or libc have some, a step that ends
 * in them returns to the user's frame and goes on from there.
 */
import type { Gdb, MiFrame, MiStopped } from '../gdb/mi';
import type { Owner } from '../symbols/classify';

export type StepKind = 'next' | 'stepIn' | 'stepOut';

/** What stepping needs to know about a stack. */
export interface StackView {
  frames(threadId: number, low: number, high: number): Promise<MiFrame[]>;
  owner(frame: MiFrame): Owner;
  /** Whether a line of the source starts at this address. */
  startsLine(address: bigint): Promise<boolean>;
}

interface Plan {
  kind: StepKind;
  threadId: number;
  returning: boolean;
  /** Returns left before a step is taken as it comes. */
  left: number;
}

const COMMANDS = { next: '-exec-next', stepIn: '-exec-step' } as const;
/** Frames searched for the user's own. */
const DEPTH = 64;
const MAX_RETURNS = 64;

export class Stepping {
  private plan: Plan | undefined;

  constructor(
    private readonly gdb: Gdb,
    private readonly stack: StackView,
  ) {}

  /** Something else than this step decides where the program stops. */
  cancel(): void {
    this.plan = undefined;
  }

  /** Begin a step in the user's sense. */
  async start(kind: StepKind, threadId: number): Promise<void> {
    const level = await this.userLevel(threadId);
    this.plan = { kind, threadId, returning: false, left: MAX_RETURNS };
    try {
      if (kind === 'stepOut') {
        await this.finish(threadId, Math.max(0, level));
      } else if (level > 0) {
        this.plan.returning = true;
        await this.finish(threadId, level - 1);
      } else {
        await this.gdb.sendCommand(`${COMMANDS[kind]} --thread ${threadId}`);
      }
    } catch (error) {
      this.cancel();
      throw error;
    }
  }

  /** A step has ended. True where it goes on, and the stop is not for the client. */
  async goesOn(stop: MiStopped): Promise<boolean> {
    const plan = this.plan;
    if (!plan || Number(stop['thread-id']) !== plan.threadId || plan.left === 0) {
      this.cancel();
      return false;
    }
    plan.left--;
    if (stop.frame && this.stack.owner(stop.frame) !== 'user') {
      const level = await this.userLevel(plan.threadId);
      if (level < 0) {
        // Returned from main, or from the start of a thread: what follows is not the user's.
        this.cancel();
        await this.gdb.sendCommand('-exec-continue');
        return true;
      }
      if (level > 0) {
        plan.returning = plan.kind !== 'stepOut';
        await this.finish(plan.threadId, level - 1);
        return true;
      }
    }
    if (plan.returning && plan.kind !== 'stepOut') {
      plan.returning = false;
      if (stop.frame?.addr !== undefined && (await this.stack.startsLine(BigInt(stop.frame.addr)))) {
        this.cancel();
        return false;
      }
      // Back in the middle of the line that called: finish it.
      await this.gdb.sendCommand(`${COMMANDS[plan.kind]} --thread ${plan.threadId}`);
      return true;
    }
    this.cancel();
    return false;
  }

  private async finish(threadId: number, level: number): Promise<void> {
    await this.gdb.sendCommand(`-exec-finish --thread ${threadId} --frame ${level}`);
  }

  /** Level of the innermost frame of the user's own; -1 where there is none. */
  private async userLevel(threadId: number): Promise<number> {
    const frames = await this.stack.frames(threadId, 0, DEPTH);
    return frames.findIndex((frame) => this.stack.owner(frame) === 'user');
  }
}
