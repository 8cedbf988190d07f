/**
 * Reports in SARIF 2.1.0, which code-scanning pages and editors show: one rule a kind, one result a report, with
 * the places of allocation and free beside it and all three stacks.
 */
import * as os from 'node:os';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import type {
  CodeFlow,
  Invocation,
  Location,
  Log,
  PhysicalLocation,
  ReportingDescriptor,
  Result,
  Stack,
} from 'sarif';
import type { Frame, ReportKind } from '../../../adapter/src/protocol';
import { firstUserFrame, frameName } from '../../../adapter/src/protocol/frames';
import { reportSeverity, reportTitle, type Severity } from '../../../adapter/src/protocol/words';
import { version } from '../version';
import { fingerprint } from './fold';
import type { CountedReport, RunResult } from './result';
import { RULES } from './rules';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';
const ROOT = '%SRCROOT%';
const LEVELS: Record<Severity, 'error' | 'warning' | 'note'> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
};
/** What code-scanning pages sort by: 0 to 10. */
const SCORES: Record<Severity, string> = { error: '8.0', warning: '5.0', info: '3.0' };

const untranslated = (text: string) => text;

/** "double-free" → "DoubleFree". */
function ruleName(kind: ReportKind): string {
  return kind.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function ruleOf(kind: ReportKind): ReportingDescriptor {
  const { summary, help, cwe } = RULES[kind];
  const severity = reportSeverity(kind);
  const weakness = cwe === undefined ? [] : [`external/cwe/cwe-${cwe}`];
  return {
    id: `spaces/${kind}`,
    name: ruleName(kind),
    shortDescription: { text: reportTitle(kind, untranslated) },
    fullDescription: { text: summary },
    help: { text: help, markdown: help },
    defaultConfiguration: { level: LEVELS[severity] },
    properties: {
      tags: ['memory', 'correctness', ...(severity === 'error' ? ['security'] : []), ...weakness],
      precision: 'very-high',
      ...(severity === 'error' ? { 'security-severity': SCORES[severity] } : {}),
    },
  };
}

/** Turns frames into locations whose paths are relative to the source root. */
class Places {
  constructor(private readonly result: RunResult) {}

  physical(frame: Frame | undefined): PhysicalLocation {
    const file = frame?.source?.path ?? (frame?.module.startsWith('/') ? frame.module : this.result.program);
    const relative = path.relative(this.result.sourceRoot, file);
    const inside = relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative);
    return {
      artifactLocation: inside
        ? { uri: relative.split(path.sep).map(encodeURIComponent).join('/'), uriBaseId: ROOT }
        : { uri: pathToFileURL(file).href },
      ...(frame?.source && frame.line !== undefined ? { region: { startLine: frame.line } } : {}),
    };
  }

  location(frame: Frame | undefined, message?: string, id?: number): Location {
    return {
      ...(id === undefined ? {} : { id }),
      physicalLocation: this.physical(frame),
      ...(frame?.function
        ? { logicalLocations: [{ fullyQualifiedName: frame.function, kind: 'function' }] }
        : {}),
      ...(message === undefined ? {} : { message: { text: message } }),
    };
  }

  stack(frames: readonly Frame[], message: string): Stack[] {
    if (frames.length === 0) {
      return [];
    }
    return [
      {
        message: { text: message },
        frames: frames.map((frame) => ({
          location: this.location(frame, frameName(frame)),
          ...(frame.module === '' ? {} : { module: path.basename(frame.module) }),
        })),
      },
    ];
  }
}

/** The block's life as steps: allocated, freed, found damaged. */
function flowOf(report: CountedReport, places: Places): CodeFlow[] {
  const steps = (
    [
      ['allocated', 'The block is allocated'],
      ['freed', 'The block is freed'],
      ['detected', report.message],
    ] as const
  ).flatMap(([stack, text]) => {
    const frame = firstUserFrame(report[stack]);
    return frame ? [{ location: places.location(frame, text) }] : [];
  });
  return steps.length < 2 ? [] : [{ threadFlows: [{ locations: steps }] }];
}

function resultOf(report: CountedReport, places: Places): Result {
  const { kind } = report;
  // Damage that a check finds was found nowhere in particular: then the block's own places say most.
  const main =
    firstUserFrame(report.detected) ?? firstUserFrame(report.freed) ?? firstUserFrame(report.allocated);
  const related = (
    [
      ['allocated', 'The block was allocated here.'],
      ['freed', 'The block was freed here.'],
    ] as const
  ).flatMap(([stack, text]) => {
    const frame = firstUserFrame(report[stack]);
    return frame ? [{ frame, text }] : [];
  });
  return {
    ruleId: `spaces/${kind}`,
    ruleIndex: Object.keys(RULES).indexOf(kind),
    level: LEVELS[reportSeverity(kind)],
    message: { text: report.message.endsWith('.') ? report.message : `${report.message}.` },
    locations: [places.location(main ?? report.detected.find(({ user }) => user))],
    relatedLocations: related.map(({ frame, text }, index) => places.location(frame, text, index + 1)),
    stacks: [
      ...places.stack(report.detected, 'Found in'),
      ...places.stack(report.allocated, 'Allocated in'),
      ...places.stack(report.freed, 'Freed in'),
    ],
    codeFlows: flowOf(report, places),
    partialFingerprints: { 'spacesStacks/v1': fingerprint(report) },
    occurrenceCount: report.count,
    properties: {
      address: report.address,
      size: report.size,
      offset: report.offset,
      chunk: report.chunk,
      process: report.pid,
      thread: report.thread,
    },
  };
}

function invocationOf(result: RunResult): Invocation {
  const { code, signal } = result.exit;
  const number = signal === undefined ? undefined : os.constants.signals[signal as NodeJS.Signals];
  return {
    executableLocation: { uri: pathToFileURL(result.program).href },
    arguments: result.arguments,
    workingDirectory: { uri: pathToFileURL(`${result.directory}/`).href },
    startTimeUtc: result.started.toISOString(),
    endTimeUtc: result.ended.toISOString(),
    // The tool did its work; how the program fared stands beside it.
    executionSuccessful: true,
    ...(number === undefined
      ? { exitCode: code }
      : { exitSignalName: signal ?? '', exitSignalNumber: number }),
  };
}

export function toSarif(result: RunResult): Log {
  const places = new Places(result);
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Spaces',
            semanticVersion: version,
            rules: (Object.keys(RULES) as ReportKind[]).map(ruleOf),
          },
        },
        originalUriBaseIds: { [ROOT]: { uri: pathToFileURL(`${result.sourceRoot}/`).href } },
        columnKind: 'utf16CodeUnits',
        invocations: [invocationOf(result)],
        results: result.reports.map((report) => resultOf(report, places)),
      },
    ],
  };
}
