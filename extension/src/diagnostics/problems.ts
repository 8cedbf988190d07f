/**
 * Which problems the reports of a run make: one a report at the user's line
 * that did it; reports that agree in kind and in all three lines are one
 * problem with a count.
 */
import type { Frame, Report, ReportKind } from '../../../adapter/src/protocol';
import { firstUserFrame } from '../../../adapter/src/protocol/frames';
import { reportSeverity, type Severity } from '../../../adapter/src/protocol/words';

export interface Place {
  path: string;
  /** 1-based. */
  line: number;
}
export interface Problem extends Place {
  severity: Severity;
  kind: ReportKind;
  message: string;
  related: (Place & { event: 'allocated' | 'freed' })[];
  /** Newest first. */
  reports: Report[];
}

/** Problems of `reports`; a report without a line of the user's makes none. */
export function problemsOf(reports: readonly Report[]): Problem[] {
  const byKey = new Map<string, Problem>();
  for (const report of reports) {
    const allocated = placeOf(report.allocated);
    const detected = placeOf(report.detected);
    const place = report.kind === 'leak' ? (allocated ?? detected) : (detected ?? allocated);
    if (!place) {
      continue;
    }
    const freed = placeOf(report.freed);
    const key = JSON.stringify([report.kind, place, allocated, freed]);
    const known = byKey.get(key);
    if (known) {
      known.reports.unshift(report);
      continue;
    }
    byKey.set(key, {
      ...place,
      severity: reportSeverity(report.kind, report.leak),
      kind: report.kind,
      message: report.process === undefined ? report.message : `${report.process}: ${report.message}`,
      related: [
        ...(allocated && report.kind !== 'leak' ? [{ ...allocated, event: 'allocated' as const }] : []),
        ...(freed ? [{ ...freed, event: 'freed' as const }] : []),
      ],
      reports: [report],
    });
  }
  return [...byKey.values()];
}

function placeOf(frames: readonly Frame[]): Place | undefined {
  const frame = firstUserFrame(frames);
  return frame && { path: frame.source.path, line: frame.line };
}
