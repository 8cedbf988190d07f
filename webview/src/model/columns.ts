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

/** The CSS grid tracks of `columns`. */
export function tracksOf(columns: readonly ColumnSize[]): string {
  return columns.map(({ min, grow }) => `minmax(${min}px, ${grow}fr)`).join(' ');
}
