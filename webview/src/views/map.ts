/** The heap map: slabs as cells coloured by use, zoomed to the blocks of a slab; the same as a table. */
import { html, nothing, type TemplateResult } from 'lit';
import { t } from '@vscode/l10n';
import type {
  EntryState,
  HeapResponse,
  MapCell,
  SlabBlock,
  SlabKind,
  SlabResponse,
} from '../../../adapter/src/protocol';
import { formatCount, formatSize } from '../../../adapter/src/protocol/sizes';
import { blocksText, bytesText, entryStateName } from '../../../adapter/src/protocol/words';
import type { Inspector } from '../model/inspector';
import type { CellLook } from '../parts/cells';
import type { GridColumn } from '../parts/grid';
import { address, chunkSelect, empty, icon, modeButtons, reading, searchField } from './common';

const SLAB_BYTES = 65536;

export function mapView(model: Inspector, heap: HeapResponse): TemplateResult {
  return html`<div class="page table-page">${bar(model, heap)} ${path(model)} ${content(model)}</div>`;
}

function bar(model: Inspector, heap: HeapResponse): TemplateResult {
  const { map } = model;
  const { choice } = map;
  return html`<div class="table-bar" role="search">
    ${modeButtons(
      t('Show as'),
      choice.asTable ? 'table' : 'map',
      [
        ['map', 'symbol-array', t('Map')],
        ['table', 'list-flat', t('Table')],
      ],
      (mode) => map.showAsTable(mode === 'table'),
    )}
    ${searchField(t('Mark blocks'), t('Mark function, file or 0x address'), choice.find, (find) =>
      map.choose({ find }, true),
    )}
    ${choice.slab ? nothing : chunkSelect(heap, choice.chunk, (chunk) => map.choose({ chunk }))}
    <span class="count" role="status">${countText(model)}</span>
  </div>`;
}

function countText({ map }: Inspector): string {
  if (map.choice.slab) {
    const { answer } = map.blocks;
    return answer ? t('{0} of {1} blocks', formatCount(answer.blocks.length), formatCount(answer.total)) : '';
  }
  const { answer } = map.map;
  if (!answer) {
    return '';
  }
  const shown = t('{0} of {1} slabs', formatCount(answer.count), formatCount(answer.total));
  const hits = answer.cells.reduce((sum, cell) => sum + cell.hits, 0);
  return map.choice.find.trim() && !map.map.loading
    ? t('{0}, {1} marked', shown, blocksText(hits, t))
    : shown;
}

/** Where in the heap the picture is, and the way back. */
function path({ map }: Inspector): TemplateResult | typeof nothing {
  if (!map.zoomed) {
    return nothing;
  }
  const zoom = map.choice.zooms.at(-1);
  return html`<div class="map-path">
    <button class="link" @click=${() => map.leave(true)}>${t('Whole heap')}</button>
    ${
      zoom
        ? html`${icon('chevron-right')}<button
              class="link"
              ?disabled=${!map.choice.slab}
              @click=${() => map.choice.slab && map.leave()}
            >
              ${t('slabs {0} to {1}', formatCount(zoom.start), formatCount(zoom.start + zoom.count - 1))}
            </button>`
        : nothing
    }
    ${map.choice.slab ? html`${icon('chevron-right')}<span class="mono">${map.choice.slab}</span>` : nothing}
    <span class="spring"></span>
    <vscode-toolbar-button
      icon="zoom-out"
      label=${t('Zoom out')}
      title=${t('Zoom out (Escape)')}
      @click=${() => map.leave()}
    ></vscode-toolbar-button>
  </div>`;
}

function content(model: Inspector): TemplateResult {
  const { map } = model;
  const read = map.choice.slab ? map.blocks : map.map;
  if (read.error !== undefined) {
    return empty('error', read.error);
  }
  if (!read.answer) {
    return read.loading || model.session === 'stopped'
      ? reading(t('Reading the map'))
      : empty('debug-pause', t('The map is read while the program is stopped.'));
  }
  return map.choice.slab ? slab(model) : cells(model);
}

