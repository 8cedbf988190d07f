/** From gdb's reason for a stop to what a client is told. No state, no gdb. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { hex, type MiStopped } from '../gdb/mi';

/** Why a program ended. */
export interface Exit {
  code: number;
  /** One line for the console where the end was not an ordinary one. */
  note?: string;
}

const SIGNAL_NUMBERS: Record<string, number> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGSYS: 31,
};

/** Signals that end a program unless it handles them, and that tell of a fault in it. */
const FAULTS = new Set(['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV', 'SIGSYS']);

/** Whether a signal tells of a fault in the program. */
export function isFault(signal: string): boolean {
  return FAULTS.has(signal);
}

/** How the program ended, or undefined where it has not. */
export function exitOf(stop: MiStopped): Exit | undefined {
  switch (stop.reason) {
    case 'exited-normally':
      return { code: 0 };
    case 'exited':
      return { code: parseInt(stop['exit-code'] ?? '0', 8) };
    case 'exited-signalled': {
      const signal = stop['signal-name'] ?? 'unknown signal';
      const meaning = stop['signal-meaning'];
      return {
        code: 128 + (SIGNAL_NUMBERS[signal] ?? 0),
        note: `The program was ended by ${signal}${meaning ? ` (${meaning})` : ''}.`,
      };
    }
    default:
      return undefined;
  }
}

const MEANINGS: Record<string, string> = {
  SIGILL: 'Illegal instruction',
  SIGTRAP: 'Trace/breakpoint trap',
  SIGABRT: 'Aborted',
  SIGBUS: 'Bus error',
  SIGFPE: 'Arithmetic exception',
  SIGSEGV: 'Segmentation fault',
  SIGSYS: 'Bad system call',
  SIGKILL: 'Killed',
  SIGTERM: 'Terminated',
  SIGQUIT: 'Quit',
};

/** What a core file says about the end of its process, as a stop. */
export function coreStop(
  signal: number | undefined,
  faultAddress: bigint | undefined,
): Pick<DebugProtocol.StoppedEvent['body'], 'reason' | 'description' | 'text'> {
  if (signal === undefined || signal === 0) {
    return { reason: 'pause', description: 'Core file' };
  }
  const name =
    Object.keys(SIGNAL_NUMBERS).find((one) => SIGNAL_NUMBERS[one] === signal) ?? `Signal ${signal}`;
  const meaning = MEANINGS[name] ?? 'the signal that ended the process';
  const at = faultAddress === undefined ? '' : ` at address ${hex(faultAddress)}`;
  return { reason: 'exception', description: `${name}: ${meaning}`, text: `${meaning}${at}` };
}

/** What the stop of a watchpoint says about the value. */
function watchDescription(stop: MiStopped): string {
  const watch = stop.wpt ?? stop['hw-rwpt'] ?? stop['hw-awpt'];
  const value = stop.value;
  const name = watch?.exp ?? 'The watched value';
  if (value?.old !== undefined && value.new !== undefined) {
    return `${name} changed from ${value.old} to ${value.new}`;
  }
  return `${name} was accessed${value?.value === undefined ? '' : `: ${value.value}`}`;
}

/** Numbers of the breakpoints of a session, by what they were set for. */
export interface BreakpointRoles {
  entry?: string;
  goto?: string;
  isFunction(number: string): boolean;
  isInstruction(number: string): boolean;
  isException(number: string): boolean;
}

/** Body of the `stopped` event for a stop that is not the end of the program. */
export function stoppedBody(
  stop: MiStopped,
  roles: BreakpointRoles,
  pauseRequested: boolean,
): DebugProtocol.StoppedEvent['body'] {
  const body: DebugProtocol.StoppedEvent['body'] = {
    reason: 'pause',
    threadId: Number(stop['thread-id'] ?? 1),
    allThreadsStopped: true,
  };
  const number = stop.bkptno;
  switch (stop.reason) {
    case 'breakpoint-hit':
      if (number === undefined) {
        return { ...body, reason: 'breakpoint' };
      }
      if (number === roles.entry) {
        return { ...body, reason: 'entry' };
      }
      if (number === roles.goto) {
        return { ...body, reason: 'goto' };
      }
      if (roles.isException(number)) {
        return {
          ...body,
          reason: 'exception',
          description: 'C++ exception',
          text: 'A C++ exception is thrown.',
        };
      }
      return {
        ...body,
        reason: roles.isFunction(number)
          ? 'function breakpoint'
          : roles.isInstruction(number)
            ? 'instruction breakpoint'
            : 'breakpoint',
        hitBreakpointIds: [Number(number)],
      };
    case 'watchpoint-trigger':
    case 'read-watchpoint-trigger':
    case 'access-watchpoint-trigger': {
      const watch = stop.wpt ?? stop['hw-rwpt'] ?? stop['hw-awpt'];
      return {
        ...body,
        reason: 'data breakpoint',
        description: watchDescription(stop),
        ...(watch ? { hitBreakpointIds: [Number(watch.number)] } : {}),
      };
    }
    case 'watchpoint-scope':
      return {
        ...body,
        reason: 'data breakpoint',
        description: 'The watched variable has left its scope',
        ...(stop.wpnum === undefined ? {} : { hitBreakpointIds: [Number(stop.wpnum)] }),
      };
    case 'end-stepping-range':
    case 'function-finished':
    case 'location-reached':
      return { ...body, reason: 'step' };
    case 'signal-received': {
      const signal = stop['signal-name'] ?? 'signal';
      if (signal === '0' || (pauseRequested && (signal === 'SIGINT' || signal === 'SIGTRAP'))) {
        return body;
      }
      const meaning = stop['signal-meaning'] ?? '';
      return { ...body, reason: 'exception', description: `${signal}: ${meaning}`, text: meaning || signal };
    }
    default:
      return body;
  }
}
