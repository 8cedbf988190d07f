/**
 * What the source text of an allocation says about the type of the block. Text proves nothing: what is found here are
 * expressions that a debugger is asked about, in the order in which they are to be believed.
 */

/** An expression whose type may be that of the block's elements. */
export interface TypeClue {
  expression: string;
  /** It names a variable of the function that allocates, by its first word. */
  local: boolean;
  /** Bytes are asked for beyond the type: what follows it is no second element. */
  more: boolean;
}

const ALLOCATES =
  /\b(?:malloc|calloc|realloc|reallocarray|aligned_alloc|memalign|valloc|pvalloc|spaces_(?:chunk_)?\w*alloc\w*)\s*\(/;
/** The debug build has its own, so that the program's line is where they are called. */
const COPIES_TEXT = /\b(?:strdup|strndup|asprintf|vasprintf|getline|getdelim)\s*\(/;

const WORD = String.raw`(?:::)?[A-Za-z_]\w*(?:::[A-Za-z_]\w*)*`;
const TEMPLATE = String.raw`(?:<[^;(){}]*>)?`;
const KEYWORDS = String.raw`(?:(?:struct|union|enum|class|const|volatile|unsigned|signed|long|short)\s+)*`;
const TYPE = `${KEYWORDS}${WORD}${TEMPLATE}`;

const NEW = new RegExp(String.raw`\bnew\s*(?:\(\s*std::nothrow\s*\)\s*)?(${TYPE}(?:\s*\*)*)`);
const SIZEOF = /\bsizeof\b\s*(?:\(\s*((?:[^()]|\([^()]*\))+?)\s*\)|(\*?[\w.>[\]-]+))(\s*\+)?/;
const CAST = new RegExp(
  String.raw`(?:\(\s*(${TYPE})\s*(\*+)\s*\)|\b(?:static|reinterpret)_cast<\s*(${TYPE})\s*(\*+)\s*>\s*\()\s*(?:std::)?\w*alloc\w*\s*\(`,
);
const ASSIGNED =
  /([A-Za-z_]\w*(?:(?:->|\.)[A-Za-z_]\w*|\[\w*\])*)\s*=\s*(?:\([^()]*\)\s*)?(?:std::)?\w*alloc\w*\s*\(/;
/** A name alone is taken for that of a type first, as in sizeof(node). */
const VARIABLE = /^\*|->|\.|\[/;

/** A text without comments, and with nothing in its strings. */
export function withoutComments(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)/g, (found) =>
    found.startsWith('/') ? ' ' : found[0] === '"' ? '""' : "''",
  );
}

/** Lines that a statement is looked for in, from the one that a debugger names. */
const LINES_BEFORE = 3;
const LINES_AFTER = 4;

/** The statement that a line (counted from 1) belongs to, which may be several lines long. */
export function statementAt(lines: readonly string[], line: number): string {
  const first = Math.max(0, line - 1 - LINES_BEFORE);
  const before = withoutComments(lines.slice(first, line - 1).join('\n'));
  const start = /[^;{}]*$/.exec(before)?.[0] ?? '';
  const rest = withoutComments(lines.slice(line - 1, line + LINES_AFTER).join('\n'));
  const end = /^[^;]*;?/.exec(rest)?.[0] ?? '';
  return `${start}\n${end}`.replace(/\s+/g, ' ').trim();
}

/** What the statement that allocates a block says of its type. */
export function typeClues(statement: string): TypeClue[] {
  const clues: TypeClue[] = [];
  const add = (expression: string | undefined, local: boolean, more = false) => {
    if (expression !== undefined && expression !== '') {
      clues.push({ expression: expression.trim(), local, more });
    }
  };
  add(NEW.exec(statement)?.[1], false);
  if (COPIES_TEXT.test(statement)) {
    add('char', false);
  }
  if (!ALLOCATES.test(statement)) {
    return clues;
  }
  const size = SIZEOF.exec(statement);
  const operand = size?.[1] ?? size?.[2];
  const more = size?.[3] !== undefined;
  if (operand !== undefined && VARIABLE.test(operand)) {
    add(operand, true, more);
  } else {
    add(operand, false, more);
  }
  const cast = CAST.exec(statement);
  add(cast ? `${cast[1] ?? cast[3] ?? ''}${(cast[2] ?? cast[4] ?? '').slice(1)}` : undefined, false, more);
  const assigned = ASSIGNED.exec(statement)?.[1];
  add(assigned === undefined ? undefined : `*${assigned}`, true, more);
  return clues;
}

/** The type that a library's function allocates: "std::__new_allocator<T>::allocate(…)" → "T", "strdup" → "char". */
export function elementOf(functionName: string): string | undefined {
  return /^_*(?:GI_*)?(?:strn?dup|v?asprintf|getline|getdelim)$/.test(functionName)
    ? 'char'
    : /^(?:std|__gnu_cxx)::(?:__)?new_allocator<(.+)>::allocate\b/.exec(functionName)?.[1]?.trim();
}

/** How a block of so many bytes is called that holds elements of a type; undefined where it cannot. */
export function objectName(type: string, size: number, requested: number, more: boolean): string | undefined {
  if (size <= 0 || requested < size) {
    return undefined;
  }
  if (requested === size || more) {
    return type;
  }
  return requested % size === 0 ? `${type}[${requested / size}]` : undefined;
}
