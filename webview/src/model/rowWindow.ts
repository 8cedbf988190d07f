/**
 * Which rows of a long list are in sight. Rows are of one height, so that the
 * answer is arithmetic and costs nothing a row, also for ten million of them.
 * A browser cannot lay out an element of more than some 30 million pixels:
 * above MAX_HEIGHT the scroll bar is a scaled-down picture of the list,
 *
 *     offset = scrollTop * (full - viewport) / (height - viewport)
 *
 * and fine steps (wheel, keys) move `offset` itself, which a scaled scrollTop
 * is too coarse for. Ready-made virtualisers keep something for every row and
 * stop at that height.
 */

const MAX_HEIGHT = 10_000_000;

export interface RowWindow {
  /** First row in sight. */
  first: number;
  /** Rows to draw from there: one more than ever are in sight, so that the number stays the same while scrolling. */
  count: number;
  /** Where the first row's top lies, in pixels below the top of the viewport; at most 0. */
  top: number;
}

export class RowScroller {
  private rows = 0;
  private viewport = 0;
  private offset = 0;

  constructor(readonly rowHeight: number) {}

  /** Height of the scrolled element, in pixels. */
  get height(): number {
    return Math.min(this.full, MAX_HEIGHT);
  }

  /** Where the scroll bar belongs. */
  get scrollTop(): number {
    return this.full <= MAX_HEIGHT ? this.offset : this.offset / this.scale;
  }

  get window(): RowWindow {
    const first = Math.floor(this.offset / this.rowHeight);
    const needed = this.viewport > 0 ? Math.ceil(this.viewport / this.rowHeight) + 1 : 0;
    return {
      first,
      count: Math.max(0, Math.min(needed, this.rows - first)),
      top: first * this.rowHeight - this.offset,
    };
  }

  /** Rows that fit the viewport wholly. */
  get pageRows(): number {
    return Math.max(1, Math.floor(this.viewport / this.rowHeight));
  }

  resize(rows: number, viewport: number): void {
    this.rows = rows;
    this.viewport = viewport;
    this.moveTo(this.offset);
  }

  /** Takes the scroll bar's position; one that we set ourselves moves nothing. */
  scrolled(scrollTop: number): void {
    if (Math.abs(scrollTop - this.scrollTop) > 1) {
      this.moveTo(this.full <= MAX_HEIGHT ? scrollTop : scrollTop * this.scale);
    }
  }

  /** Moves by pixels of the list, not of the scroll bar. */
  moveBy(pixels: number): void {
    this.moveTo(this.offset + pixels);
  }

  /** Moves as little as brings `row` into sight. */
  reveal(row: number): void {
    const top = row * this.rowHeight;
    if (top < this.offset) {
      this.moveTo(top);
    } else if (top + this.rowHeight > this.offset + this.viewport) {
      this.moveTo(top + this.rowHeight - this.viewport);
    }
  }

  private get full(): number {
    return this.rows * this.rowHeight;
  }

  private get scale(): number {
    return (this.full - this.viewport) / Math.max(1, MAX_HEIGHT - this.viewport);
  }

  private moveTo(offset: number): void {
    this.offset = Math.max(0, Math.min(offset, this.full - this.viewport));
  }
}
