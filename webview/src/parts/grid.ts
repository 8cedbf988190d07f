/**
 * <spaces-grid>: a table that draws only the rows in sight, whatever their
 * number, with the keys, roles and look of a VS Code list.
 */
import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { classMap } from 'lit/directives/class-map.js';
import { fitColumns, tracksOf, type ColumnSize } from '../model/columns';
import { RowScroller } from '../model/rowWindow';
import { cssVars } from './cssVars';

export interface GridColumn<Row> extends ColumnSize {
  id: string;
  title: string;
  align?: 'end';
  sortable?: boolean;
  cell(row: Row): TemplateResult | string;
}
export interface GridSort {
  by: string;
  descending: boolean;
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
  @query('.grid-scroll') private scroller!: HTMLElement;
  private readonly rows = new RowScroller(ROW_HEIGHT);
  private readonly gridId = `grid${++grids}`;
  private readonly sizes = new ResizeObserver(() => this.measure());
  private range = '';

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes.disconnect();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.sizes.observe(this);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('list')) {
      this.rows.reveal(0);
    }
    const { first, count } = this.rows.window;
    const inSight = this.selected >= first && this.selected < first + count;
    this.rows.resize(this.rowCount, this.viewport);
    if (inSight && changed.has('viewport' as keyof SpacesGrid)) {
      this.rows.reveal(this.selected);
    }
  }

  override updated(): void {
    if (Math.abs(this.scroller.scrollTop - this.rows.scrollTop) > 1) {
      this.scroller.scrollTop = this.rows.scrollTop;
    }
    const { first, count } = this.rows.window;
    const range = `${first}+${count}`;
    if (range !== this.range) {
      this.range = range;
      this.dispatchEvent(
        new CustomEvent('grid-range', { detail: { first, last: first + Math.max(0, count - 1) } }),
      );
    }
  }

  override render(): TemplateResult {
    const { first, count, top } = this.rows.window;
    const columns = fitColumns(this.columns, this.tableWidth - SIDE_PADDING);
    const indices = Array.from({ length: count }, (_, index) => first + index);
    return html`<div
      class="grid-scroll"
      role="grid"
      tabindex="0"
      aria-label=${this.label}
      aria-rowcount=${this.rowCount + 1}
      aria-colcount=${columns.length}
      aria-activedescendant=${
        this.selected >= first && this.selected < first + count ? this.rowId(this.selected) : nothing
      }
      ${cssVars({
        '--columns': tracksOf(columns),
        '--spacer': `${this.rows.height}px`,
        '--shift': `${top}px`,
      })}
      @scroll=${this.onScroll}
      @wheel=${this.onWheel}
      @keydown=${this.onKeyDown}
    >
      <div class="grid-row grid-head" role="row" aria-rowindex="1">
        ${columns.map((column) => this.headCell(column))}
      </div>
      <div class="grid-spacer" role="rowgroup">
        <div class="grid-rows" role="presentation">${indices.map((index) => this.row(index, columns))}</div>
      </div>
    </div>`;
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

  private row(index: number, columns: readonly GridColumn<unknown>[]): TemplateResult {
    const row = this.rowAt(index);
    const selected = index === this.selected;
    return html`<div
      class=${classMap({ 'grid-row': true, selected, pending: row === undefined })}
      role="row"
      id=${this.rowId(index)}
      aria-rowindex=${index + 2}
      aria-selected=${selected}
      aria-busy=${row === undefined}
      @click=${() => this.emit('grid-select', index)}
      @dblclick=${() => this.emit('grid-activate', index)}
    >
      ${columns.map(
        (column) =>
          html`<div class=${classMap({ 'grid-cell': true, end: column.align === 'end' })} role="gridcell">
            ${row === undefined ? html`<span class="grid-pending"></span>` : column.cell(row)}
          </div>`,
      )}
    </div>`;
  }

  private readonly onScroll = (): void => {
    this.rows.scrolled(this.scroller.scrollTop);
    this.requestUpdate();
  };

  /** Where the scroll bar is a scaled-down picture, the wheel moves the list itself. */
  private readonly onWheel = (event: WheelEvent): void => {
    if (this.rows.height < this.rowCount * ROW_HEIGHT && !event.ctrlKey && event.deltaY !== 0) {
      event.preventDefault();
      this.rows.moveBy(
        event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * ROW_HEIGHT : event.deltaY,
      );
      this.requestUpdate();
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
      this.requestUpdate();
    } else if (event.key === 'Enter' && this.selected >= 0) {
      event.preventDefault();
      this.emit('grid-activate', this.selected);
    }
  };

  private measure(): void {
    this.viewport = Math.max(0, this.scroller.clientHeight - HEAD_HEIGHT);
    this.tableWidth = this.scroller.clientWidth;
  }

  private rowId(index: number): string {
    return `${this.gridId}-${index}`;
  }

  private emit(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
