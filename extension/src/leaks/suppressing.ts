/**
 * "Mark as intended": a leak's entry in the suppression file, as an edit of the
 * text that stands there now, comments and all.
 */
import { applyEdits, modify, parseTree, findNodeAtLocation, type ParseError } from 'jsonc-parser';
import { SUPPRESSIONS_VERSION, type Report, type Suppression } from '../../../adapter/src/protocol';

/** Innermost frames of the user's that an entry names. */
const FRAMES = 4;

/** What is needed of a leak, be it a report's or a record's. */
export type TellingLeak = Pick<Report, 'allocated' | 'leak'>;

/** The entry that covers the leak of a report, as large as it is now. */
export function suppressionOf(report: TellingLeak): Suppression | undefined {
  const first = report.allocated.findIndex((frame) => frame.user);
  const frames = report.allocated
    .slice(Math.max(0, first), Math.max(0, first) + FRAMES)
    // Arguments of C++ functions would make a name that nobody types.
    .map(({ function: name }) => name.replace(/\(.*$/s, ''))
    .filter((name) => name !== '');
  if (first < 0 || frames.length === 0 || !report.leak) {
    return undefined;
  }
  const { count, bytes, indirectCount, indirectBytes } = report.leak;
  return { kind: 'leak', frames, count: count + indirectCount, bytes: bytes + indirectBytes, reason: '' };
}

/** The text of the file with one entry more. Throws where the text holds no such file. */
export function withSuppression(text: string, entry: Suppression): string {
  const old = text.trim() === '' ? `{ "version": ${SUPPRESSIONS_VERSION}, "suppressions": [] }` : text;
  const problems: ParseError[] = [];
  const root = parseTree(old, problems, { allowTrailingComma: true });
  const version = root && findNodeAtLocation(root, ['version']);
  const list = root && findNodeAtLocation(root, ['suppressions']);
  if (problems.length > 0 || list?.type !== 'array' || version?.value !== SUPPRESSIONS_VERSION) {
    throw new Error(`it is no suppression file of version ${SUPPRESSIONS_VERSION}`);
  }
  const formattingOptions = { tabSize: 2, insertSpaces: true };
  const added = applyEdits(
    old,
    modify(old, ['suppressions', -1], entry, { formattingOptions, isArrayInsertion: true }),
  );
  return text.trim() === '' ? `${JSON.stringify(JSON.parse(added), undefined, 2)}\n` : added;
}
