/** The entries: filters above, a virtual table of any length, the selected entry below. */
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { t } from '@vscode/l10n';
import type { Entry, HeapResponse } from '../../../adapter/src/protocol';
import {
  isNarrow,
  problemsOf,
  type TypedFilter,
  type EntrySort,
  type EntryState,
} from '../model/entryFilter';
import { placeOf, siteFrame, visible } from '../../../adapter/src/protocol/frames';
import type { Inspector } from '../model/inspector';
import { formatCount, formatSize } from '../../../adapter/src/protocol/sizes';
import type { GridColumn } from '../parts/grid';
import { address, empty, facts, icon, site, stack, tableActions } from './common';
import { detailPane, gridOf } from './tables';
import { bytesText, entryStateName, entryTypeName, groupByName } from '../../../adapter/src/protocol/words';

export function entriesView(model: Inspector, heap: HeapResponse): TemplateResult {
  return html`<div class="page table-page">
    ${filterBar(model, heap)} ${content(model, heap)}
    ${model.entries.selectedRow ? detail(model, heap, model.entries.selectedRow) : nothing}
  </div>`;
}

function content(model: Inspector, heap: HeapResponse): TemplateResult {
  const { list: entries } = model.entries;
  if (entries.error !== undefined) {
    return empty('error', entries.error);
  }
  if (entries.untouched) {
    return model.session === 'stopped'
      ? empty('filter', t('Correct the sizes above to see entries.'))
      : empty('debug-pause', t('Entries are read while the program is stopped.'));
  }
  if (entries.total === 0 && !entries.loading) {
    return empty('search-stop', t('No entry matches.'));
  }
  return gridOf(model.entries, {
    label: t('Entries'),
    columns: columnsFor(model, heap),
    sort: model.entries.choice.sort,
    sortBy: (by) => model.entries.sortBy(by as EntrySort['by']),
    open: (entry) => openSite(model, entry),
  });
}

function openSite(model: Inspector, entry: Entry): void {
  const frame = siteFrame(entry.site);
  const place = frame && placeOf(frame);
  if (place) {
    model.openSource(place.path, place.line);
  }
}

function filterBar(model: Inspector, heap: HeapResponse): TemplateResult {
  const { choice: filter } = model.entries;
  const problems = problemsOf(filter);
  const typed =
    (field: keyof TypedFilter) =>
    (event: Event): void =>
      model.entries.choose({ [field]: (event.target as HTMLInputElement).value }, true);
  const chosen =
    (field: keyof TypedFilter) =>
    (event: Event): void =>
      model.entries.choose({ [field]: (event.target as HTMLSelectElement).value });
  const states: [EntryState, string][] = [
    ['live', t('Live')],
    ['free', t('Free')],
    ['all', t('Live and free')],
  ];
  return html`<div class="table-bar" role="search">
    <vscode-textfield
      class="filter-text"
      .label=${t('Filter by function, file or address')}
      placeholder=${t('Function, file, 0x…')}
      .value=${live(filter.text)}
      @input=${typed('text')}
      >${icon('search', 'field-icon')}</vscode-textfield
    >
    <vscode-single-select
      class="filter-state"
      .label=${t('State')}
      .value=${filter.state}
      @change=${chosen('state')}
    >
      ${states.map(([value, name]) => html`<vscode-option value=${value}>${name}</vscode-option>`)}
    </vscode-single-select>
    <vscode-single-select
      class="filter-chunk"
      .label=${t('Chunk')}
      .value=${filter.chunk}
      @change=${chosen('chunk')}
    >
      <vscode-option value="">${t('All chunks')}</vscode-option>
      ${heap.chunks.map((chunk) => html`<vscode-option value=${chunk.id}>${chunk.label}</vscode-option>`)}
    </vscode-single-select>
    <vscode-textfield
      class="filter-size"
      .label=${t('Smallest size')}
      placeholder=${t('Min size')}
      title=${problems.minSize ? t('A size such as 64 or 4KB') : t('Smallest size')}
      .value=${live(filter.minSize)}
      ?invalid=${problems.minSize !== undefined}
      @input=${typed('minSize')}
    ></vscode-textfield>
    <vscode-textfield
      class="filter-size"
      .label=${t('Largest size')}
      placeholder=${t('Max size')}
      title=${
        problems.maxSize === 'range'
          ? t('Smaller than the smallest size')
          : problems.maxSize
            ? t('A size such as 64 or 4KB')
            : t('Largest size')
      }
      .value=${live(filter.maxSize)}
      ?invalid=${problems.maxSize !== undefined}
      @input=${typed('maxSize')}
    ></vscode-textfield>
    ${
      isNarrow(filter)
        ? html`<vscode-toolbar-button
            icon="clear-all"
            label=${t('Clear filters')}
            title=${t('Clear filters')}
            @click=${() => model.entries.clear()}
          ></vscode-toolbar-button>`
        : nothing
    }
    ${
      filter.group
        ? html`<button
            class="pill pill-button"
            title=${t('Show all groups again')}
            @click=${() => model.entries.choose({ group: undefined })}
          >
            ${groupByName(filter.group.by, t)}:
            <span class="pill-text">${visible(filter.group.key)}</span>${icon('close')}
          </button>`
        : nothing
    }
    <span class="count" role="status">${countText(model)}</span>
    ${tableActions(model, model.entries.table('csv'))}
  </div>`;
}

