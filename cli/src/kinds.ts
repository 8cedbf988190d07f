/** What `--fail-on` names: kinds of report, and words for several of them. */
import { REPORT_KINDS, type ReportKind } from '../../adapter/src/protocol';
import { reportSeverity } from '../../adapter/src/protocol/words';

const ANY = 'any';
/** Damage and misuse, not limits that were reached, nor leaks. */
const ERRORS = 'errors';

/** Every word that may stand in the list. */
export const FAIL_ON: readonly string[] = [ANY, ERRORS, ...REPORT_KINDS];

/** Whether a list of such words names a kind. */
export function names(list: readonly string[], kind: ReportKind): boolean {
  return (
    list.includes(ANY) || list.includes(kind) || (list.includes(ERRORS) && reportSeverity(kind) === 'error')
  );
}
