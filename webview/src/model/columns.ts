/** Which columns of a table fit its width: the least important go first, the rest share what is left. */

export interface ColumnSize {
  /** Least width, in pixels. */
  min: number;
  /** Share of the width that is left over. */
  grow: number;
  /** The column with the highest rank goes first; one without stays. */
  rank?: number;
}

/** The columns of `columns` that fit `width`, in their order. */
export function fitColumns<Column extends ColumnSize>(columns: readonly Column[], width: number): Column[] {
  const shown = [...columns];
  const excess = (): number => shown.reduce((sum, column) => sum + column.min, 0) - width;
  while (excess() > 0) {
    const least = shown.reduce<Column | undefined>(
      (worst, column) => ((column.rank ?? 0) > (worst?.rank ?? 0) ? column : worst),
      undefined,
    );
    if (!least) {
      break;
    }
    shown.splice(shown.indexOf(least), 1);
  }
  return shown;
}

/** Widths in whole pixels that add up to `width`: each its share of it, or its least. */
export function widthsOf(columns: readonly ColumnSize[], width: number): number[] {
  const widths = columns.map(({ min }) => min);
  let free = columns.map((_, index) => index);
  for (;;) {
    const taken = widths.reduce((sum, one, index) => (free.includes(index) ? sum : sum + one), 0);
    const shares = free.reduce((sum, index) => sum + (columns[index]?.grow ?? 0), 0);
    const share = shares > 0 && Number.isFinite(width) ? (width - taken) / shares : 0;
    const narrow = free.filter((index) => share * (columns[index]?.grow ?? 0) < (columns[index]?.min ?? 0));
    if (narrow.length === 0) {
      let end = 0;
      for (const index of free) {
        const start = end;
        end += share * (columns[index]?.grow ?? 0);
        widths[index] = Math.round(end) - Math.round(start);
      }
      return widths;
    }
    free = free.filter((index) => !narrow.includes(index));
  }
}
