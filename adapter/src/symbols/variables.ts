/** The global variable, or the member of one, that stands at an address, as gdb's console tells it. */
import { hex } from '../gdb/mi';

const POINTER_BYTES = 8;

/** "server + 16 in section .bss of /app" → symbol and offset. */
export function parseInfoSymbol(text: string): { symbol: string; offset: number } | undefined {
  const match = /^(.+?)(?: \+ (\d+))? in section \S+/.exec(text.trim());
  const symbol = match?.[1];
  return symbol === undefined ? undefined : { symbol, offset: Number(match?.[2] ?? 0) };
}

/**
 * The member at an offset in what `ptype /o` printed: each line holds offset
 * and size in a comment, then the member; nested structures follow in braces,
 * their name behind them. Undefined where no member starts there.
 */
export function memberAt(ptype: string, offset: number): string | undefined {
  // A nested structure's name follows its members, so the path is put together from its end.
  const lines = ptype.split('\n').reverse();
  const path: string[] = [];
  for (const line of lines) {
    const closes = /^[^}]*\}\s*(\w*)(\[[\d\][]+)?;/.exec(line.replace(/\/\*.*?\*\//g, ''));
    if (closes) {
      path.push(closes[1] ?? '');
      continue;
    }
    if (/\{\s*$/.test(line)) {
      path.pop();
      continue;
    }
    const member = /\/\*\s*(\d+)\s*\|\s*\d+\s*\*\/\s*(?:.*[\s*&])?(\w+)(?:\[\d+\])*;\s*$/.exec(line);
    if (member && Number(member[1]) === offset) {
      return [...path.filter((name) => name !== ''), member[2] ?? ''].join('.');
    }
  }
  return undefined;
}

/** Name of what stands at an address; undefined where gdb knows nothing there. */
export async function symbolAt(
  address: bigint,
  console: (command: string) => Promise<string>,
): Promise<string | undefined> {
  const found = parseInfoSymbol(await console(`info symbol ${hex(address)}`));
  if (!found) {
    return undefined;
  }
  // A static variable of a function may be called "cache.0".
  const name = found.symbol.replace(/\.\d+$/, '');
  const { offset } = found;
  const unknown = offset === 0 ? name : `${name}+${offset}`;
  try {
    const type = (await console(`whatis '${name}'`)).replace(/^type = /, '').trim();
    if (/\[\d+\]$/.test(type) && offset % POINTER_BYTES === 0) {
      return `${name}[${offset / POINTER_BYTES}]`;
    }
    if (offset === 0 && /(\*|^SpacesChunk)$/.test(type)) {
      return name;
    }
    const member = memberAt(await console(`ptype /o '${name}'`), offset);
    return member === undefined ? unknown : `${name}.${member}`;
  } catch {
    return unknown;
  }
}
