/** The chunk table, and what can be done with the selected chunk. */
import { html, nothing, type TemplateResult } from 'lit';
import { t } from '@vscode/l10n';
import type { Chunk, HeapResponse } from '../../../adapter/src/protocol';
import { sortChunks, type ChunkColumn } from '../model/chunkTable';
import type { Inspector } from '../model/inspector';
import { gaugeOf } from '../../../adapter/src/protocol/limits';
import { formatCount, formatSize } from '../../../adapter/src/protocol/sizes';
import { cssVars, percent } from '../parts/cssVars';
import type { GridColumn } from '../parts/grid';
import { address, facts, icon, stack, tableActions } from './common';
import { chunkIconName, chunkKindName } from '../../../adapter/src/protocol/words';

export function chunksView(model: Inspector, heap: HeapResponse): TemplateResult {
  const chunks = sortChunks(heap.chunks, model.chunkSort);
  const selected = chunks.find((chunk) => chunk.id === model.selectedChunk);
  return html`<div class="page table-page">
    <div class="table-bar">
      <span class="count">${t('{0} chunks', formatCount(chunks.length))}</span>
      ${tableActions(model, { what: 'chunks', format: 'csv' })}
    </div>
    <spaces-grid
      label=${t('Chunks')}
      .columns=${columns()}
      .rowCount=${chunks.length}
      .rowAt=${(index: number) => chunks[index]}
      .sort=${model.chunkSort}
      .selected=${selected ? chunks.indexOf(selected) : -1}
      @grid-sort=${(event: CustomEvent<ChunkColumn>) => model.sortChunksBy(event.detail)}
      @grid-select=${(event: CustomEvent<number>) => model.selectChunk(chunks[event.detail]?.id ?? '')}
      @grid-activate=${(event: CustomEvent<number>) => model.openEntries(chunks[event.detail]?.id ?? '')}
    ></spaces-grid>
    ${selected ? detail(model, selected) : nothing}
  </div>`;
}

function columns(): GridColumn<Chunk>[] {
  return [
    {
      id: 'label',
      title: t('Chunk'),
      min: 140,
      grow: 2,
      sortable: true,
      cell: (chunk) =>
        html`${icon(chunkIconName(chunk), chunk.status === 'damaged' ? 'damaged' : 'row-icon')}<span
            class="cell-text ${chunk.parent === undefined ? '' : 'child'}"
            title=${chunk.label}
            >${chunk.label}</span
          >`,
    },
    {
      id: 'kind',
      title: t('Kind'),
      rank: 3,
      min: 80,
      grow: 1,
      sortable: true,
      cell: (chunk) => chunkKindName(chunk.kind, t),
    },
    size('liveBytes', t('Live')),
    {
      id: 'liveCount',
      title: t('Blocks'),
      rank: 1,
      min: 72,
      grow: 0.8,
      align: 'end',
      sortable: true,
      cell: (chunk) => formatCount(chunk.liveCount),
    },
    size('footprint', t('Footprint')),
    size('peak', t('Peak'), 2),
    {
      id: 'ceiling',
      title: t('Ceiling'),
      min: 120,
      grow: 1.2,
      sortable: true,
      cell: (chunk) =>
        chunk.ceiling === null ? html`<span class="none">${t('none')}</span>` : miniGauge(chunk),
    },
  ];
}

function size(id: 'liveBytes' | 'footprint' | 'peak', title: string, rank = 0): GridColumn<Chunk> {
  return {
    id,
    title,
    rank,
    min: 96,
    grow: 0.8,
    align: 'end',
    sortable: true,
    cell: (chunk) => formatSize(chunk[id]),
  };
}

function miniGauge(chunk: Chunk): TemplateResult {
  const gauge = gaugeOf(chunk);
  return html`<span class="mini-gauge level-${gauge.level}"
      ><span class="mini-gauge-fill" ${cssVars({ '--part': percent(gauge.footprint) })}></span></span
    ><span class="mini-gauge-text">${formatSize(chunk.ceiling ?? 0)}</span>`;
}

function detail(model: Inspector, chunk: Chunk): TemplateResult {
  return html`<section class="detail" aria-label=${chunk.label}>
    <div class="detail-head">
      <h2>${chunk.label}</h2>
      <vscode-button @click=${() => model.openEntries(chunk.id)}>${t('Show Entries')}</vscode-button>
      <vscode-button
        secondary
        ?disabled=${!model.canEdit || model.checking}
        @click=${() => void model.check(chunk)}
        >${t('Check')}</vscode-button
      >
      <vscode-button secondary @click=${() => model.open('ceilings')}>${t('Edit Ceiling')}</vscode-button>
    </div>
    <div class="detail-body">
      ${facts([
        [t('Address'), address(model, chunk.id)],
        [t('Floor'), formatSize(chunk.floor)],
        [t('Page size'), formatSize(chunk.pageSize)],
        [t('Small blocks below'), formatSize(chunk.smallBlockSize)],
        [t('Block size'), chunk.blockSize > 0 ? formatSize(chunk.blockSize) : undefined],
        [t('Thread'), chunk.thread > 0 ? String(chunk.thread) : undefined],
        [t('Locked'), chunk.lockDepth > 0 ? t('{0} deep', chunk.lockDepth) : undefined],
        [t('Flags'), `0x${chunk.flags.toString(16)}`],
      ])}
      ${chunk.created.length > 0 ? stack(model, t('Created'), chunk.created) : nothing}
    </div>
  </section>`;
}
