/**
 * <spaces-grid>: a table that draws only the rows in sight, whatever their
 * number, with the keys, roles and look of a VS Code list. What belongs to the
 * whole table is drawn as in every element; the rows are drawn by themselves,
 * at most once a frame, so that scrolling costs nothing but them.
 */
import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { classMap } from 'lit/directives/class-map.js';
import { fitColumns, widthsOf, type ColumnSize } from '../model/columns';
import { RowScroller } from '../model/rowWindow';
import { cssVars } from './cssVars';
import { RowPool } from './gridRows';

export interface GridColumn<Row> extends ColumnSize {
  id: string;
  title: string;
  align?: 'end';
  sortable?: boolean;
  cell(row: Row): TemplateResult | string;
}
export interface GridSort {
  by: string;
  descending?: boolean;
}

const ROW_HEIGHT = 22;
const HEAD_HEIGHT = 26;
/** Left and right of the cells, as in grid.css. */
const SIDE_PADDING = 32;
let grids = 0;

@customElement('spaces-grid')
export class SpacesGrid extends LitElement {
  @property({ attribute: false }) columns: GridColumn<unknown>[] = [];
  @property({ type: Number }) rowCount = 0;
  /** The row at an index; undefined while it is on its way. */
  @property({ attribute: false }) rowAt: (index: number) => unknown = () => undefined;
  @property({ attribute: false }) sort: GridSort | undefined;
  @property() label = '';
  @property({ type: Number }) selected = -1;
  /** Where this changes, the list begins at its top again. */
  @property() list = '';
  @state() private viewport = 0;
  @state() private tableWidth = Infinity;
  @query('.grid-scroll', true) private scroller!: HTMLElement;
  @query('.grid-rows', true) private body!: HTMLElement;
  private readonly rows = new RowScroller(ROW_HEIGHT);
  private readonly gridId = `grid${++grids}`;
  private readonly sizes = new ResizeObserver(() => this.measure());
  private range = '';
  private pool: RowPool | undefined;
  private shown: GridColumn<unknown>[] = [];
  private widths: number[] = [];
  private frame = 0;
  /** Where we last knew the scroll bar: asking for it would lay the page out. */
  private barTop = 0;

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes.disconnect();
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.sizes.observe(this);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('list')) {
      this.rows.reveal(0);
    }
    const inSight = this.isInSight(this.selected);
    this.rows.resize(this.rowCount, this.viewport);
    if (inSight && changed.has('viewport' as keyof SpacesGrid)) {
      this.rows.reveal(this.selected);
    }
    if (changed.has('columns') || changed.has('tableWidth' as keyof SpacesGrid)) {
      this.shown = fitColumns(this.columns, this.tableWidth - SIDE_PADDING);
      const widths = widthsOf(this.shown, this.tableWidth - SIDE_PADDING);
      if (widths.join() !== this.widths.join()) {
        this.widths = widths;
      }
    }
  }

  override updated(): void {
    this.drawRows();
  }

  override render(): TemplateResult {
    return html`<div
      class="grid-scroll"
      role="grid"
      tabindex="0"
      aria-label=${this.label}
      aria-rowcount=${this.rowCount + 1}
      aria-colcount=${this.shown.length}
      @scroll=${this.onScroll}
      @wheel=${this.onWheel}
      @keydown=${this.onKeyDown}
    >
      <div
        class="grid-head"
        role="row"
        aria-rowindex="1"
        ${cssVars({ '--columns': this.widths.map((width) => `${width}px`).join(' ') })}
      >
        ${this.shown.map((column) => this.headCell(column))}
      </div>
      <div class="grid-spacer" role="rowgroup" ${cssVars({ '--spacer': `${this.rows.height}px` })}>
        <div
          class="grid-rows"
          role="presentation"
          @click=${(event: Event) => this.tellRow('grid-select', event)}
          @dblclick=${(event: Event) => this.tellRow('grid-activate', event)}
        ></div>
      </div>
    </div>`;
  }

  /** Draws the rows when the next frame is due. */
  private scheduleRows(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.drawRows();
    });
  }

  private drawRows(): void {
    this.pool ??= new RowPool(this.body);
    if (Math.abs(this.barTop - this.rows.scrollTop) > 1) {
      this.barTop = this.rows.scrollTop;
      this.scroller.scrollTop = this.barTop;
    }
    const { first, count } = this.rows.window;
    const selectedId = `${this.gridId}-${this.selected}`;
    this.pool.draw({
      window: this.rows.window,
      rowHeight: ROW_HEIGHT,
      rowAt: this.rowAt,
      columns: this.shown,
      widths: this.widths,
      selected: this.selected,
      selectedId,
    });
    if (this.isInSight(this.selected)) {
      this.scroller.setAttribute('aria-activedescendant', selectedId);
    } else {
      this.scroller.removeAttribute('aria-activedescendant');
    }
    const range = `${first}+${count}`;
    if (range !== this.range) {
      this.range = range;
      this.emit('grid-range', { first, last: first + Math.max(0, count - 1) });
    }
  }

  private isInSight(index: number): boolean {
    const { first, count } = this.rows.window;
    return index >= first && index < first + count;
  }

  private tellRow(name: string, event: Event): void {
    const index = this.pool?.indexOf(event.target);
    if (index !== undefined) {
      this.emit(name, index);
    }
  }

  private headCell(column: GridColumn<unknown>): TemplateResult {
    const sorted = this.sort?.by === column.id ? this.sort : undefined;
    const classes = classMap({ 'grid-cell': true, end: column.align === 'end' });
    if (!column.sortable) {
      return html`<div class=${classes} role="columnheader">${column.title}</div>`;
    }
    const direction = sorted?.descending ? 'descending' : 'ascending';
    return html`<div class=${classes} role="columnheader" aria-sort=${sorted ? direction : 'none'}>
      <button class="grid-sort" data-column=${column.id} @click=${() => this.emit('grid-sort', column.id)}>
        ${column.title}${
          sorted
            ? html`<span
                class="codicon codicon-${sorted.descending ? 'arrow-down' : 'arrow-up'}"
                aria-hidden="true"
              ></span>`
            : nothing
        }
      </button>
    </div>`;
  }

  private readonly onScroll = (): void => {
    this.barTop = this.scroller.scrollTop;
    this.rows.scrolled(this.barTop);
    this.scheduleRows();
  };

  /** Where the scroll bar is a scaled-down picture, the wheel moves the list itself. */
  private readonly onWheel = (event: WheelEvent): void => {
    if (this.rows.height < this.rowCount * ROW_HEIGHT && !event.ctrlKey && event.deltaY !== 0) {
      event.preventDefault();
      this.rows.moveBy(
        event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * ROW_HEIGHT : event.deltaY,
      );
      this.scheduleRows();
    }
  };

  private readonly onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== this.scroller) {
      return;
    }
    const last = this.rowCount - 1;
    const page = this.rows.pageRows;
    const from = this.selected < 0 ? this.rows.window.first : this.selected;
    const moves: Record<string, number> = {
      ArrowDown: this.selected < 0 ? from : from + 1,
      ArrowUp: from - 1,
      PageDown: from + page,
      PageUp: from - page,
      Home: 0,
      End: last,
    };
    const to = moves[event.key];
    if (to !== undefined && last >= 0) {
      event.preventDefault();
      const index = Math.max(0, Math.min(last, to));
      this.rows.reveal(index);
      this.emit('grid-select', index);
      this.scheduleRows();
    } else if (event.key === 'Enter' && this.selected >= 0) {
      event.preventDefault();
      this.emit('grid-activate', this.selected);
    }
  };

  private measure(): void {
    this.viewport = Math.max(0, this.scroller.clientHeight - HEAD_HEIGHT);
    this.tableWidth = this.scroller.clientWidth;
  }

  private emit(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