/** "n of m live blocks, b bytes". */
function countText(model: Inspector): string {
  const { list: entries, choice: filter } = model.entries;
  const { answer } = entries;
  if (entries.untouched || entries.error !== undefined || !answer) {
    return '';
  }
  const [shown, all, bytes] = [formatCount(answer.total), formatCount(answer.all), formatSize(answer.bytes)];
  return filter.state === 'live'
    ? t('{0} of {1} live blocks, {2}', shown, all, bytes)
    : t('{0} of {1} entries, {2}', shown, all, bytes);
}

function columnsFor(model: Inspector, heap: HeapResponse): GridColumn<Entry>[] {
  const names = new Map(heap.chunks.map((chunk) => [chunk.id, chunk.label]));
  const debug = heap.build === 'debug';
  return [
    {
      id: 'address',
      title: t('Address'),
      min: 146,
      grow: 1,
      sortable: true,
      cell: (entry) =>
        html`${entry.status === 'damaged' ? icon('warning', 'damaged') : nothing}${address(
          model,
          entry.address,
          true,
        )}`,
    },
    {
      id: 'size',
      title: t('Size'),
      min: 80,
      grow: 0.6,
      align: 'end',
      sortable: true,
      cell: (entry) => t('{0} B', formatCount(entry.size)),
    },
    ...(debug
      ? [
          {
            id: 'requested',
            rank: 3,
            title: t('Requested'),
            min: 96,
            grow: 0.6,
            align: 'end' as const,
            cell: (entry: Entry) => t('{0} B', formatCount(entry.requested)),
          },
          {
            id: 'age',
            rank: 2,
            title: t('Allocation'),
            min: 104,
            grow: 0.6,
            align: 'end' as const,
            sortable: true,
            cell: (entry: Entry) => (entry.sequence > 0 ? `#${formatCount(entry.sequence)}` : ''),
          },
        ]
      : []),
    {
      id: 'type',
      rank: 4,
      title: t('Type'),
      min: 64,
      grow: 0.5,
      cell: (entry) =>
        html`<span class=${entry.inUse ? '' : 'none'}
          >${entry.object === undefined ? entryTypeName(entry.type, t) : visible(entry.object)}</span
        >`,
    },
    ...(model.entries.choice.chunk
      ? []
      : [
          {
            id: 'chunk',
            rank: 5,
            title: t('Chunk'),
            min: 100,
            grow: 1,
            cell: (entry: Entry) => names.get(entry.chunk) ?? entry.chunk,
          },
        ]),
    ...(debug
      ? [
          {
            id: 'site',
            title: t('Allocated in'),
            min: 200,
            grow: 2.4,
            sortable: true,
            cell: (entry: Entry) => site(model, entry.site),
          },
        ]
      : []),
  ];
}

function detail(model: Inspector, heap: HeapResponse, entry: Entry): TemplateResult {
  const chunk = heap.chunks.find((candidate) => candidate.id === entry.chunk);
  return detailPane({
    label: t('Selected entry'),
    heading: html`<h2 class="mono">${entry.address}</h2>`,
    actions: html`<vscode-button
        ?disabled=${model.session !== 'stopped'}
        @click=${() => model.openBlock(entry.address)}
        >${t('Show Block')}</vscode-button
      >
      <vscode-button
        secondary
        ?disabled=${model.session !== 'stopped'}
        @click=${() => model.viewMemory(entry.address, entry.size)}
        >${t('Open in Memory View')}</vscode-button
      >
      <vscode-button secondary @click=${() => model.copy(entry.address)}
        >${t('Copy Address')}</vscode-button
      >`,
    close: () => model.entries.select(-1),
    body: html`${facts([
      [t('State'), entryStateName(entry.state, t)],
      [t('Size'), bytesText(entry.size, t)],
      [t('Requested'), entry.requested === entry.size ? undefined : bytesText(entry.requested, t)],
      [t('Object type'), entry.object === undefined ? undefined : visible(entry.object)],
      [
        t('Chunk'),
        chunk
          ? html`<button class="link" @click=${() => model.openEntries(chunk.id)}>${chunk.label}</button>`
          : address(model, entry.chunk),
      ],
      [
        t('Allocation'),
        entry.sequence > 0
          ? t('#{0}, {1} allocations ago', formatCount(entry.sequence), formatCount(entry.age))
          : undefined,
      ],
      [t('Thread'), entry.thread > 0 ? String(entry.thread) : undefined],
      [t('Status'), entry.status === 'damaged' ? t('damaged') : undefined],
    ])}
    ${entry.site.length > 0 ? stack(model, t('Allocated'), entry.site) : nothing}`,
  });
}
