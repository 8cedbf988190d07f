/** Lines of a source file by what stands on them, so that no test counts lines by hand. */
import { readFileSync } from 'node:fs';

/** The 1-based line of the only line of `file` that holds `text`; `within` narrows it to the function of that name. */
export function lineOf(file: string, text: string, within?: string): number {
  const lines = readFileSync(file, 'utf8').split('\n');
  const start = within ? lines.findIndex((line) => new RegExp(`\\b${within}\\(.*\\)$`).test(line)) : 0;
  const end = within ? lines.findIndex((line, i) => i > start && line === '}') : lines.length;
  const found = lines.flatMap((line, i) => (i >= start && i <= end && line.includes(text) ? [i + 1] : []));
  const [line] = found;
  if (line === undefined || found.length > 1 || start < 0) {
    throw new Error(`"${text}" stands on ${found.length} lines of ${within ?? ''} in ${file}.`);
  }
  return line;
}
