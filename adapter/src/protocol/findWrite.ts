/**
 * Finding the write that damaged a block: the program is started again and stops
 * at the instruction that writes. Begun by a launch whose `findWrite` is the
 * report; the search tells how it ended by `spaces/writeSearch`.
 */
import type { LaunchArguments } from './launch';
import type { Report, ReportKind, Write } from './values';

/** Kinds of report whose write can be looked for. */
export const WRITTEN_KINDS: readonly ReportKind[] = ['overflow', 'underflow', 'write-after-free'];

/** The launch that looks for the write of a report of this session. */
export interface FindWriteArguments {
  report: number;
}
export interface FindWriteResponse {
  /** This session's own, with `findWrite`. */
  launch: LaunchArguments;
}

/** How a search ended. */
export interface WriteSearch {
  /** The report in the session that searched. */
  report: number;
  found: boolean;
  /** One sentence: which write it was, or what was different from the run of the report. */
  message: string;
  /** How often the program was started. */
  attempts: number;
  /** Where the write was found, and only then. */
  write?: Write;
}

/** Why there is no looking for the write of a report; undefined where there is. */
export function unfindable(
  report: Pick<Report, 'kind' | 'sequence' | 'site'>,
): 'kind' | 'allocation' | undefined {
  if (!WRITTEN_KINDS.includes(report.kind)) {
    return 'kind';
  }
  return report.sequence > 0 || report.site !== undefined ? undefined : 'allocation';
}
