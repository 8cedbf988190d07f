/**
 * Source, function and instruction breakpoints: what the client wants, kept
 * equal to what gdb has. A breakpoint that stays the same stays where it is,
 * with its counts; one in code that is not loaded yet is pending.
 */
import * as path from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { messageOf } from '../errors';
import { miString, type Gdb, type MiBreakpoint } from '../gdb/mi';

/** One breakpoint that the client asked for. */
interface Wanted {
  /** MI options that say where. */
  location: string;
  line?: number;
  condition?: string;
  hitCondition?: string;
  logMessage?: string;
  hardware?: boolean;
  /** It takes a snapshot of the heap and does not stop. */
  snapshot?: boolean;
}

interface Kept extends Wanted {
  key: string;
  group: string;
  number: string;
  state: DebugProtocol.Breakpoint;
  hits?: HitCondition;
}

/** Which hits stop the program. */
export interface HitCondition {
  /** Hits to ignore before the first stop. */
  skip: number;
  /** Hits to ignore after each stop. */
  skipAfter: number;
}

/** The breakpoint mode that takes a snapshot of the heap. */
export const SNAPSHOT_MODE = 'snapshot';

const NEVER = 2 ** 31 - 1;

/** "5" or "==5": the fifth hit; ">5", ">=5"; "%5": every fifth. Undefined where it is none of these. */
export function parseHitCondition(text: string): HitCondition | undefined {
  const match = /^\s*(==?|>=|>|%)?\s*(\d+)\s*$/.exec(text);
  const count = Number(match?.[2]);
  if (!match || !Number.isSafeInteger(count) || count > NEVER) {
    return undefined;
  }
  switch (match[1]) {
    case '>':
      return { skip: count, skipAfter: 0 };
    case '>=':
      return { skip: Math.max(0, count - 1), skipAfter: 0 };
    case '%':
      return count === 0 ? undefined : { skip: count - 1, skipAfter: count - 1 };
    default:
      return count === 0 ? undefined : { skip: count - 1, skipAfter: NEVER };
  }
}

/** The parts of a log message: text, and {expressions} to be replaced by their values. */
export function parseLogMessage(message: string): (string | { expression: string })[] {
  const parts: (string | { expression: string })[] = [];
  let last = 0;
  for (const match of message.matchAll(/\{([^{}]+)\}/g)) {
    parts.push(message.slice(last, match.index), { expression: match[1] ?? '' });
    last = match.index + match[0].length;
  }
  parts.push(message.slice(last));
  return parts.filter((part) => part !== '');
}

/** gdb's location of a source line. */
export function sourceLocation(file: string, line: number): string {
  return `--source ${miString(file)} --line ${line}`;
}

/** What a client is told about a breakpoint of gdb. */
export function describeBreakpoint(breakpoint: MiBreakpoint, wantedLine?: number): DebugProtocol.Breakpoint {
  const first = breakpoint.line === undefined ? breakpoint.locations?.[0] : undefined;
  const file = breakpoint.fullname ?? first?.fullname;
  const line = breakpoint.line ?? first?.line;
  const pending = breakpoint.pending !== undefined;
  return {
    id: Number(breakpoint.number),
    verified: !pending,
    ...(pending
      ? { message: 'The code of this breakpoint is not loaded yet.', reason: 'pending' as const }
      : {}),
    ...(file === undefined ? {} : { source: { name: path.basename(file), path: file } }),
    ...(line !== undefined ? { line: Number(line) } : wantedLine === undefined ? {} : { line: wantedLine }),
  };
}

export class Breakpoints {
  private readonly kept = new Map<string, Kept>();

  constructor(private readonly gdb: Gdb) {}

  /** Make these the breakpoints of a source file. */
  setSource(
    file: string,
    wanted: readonly DebugProtocol.SourceBreakpoint[],
  ): Promise<DebugProtocol.Breakpoint[]> {
    return this.set(
      `source ${file}`,
      wanted.map((one) => ({
        location: sourceLocation(file, one.line),
        line: one.line,
        ...conditionsOf(one),
        ...(one.logMessage ? { logMessage: one.logMessage } : {}),
        hardware: one.mode === 'hardware',
        ...(one.mode === SNAPSHOT_MODE ? { snapshot: true } : {}),
      })),
    );
  }

  /** Make these the function breakpoints. */
  setFunctions(wanted: readonly DebugProtocol.FunctionBreakpoint[]): Promise<DebugProtocol.Breakpoint[]> {
    return this.set(
      'function',
      wanted.map((one) => ({ location: `--function ${miString(one.name)}`, ...conditionsOf(one) })),
    );
  }

