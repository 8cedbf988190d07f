/** Exception filters (which kinds of report stop the program) and what a client is told about one that did. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Frame, Report, ReportKind } from '../protocol';

/** Kinds that a call of the program can raise, with their names for people. */
const TITLES: Record<Exclude<ReportKind, 'leak'>, { title: string; description: string }> = {
  'double-free': { title: 'Double free', description: 'A block is freed that has been freed already.' },
  'invalid-free': { title: 'Invalid free', description: 'A pointer is freed that is no block of the heap.' },
  'write-after-free': { title: 'Write after free', description: 'A freed block has been written to.' },
  'use-after-free': { title: 'Use after free', description: 'A freed block is read or written.' },
  overflow: {
    title: 'Overflow',
    description: 'Bytes after the end of a block are read or have been written.',
  },
  underflow: {
    title: 'Underflow',
    description: 'Bytes before the start of a block are read or have been written.',
  },
  'mismatched-free': {
    title: 'Mismatched free',
    description: 'A block is freed by another family of functions than it was allocated with.',
  },
  'wrong-thread': { title: 'Wrong thread', description: 'A chunk of one thread is used by another.' },
  metadata: {
    title: 'Damaged metadata',
    description: 'The bookkeeping of the heap itself has been overwritten.',
  },
  ceiling: { title: 'Ceiling exceeded', description: 'An allocation would take a chunk past its ceiling.' },
  'heap-limit': {
    title: 'Heap limit exceeded',
    description: 'An allocation would take the process past its heap limit.',
  },
  'out-of-memory': { title: 'Out of memory', description: 'The system gives no more memory.' },
  'bad-argument': {
    title: 'Bad argument',
    description: 'A function of the allocator is called with a bad argument.',
  },
};

const SIGNALS = 'signals';
const CPP_THROW = 'cpp-throw';
const OFF_BY_DEFAULT: readonly string[] = [CPP_THROW];

/** A name of a report's kind for people. */
export function titleOf(kind: ReportKind): string {
  return kind === 'leak' ? 'Leak' : TITLES[kind].title;
}

/** The filters that the client offers. */
export function exceptionFilters(): DebugProtocol.ExceptionBreakpointsFilter[] {
  const kinds = Object.entries(TITLES).map(([filter, { title, description }]) => ({
    filter,
    label: title,
    description,
    default: true,
  }));
  return [
    ...kinds,
    {
      filter: SIGNALS,
      label: 'Signals',
      description:
        'A signal arrives. Signals that tell of a fault, such as SIGSEGV, always stop the program.',
      default: true,
    },
    { filter: CPP_THROW, label: 'C++ exceptions', description: 'A C++ exception is thrown.', default: false },
  ];
}

/** Which filters are on. */
export class ExceptionFilters {
  private on: ReadonlySet<string> = new Set(
    exceptionFilters()
      .map(({ filter }) => filter)
      .filter((filter) => !OFF_BY_DEFAULT.includes(filter)),
  );

  /** Turn exactly these on; returns those that do not exist. */
  set(filters: readonly string[]): string[] {
    const known = new Set(exceptionFilters().map(({ filter }) => filter));
    this.on = new Set(filters.filter((filter) => known.has(filter)));
    return filters.filter((filter) => !known.has(filter));
  }

  stopsOn(kind: ReportKind): boolean {
    return this.on.has(kind);
  }

  get signals(): boolean {
    return this.on.has(SIGNALS);
  }

  get cppThrow(): boolean {
    return this.on.has(CPP_THROW);
  }
}

/** A stop that exceptionInfo can be asked about. */
export interface ExceptionStop {
  threadId: number;
  id: string;
  description: string;
  report?: Report;
}

function frameText(frame: Frame): string {
  const place = frame.source
    ? ` at ${frame.source.path}${frame.line === undefined ? '' : `:${frame.line}`}`
    : '';
  const module = frame.source || frame.module === '' ? '' : ` in ${frame.module}`;
  return `    ${frame.function || frame.address}${place}${module}`;
}

/** The stacks of a report with their titles. */
function stacksOf(report: Report): [string, Frame[]][] {
  const stacks: [string, Frame[]][] = [
    [report.byCheck ? 'Found by a check at a stop' : 'Detected', report.detected],
    ['Allocated', report.allocated],
    ['Freed', report.freed],
  ];
  return stacks.filter(([, frames]) => frames.length > 0);
}

/** A stack as text, the user's own frames alone where there are some. */
function stackText(frames: Frame[]): string {
  const own = frames.filter((frame) => frame.user);
  return (own.length > 0 ? own : frames).map(frameText).join('\n');
}

/** Each stack's first frame of the user: the editor's widget must not push the line itself out of sight. */
export function summaryText(report: Report): string {
  return stacksOf(report)
    .map(([title, frames]) => {
      const frame = userFrame(frames) ?? frames[0];
      return frame ? `${title}: ${frameText(frame).trim()}` : title;
    })
    .join('\n');
}

/** The whole stacks, as DAP's inner exceptions. */
function innerExceptions(report: Report): DebugProtocol.ExceptionDetails[] {
  return stacksOf(report).map(([message, frames]) => ({ message, stackTrace: stackText(frames) }));
}

/** The first frame of the user's own code. */
export function userFrame(frames: readonly Frame[]): Frame | undefined {
  return frames.find((frame) => frame.user);
}

/** "Double free: …", the sentence that a stop shows. */
export function describe(report: Report): string {
  const title = titleOf(report.kind);
  return report.message.toLowerCase().startsWith(title.toLowerCase())
    ? report.message
    : `${title}: ${report.message}`;
}

/** Body of the response to exceptionInfo. */
export function exceptionInfo(stop: ExceptionStop): DebugProtocol.ExceptionInfoResponse['body'] {
  const { report } = stop;
  return {
    exceptionId: stop.id,
    description: stop.description,
    breakMode: 'always',
    ...(report
      ? {
          details: {
            message: report.message,
            typeName: report.kind,
            stackTrace: summaryText(report),
            innerException: innerExceptions(report),
          },
        }
      : {}),
  };
}
