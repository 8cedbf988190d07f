/** Names in the lines of a source file: which identifiers stand where, comments and strings left out. */

export interface NamePlace {
  name: string;
  /** 0-based. */
  line: number;
  start: number;
  end: number;
}

const KEYWORDS = new Set(
  (
    'auto bool break case catch char class const constexpr continue default delete do double else enum explicit ' +
    'extern false float for friend goto if inline int long namespace new nullptr operator private protected public ' +
    'register return short signed sizeof static struct switch template this throw true try typedef typename union ' +
    'unsigned using virtual void volatile while NULL'
  ).split(' '),
);

const TOKEN = /\/\/.*$|\/\*.*?(?:\*\/|$)|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?<name>[A-Za-z_]\w*)/g;

/** Identifiers of the lines `first` to `last` that may be variables: no keyword, no call, no member. */
export function namesIn(lines: readonly string[], first: number, last: number): NamePlace[] {
  const places: NamePlace[] = [];
  for (let line = Math.max(0, first); line <= Math.min(last, lines.length - 1); line++) {
    const text = lines[line] ?? '';
    for (const match of text.matchAll(TOKEN)) {
      const name = match.groups?.['name'];
      if (!name || KEYWORDS.has(name)) {
        continue;
      }
      const before = text.slice(0, match.index).trimEnd();
      const after = text.slice(match.index + name.length).trimStart();
      if (!before.endsWith('.') && !before.endsWith('->') && !after.startsWith('(')) {
        places.push({ name, line, start: match.index, end: match.index + name.length });
      }
    }
  }
  return places;
}

/** First line (0-based) of the function around `line`, as far as braces at the left edge tell. */
export function functionStart(lines: readonly string[], line: number): number {
  for (let at = Math.min(line, lines.length) - 1; at >= 0; at--) {
    if (lines[at]?.startsWith('}')) {
      return at + 1;
    }
  }
  return 0;
}
