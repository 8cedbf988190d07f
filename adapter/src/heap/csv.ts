/** Comma-separated values as RFC 4180 has them. */

/** The name of a column, and its value in a row. */
export type Column<T> = readonly [name: string, get: (row: T) => string | number];

/** What a spreadsheet would take for a formula gets a quote before it. */
function field(value: string | number): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csvLine(values: readonly (string | number)[]): string {
  return `${values.map(field).join(',')}\r\n`;
}
