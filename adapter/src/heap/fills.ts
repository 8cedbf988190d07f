/**
 * Values that are a fill pattern of the debug build: read from heap bytes that nobody wrote, from a block that was
 * freed, or from beside a block. Told from the text in which gdb shows them, of whatever type.
 */
import type { Fills } from '../reader/native';

/** Bytes of a number that is taken for a fill; two bytes alone are too often what a program means. */
const WIDTHS = [4, 8];
/** Characters that an array of them must have. */
const FEWEST_CHARACTERS = 4;

const NAMES: Readonly<Record<keyof Fills, string>> = {
  fresh: 'uninitialised heap bytes',
  freed: 'freed heap bytes',
  front: 'bytes before a heap block',
  back: 'bytes after a heap block',
};

const HINT = new RegExp(`(${Object.values(NAMES).join('|')}) \\(0x[0-9a-f]{2}\\)$`);

function repeated(fill: number, width: number): Buffer {
  return Buffer.alloc(width, fill);
}

/** The texts in which gdb shows a fill as a number. */
function numbersOf(fill: number): string[] {
  return WIDTHS.flatMap((width) => {
    const unsigned = BigInt(`0x${repeated(fill, width).toString('hex')}`);
    const hex = `0x${unsigned.toString(16)}`;
    return [hex, String(unsigned), String(BigInt.asIntN(8 * width, unsigned)), `(unknown: ${hex})`];
  });
}

/** An array of characters in gdb's three ways of writing one: a run, a string, what is no whole character at the end. */
const CHARACTERS =
  /^(?:'(\\\d{3})' <repeats (\d+) times>|"((?:\\\d{3})+)")(?:, <incomplete sequence ((?:\\\d{3})+)>)?$/;

function isRunOf(text: string, character: string): boolean {
  const [, repeatedOne, times, string = '', end = ''] = CHARACTERS.exec(text) ?? [];
  const count = Number(times ?? 0) + (string.length + end.length) / character.length;
  const all = (repeatedOne ?? '') + string + end;
  return count >= FEWEST_CHARACTERS && all === character.repeat(all.length / character.length);
}

function isFill(value: string, fill: number): boolean {
  const text = value.replace(/^\([^()]*\*\)\s*/, '');
  if (numbersOf(fill).includes(text)) {
    return true;
  }
  if (/^-?\d[\d.]*(e[+-]\d+)?$/.test(text)) {
    const bytes = repeated(fill, 8);
    const number = Number(text);
    // gdb prints as many digits as tell a number from its neighbours: 9 of a float, 17 of a double.
    return number === bytes.readDoubleLE() || Math.fround(number) === bytes.readFloatLE();
  }
  return isRunOf(text, `\\${fill.toString(8)}`);
}

/** What a value is if it is nothing but a fill pattern: "uninitialised heap bytes (0xcb)". */
export function fillText(value: string, fills: Fills): string | undefined {
  for (const name of Object.keys(NAMES) as (keyof Fills)[]) {
    const fill = fills[name];
    if (isFill(value, fill)) {
      return `${NAMES[name]} (0x${fill.toString(16)})`;
    }
  }
  return undefined;
}

/** Whether a text ends in what `fillText` says. */
export function endsInFillText(text: string): boolean {
  return HINT.test(text);
}