  /** Make these the instruction breakpoints. */
  setInstructions(
    wanted: readonly DebugProtocol.InstructionBreakpoint[],
  ): Promise<DebugProtocol.Breakpoint[]> {
    return this.set(
      'instruction',
      wanted.map((one) => {
        const address = BigInt(one.instructionReference) + BigInt(one.offset ?? 0);
        return { location: `*0x${address.toString(16)}`, ...conditionsOf(one) };
      }),
    );
  }

  isIn(group: 'function' | 'instruction', number: string): boolean {
    return this.kept.get(number)?.group === group;
  }

  takesSnapshot(number: string): boolean {
    return this.kept.get(number)?.snapshot === true;
  }

  has(number: string): boolean {
    return this.kept.has(number);
  }

  /** The program stopped at it: arrange which hit is the next to stop. Resolves to its log message, if any. */
  async hit(number: string): Promise<string | undefined> {
    const kept = this.kept.get(number);
    if (kept?.hits && kept.hits.skipAfter > 0) {
      await this.gdb.sendCommand(`-break-after ${number} ${kept.hits.skipAfter}`);
    }
    return kept?.logMessage;
  }

  /** gdb changed a breakpoint: its new state, where that is news to the client. */
  modified(breakpoint: MiBreakpoint): DebugProtocol.Breakpoint | undefined {
    const kept = this.kept.get(breakpoint.number);
    const state = describeBreakpoint(breakpoint, kept?.line);
    if (kept && kept.state.verified === state.verified && kept.state.line === state.line) {
      return undefined;
    }
    if (kept) {
      kept.state = state;
    }
    return state;
  }

  private async set(group: string, wanted: readonly Wanted[]): Promise<DebugProtocol.Breakpoint[]> {
    const old = [...this.kept.values()].filter((kept) => kept.group === group);
    const reused = new Map<Wanted, Kept>();
    for (const one of wanted) {
      const same = old.findIndex((kept) => kept.key === JSON.stringify(one));
      const kept = old[same];
      if (kept) {
        old.splice(same, 1);
        reused.set(one, kept);
      }
    }
    if (old.length > 0) {
      await this.gdb.sendCommand(`-break-delete ${old.map(({ number }) => number).join(' ')}`);
      old.forEach(({ number }) => this.kept.delete(number));
    }
    const result: DebugProtocol.Breakpoint[] = [];
    for (const one of wanted) {
      result.push(reused.get(one)?.state ?? (await this.insert(group, one)));
    }
    return result;
  }

  private async insert(group: string, wanted: Wanted): Promise<DebugProtocol.Breakpoint> {
    const refuse = (message: string): DebugProtocol.Breakpoint => ({
      verified: false,
      message,
      reason: 'failed',
      ...(wanted.line === undefined ? {} : { line: wanted.line }),
    });
    const hits = wanted.hitCondition === undefined ? undefined : parseHitCondition(wanted.hitCondition);
    if (wanted.hitCondition !== undefined && !hits) {
      return refuse(`"${wanted.hitCondition}" is no hit count. Write 5, >5, >=5 or %5.`);
    }
    const options = ['-f'];
    if (wanted.hardware) options.push('-h');
    if (wanted.condition !== undefined) options.push('-c', miString(wanted.condition));
    if (hits && hits.skip > 0) options.push('-i', String(hits.skip));
    try {
      const { bkpt } = await this.gdb.sendCommand<{ bkpt: MiBreakpoint | MiBreakpoint[] }>(
        `-break-insert ${options.join(' ')} ${wanted.location}`,
      );
      // Older gdbs list the locations beside the breakpoint.
      const [breakpoint, ...locations] = Array.isArray(bkpt) ? bkpt : [bkpt];
      if (!breakpoint) {
        return refuse('gdb made no breakpoint.');
      }
      const state = describeBreakpoint(
        locations.length > 0 ? { ...breakpoint, locations } : breakpoint,
        wanted.line,
      );
      const { number } = breakpoint;
      const key = JSON.stringify(wanted);
      this.kept.set(number, { ...wanted, key, group, number, state, ...(hits ? { hits } : {}) });
      return state;
    } catch (error) {
      return refuse(messageOf(error));
    }
  }
}

function conditionsOf(one: {
  condition?: string;
  hitCondition?: string;
}): Pick<Wanted, 'condition' | 'hitCondition'> {
  return {
    ...(one.condition ? { condition: one.condition } : {}),
    ...(one.hitCondition ? { hitCondition: one.hitCondition } : {}),
  };
}
