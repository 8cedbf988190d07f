/** Tables of a chosen part of the heap, and the pane below that tells of the selected row. */
import { html, type TemplateResult } from 'lit';
import { t } from '@vscode/l10n';
import type { ChosenTable } from '../model/chosenTable';
import type { Page } from '../model/pagedList';
import type { GridColumn, GridSort } from '../parts/grid';

interface GridOptions<Row> {
  label: string;
  columns: GridColumn<Row>[];
  sort?: GridSort;
  sortBy?: (column: string) => void;
  /** A double click or Enter on a row that is here. */
  open: (row: Row) => void;
}

/** The rows of `table`. */
export function gridOf<Choice extends object, Query, Row, Answer extends Page<Row>>(
  table: ChosenTable<Choice, Query, Row, Answer>,
  { label, columns, sort, sortBy, open }: GridOptions<Row>,
): TemplateResult {
  const { list } = table;
  return html`<spaces-grid
    class=${list.loading ? 'loading' : ''}
    label=${label}
    .columns=${columns}
    .rowCount=${list.total}
    .rowAt=${(index: number) => list.row(index)}
    .sort=${sort}
    .selected=${table.selected}
    .list=${JSON.stringify(table.choice)}
    @grid-sort=${(event: CustomEvent<string>) => sortBy?.(event.detail)}
    @grid-range=${(event: CustomEvent<{ first: number; last: number }>) =>
      list.want(event.detail.first, event.detail.last)}
    @grid-select=${(event: CustomEvent<number>) => table.select(event.detail)}
    @grid-activate=${(event: CustomEvent<number>) => {
      const row = list.row(event.detail);
      if (row !== undefined) {
        open(row);
      }
    }}
  ></spaces-grid>`;
}

interface DetailParts {
  label: string;
  heading: TemplateResult;
  actions: TemplateResult;
  close: () => void;
  body: TemplateResult;
}

/** What there is to know of the selected row, and what can be done with it. */
export function detailPane({ label, heading, actions, close, body }: DetailParts): TemplateResult {
  return html`<section class="detail" aria-label=${label}>
    <div class="detail-head">
      ${heading} ${actions}
      <span class="spring"></span>
      <vscode-toolbar-button
        icon="close"
        label=${t('Close')}
        title=${t('Close')}
        @click=${close}
      ></vscode-toolbar-button>
    </div>
    <div class="detail-body">${body}</div>
  </section>`;
}