function cells(model: Inspector): TemplateResult {
  const { map } = model;
  const shown = map.cells;
  if (shown.length === 0) {
    return empty('symbol-array', t('The heap has no slab yet.'));
  }
  if (map.choice.asTable) {
    return html`<spaces-grid
      label=${t('Heap map')}
      .columns=${cellColumns(model)}
      .rowCount=${shown.length}
      .rowAt=${(index: number) => shown[index]}
      .selected=${map.cursor}
      @grid-select=${(event: CustomEvent<number>) => map.moveTo(event.detail)}
      @grid-activate=${(event: CustomEvent<number>) => map.enter(event.detail)}
    ></spaces-grid>`;
  }
  const current = shown[map.cursor];
  return html`<spaces-cells
      .cells=${shown.map(cellLook)}
      .cursor=${map.cursor}
      label=${t('Heap map: arrows move, Enter zooms in, Escape zooms out')}
      .description=${current ? cellText(model, current) : ''}
      .titleOf=${(index: number) => (shown[index] ? cellText(model, shown[index]) : '')}
      @cell-select=${(event: CustomEvent<number>) => map.moveTo(event.detail)}
      @cell-open=${(event: CustomEvent<number>) => map.enter(event.detail)}
      @cells-leave=${() => map.leave()}
    ></spaces-cells>
    ${legend([
      ['live', t('live, the stronger the fuller')],
      ['pool', t('free, in the pool')],
      ['header', t('headers')],
    ])}
    <div class="picture-status" role="status">
      ${
        current
          ? html`<span class="status-text">${cellText(model, current)}</span><span class="spring"></span>${
                current.used > 0 || current.count > 1
                  ? html`<button class="link" @click=${() => map.enter(map.cursor)}>${t('Zoom in')}</button>`
                  : nothing
              }`
          : nothing
      }
    </div>`;
}

function cellLook(cell: MapCell): CellLook {
  const part = cell.liveBytes / Math.max(1, cell.count * SLAB_BYTES);
  return {
    fill:
      cell.used === 0 ? (cell.kind === 'header' ? 'header' : 'pool') : cell.liveCount > 0 ? 'live' : 'empty',
    level: Math.min(1, part),
    damaged: cell.damaged,
    hit: cell.hits > 0,
  };
}

function slabKindName(kind: SlabKind): string {
  const names: Record<SlabKind, string> = {
    header: t('headers'),
    free: t('free'),
    small: t('small blocks'),
    span: t('medium blocks'),
    large: t('a large block'),
    mixed: t('blocks of several sizes'),
  };
  return names[kind];
}

function chunkName(model: Inspector, id: string | undefined): string {
  return id === undefined ? '' : (model.chunk(id)?.label ?? id);
}

function cellText(model: Inspector, cell: MapCell): string {
  return [
    cell.count === 1
      ? t('Slab {0} at {1}', formatCount(cell.start), cell.address)
      : t(
          'Slabs {0} to {1} at {2}',
          formatCount(cell.start),
          formatCount(cell.start + cell.count - 1),
          cell.address,
        ),
    cell.used === 0 ? slabKindName(cell.kind) : contentsText(cell),
    cell.used > 0 && cell.chunks === 1 ? chunkName(model, cell.chunk) : '',
    cell.chunks > 1 ? t('{0} chunks', formatCount(cell.chunks)) : '',
    cell.damaged ? t('damaged') : '',
    cell.hits > 0 ? t('{0} marked', formatCount(cell.hits)) : '',
  ]
    .filter(Boolean)
    .join(', ');
}

function contentsText(cell: MapCell): string {
  const live = t('{0} live in {1}', formatSize(cell.liveBytes), blocksText(cell.liveCount, t));
  return cell.blockSize > 0 && cell.count === 1 ? t('{0} of {1}', live, formatSize(cell.blockSize)) : live;
}

function cellColumns(model: Inspector): GridColumn<MapCell>[] {
  return [
    {
      id: 'address',
      title: t('Address'),
      min: 146,
      grow: 1,
      cell: (cell) => html`<span class="mono">${cell.address}</span>`,
    },
    {
      id: 'slabs',
      title: t('Slabs'),
      min: 64,
      grow: 0.5,
      align: 'end',
      cell: (cell) => formatCount(cell.count),
    },
    { id: 'kind', title: t('Holds'), min: 120, grow: 1, rank: 2, cell: (cell) => slabKindName(cell.kind) },
    {
      id: 'live',
      title: t('Live'),
      min: 80,
      grow: 0.6,
      align: 'end',
      cell: (cell) => formatSize(cell.liveBytes),
    },
    {
      id: 'blocks',
      title: t('Blocks'),
      min: 72,
      grow: 0.5,
      align: 'end',
      cell: (cell) => formatCount(cell.liveCount),
    },
    {
      id: 'chunk',
      title: t('Chunk'),
      min: 120,
      grow: 1.5,
      rank: 3,
      cell: (cell) => chunkName(model, cell.chunk),
    },
    {
      id: 'marks',
      title: t('Marks'),
      min: 90,
      grow: 0.6,
      rank: 1,
      cell: (cell) =>
        html`${cell.damaged ? icon('warning', 'damaged') : nothing}${cell.hits > 0 ? formatCount(cell.hits) : ''}`,
    },
  ];
}

