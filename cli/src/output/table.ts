/** Columns of text: the first ones left, figures right. */

export interface Column {
  title: string;
  right?: boolean;
}

/** Lines of a table, cut at `width` where one is given. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = Infinity,
): string[] {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((row) => (row[index] ?? '').length)),
  );
  const line = (cells: readonly string[]) =>
    columns
      .map(({ right }, index) => {
        const cell = cells[index] ?? '';
        const size = widths[index] ?? 0;
        return right ? cell.padStart(size) : cell.padEnd(size);
      })
      .join('  ')
      .trimEnd()
      .slice(0, width);
  return [line(columns.map(({ title }) => title)), ...rows.map(line)];
}
