/** What a client is told of leaks at a program's end: a report a record, up to a number, and a line for the console. */
import { readFile } from 'node:fs/promises';
import { suppressionsUnreadable, messageOf } from '../errors';
import { SUPPRESSIONS_PATH, type LeakRecord } from '../protocol';
import type { NewReport } from '../reports/store';
import { reportOf } from './records';
import { Suppressions } from './suppressions';

/** Reports at one end of a program. */
export const MOST_REPORTS = 100;

/** The leaks that are intended; a file that does not exist names none. */
export async function loadSuppressions(file: string | undefined): Promise<Suppressions> {
  if (file === undefined) {
    return Suppressions.none();
  }
  try {
    return Suppressions.parse(file, await readFile(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) {
      throw error;
    }
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && file.endsWith(SUPPRESSIONS_PATH)) {
      return Suppressions.none();
    }
    throw suppressionsUnreadable(file, undefined, messageOf(error));
  }
}

function amount(records: readonly LeakRecord[]): string {
  const count = records.reduce((sum, one) => sum + one.count + one.indirectCount, 0);
  const bytes = records.reduce((sum, one) => sum + one.bytes + one.indirectBytes, 0);
  return `${bytes} byte${bytes === 1 ? '' : 's'} in ${count} block${count === 1 ? '' : 's'}`;
}

/** Reports of what is lost, and lines for the console. */
export function tellLost(
  records: readonly LeakRecord[],
  suppressions: Suppressions,
  about: { pid: number; thread: number; time: number },
): { reports: NewReport[]; lines: string[] } {
  const told = records.filter(({ suppressed }) => suppressed === undefined);
  const intended = records.filter(({ suppressed }) => suppressed !== undefined);
  const lines = [];
  if (told.length > 0) {
    const places = `${told.length} place${told.length === 1 ? '' : 's'}`;
    const rest = told.length > MOST_REPORTS ? ` (the ${MOST_REPORTS} largest are shown)` : '';
    lines.push(`Leaks: ${amount(told)}, allocated at ${places}${rest}.`);
  }
  if (intended.length > 0) {
    lines.push(`Leaks that are intended: ${amount(intended)}.`);
  }
  return {
    reports: told.slice(0, MOST_REPORTS).map((record) => reportOf(record, about)),
    lines: [...lines, ...suppressions.unused()],
  };
}