function slab(model: Inspector): TemplateResult {
  const { map } = model;
  const { answer } = map.blocks;
  const blocks = map.slabBlocks;
  if (!answer || blocks.length === 0) {
    return empty('symbol-array', t('There is no block in this slab.'));
  }
  const current = blocks[map.cursor];
  if (map.choice.asTable) {
    return html`<spaces-grid
      label=${t('Blocks of the slab')}
      .columns=${blockColumns(model)}
      .rowCount=${blocks.length}
      .rowAt=${(index: number) => blocks[index]}
      .selected=${map.cursor}
      @grid-select=${(event: CustomEvent<number>) => map.moveTo(event.detail)}
      @grid-activate=${(event: CustomEvent<number>) => openBlock(model, blocks[event.detail])}
    ></spaces-grid>`;
  }
  return html`<p class="slab-facts">${slabText(model, answer)}</p>
    <spaces-cells
      .cells=${blocks.map(blockLook)}
      .cursor=${map.cursor}
      label=${t('Blocks of the slab: arrows move, Enter shows the block, Escape zooms out')}
      .description=${current ? blockText(current) : ''}
      .titleOf=${(index: number) => (blocks[index] ? blockText(blocks[index]) : '')}
      @cell-select=${(event: CustomEvent<number>) => map.moveTo(event.detail)}
      @cell-open=${(event: CustomEvent<number>) => openBlock(model, blocks[event.detail])}
      @cells-leave=${() => map.leave()}
    ></spaces-cells>
    ${legend([
      ['live', t('live')],
      ['held', t('freed, held back')],
      ['empty', t('free')],
      ['pool', t('never used')],
    ])}
    <div class="picture-status" role="status">
      ${
        current
          ? html`<span class="status-text">${blockText(current)}</span><span class="spring"></span>${address(
                model,
                current.address,
              )}`
          : nothing
      }
    </div>`;
}

function slabText(model: Inspector, answer: SlabResponse): string {
  return [
    slabKindName(answer.kind),
    answer.blockSize > 0 ? t('{0} a block', formatSize(answer.blockSize)) : '',
    t('{0} of {1} put to use', formatSize(answer.carvedBytes), formatSize(answer.bytes)),
    chunkName(model, answer.chunk),
    answer.thread > 0 ? t('thread {0}', answer.thread) : '',
    answer.status === 'damaged' ? t('damaged') : '',
  ]
    .filter(Boolean)
    .join(' · ');
}

function openBlock(model: Inspector, block: SlabBlock | undefined): void {
  if (block) {
    model.openBlock(block.address);
  }
}

const STATE_FILL: Record<EntryState, CellLook['fill']> = {
  live: 'live',
  quarantined: 'held',
  free: 'empty',
  unused: 'pool',
};

function blockLook(block: SlabBlock): CellLook {
  return {
    fill: STATE_FILL[block.state],
    level: block.state === 'quarantined' ? 0.4 : Math.min(1, block.size / Math.max(1, block.length)),
    damaged: block.damaged,
    hit: block.hit,
  };
}

function blockText(block: SlabBlock): string {
  return [
    t('{0}: {1}', block.address, bytesText(block.size, t)),
    entryStateName(block.state, t),
    block.damaged ? t('damaged') : '',
    block.hit ? t('marked') : '',
  ]
    .filter(Boolean)
    .join(', ');
}

function blockColumns(model: Inspector): GridColumn<SlabBlock>[] {
  return [
    {
      id: 'address',
      title: t('Address'),
      min: 146,
      grow: 1,
      cell: (block) => address(model, block.address, true),
    },
    {
      id: 'size',
      title: t('Size'),
      min: 80,
      grow: 0.6,
      align: 'end',
      cell: (block) => t('{0} B', formatCount(block.size)),
    },
    { id: 'state', title: t('State'), min: 120, grow: 1, cell: (block) => entryStateName(block.state, t) },
    {
      id: 'marks',
      title: t('Marks'),
      min: 90,
      grow: 0.6,
      cell: (block) =>
        html`${block.damaged ? icon('warning', 'damaged') : nothing}${block.hit ? icon('search') : nothing}`,
    },
  ];
}

function legend(fills: [CellLook['fill'], string][]): TemplateResult {
  return html`<div class="legend map-legend">
    ${fills.map(
      ([fill, name]) =>
        html`<span class="legend-item"><span class="swatch fill-${fill}"></span>${name}</span>`,
    )}
    <span class="legend-item"><span class="swatch fill-damaged"></span>${t('damaged')}</span>
    <span class="legend-item"><span class="swatch fill-hit"></span>${t('marked')}</span>
  </div>`;
}
