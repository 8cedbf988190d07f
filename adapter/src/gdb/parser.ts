/**
 * MI's strings as gdb writes them: C's escapes, all of them, and bytes in octal.
 * The library's own parser turns "\a" into an "a" and drops "\r", so that a file
 * whose name holds such a character would not be found.
 */
import { MIParser } from 'cdt-gdb-adapter/dist/MIParser';

const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, e: 27 };

/** The text of a C string's inside. Bytes that are no UTF-8 become U+FFFD. */
export function unescapeCString(inside: string): string {
  if (!inside.includes('\\')) {
    return inside;
  }
  return inside.replace(/(?:\\(?:[0-7]{1,3}|[^]))+/g, (run) => {
    const bytes: Buffer[] = [];
    for (const [, octal, other = ''] of run.matchAll(/\\(?:([0-7]{1,3})|([^]))/g)) {
      const code = octal === undefined ? ESCAPES[other] : parseInt(octal, 8) & 0xff;
      bytes.push(code === undefined ? Buffer.from(other) : Buffer.of(code));
    }
    return Buffer.concat(bytes).toString('utf8');
  });
}

export class CStringParser extends MIParser {
  protected override handleCString(): string | null {
    if (this.line[this.pos] !== '"') {
      // As the original: one character is consumed.
      this.pos++;
      return null;
    }
    const string = /"((?:[^"\\]|\\[^])*)("?)/y;
    string.lastIndex = this.pos;
    const match = string.exec(this.line);
    this.pos = string.lastIndex;
    return match ? unescapeCString(match[1] ?? '') : null;
  }
}
