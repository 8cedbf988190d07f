/** The overview: totals, what the heap is made of, how it grew, and its largest chunks. */
import { html, nothing, type TemplateResult } from 'lit';
import { t } from '@vscode/l10n';
import type { Chunk, HeapResponse } from '../../../adapter/src/protocol';
import { ownChunks, sortChunks, totalsOf, type HeapTotals } from '../model/chunkTable';
import { levelOf } from '../../../adapter/src/protocol/limits';
import type { Inspector } from '../model/inspector';
import { formatCount, formatSize } from '../../../adapter/src/protocol/sizes';
import { cssVars, percent } from '../parts/cssVars';
import { facts, icon } from './common';
import { blocksText, chunkIconName } from '../../../adapter/src/protocol/words';

const SHOWN_CHUNKS = 12;

export function overviewView(model: Inspector, heap: HeapResponse): TemplateResult {
  const totals = totalsOf(heap);
  return html`<div class="page overview">
    <div class="tiles">
      ${tile(t('Live'), formatSize(totals.liveBytes), t('in {0}', blocksText(totals.liveCount, t)), 'live')}
      ${tile(t('From the system'), formatSize(totals.heapTotal), t('footprint of the whole heap'), 'system')}
      ${tile(
        t('Free'),
        formatSize(totals.chunkFree + totals.poolFree),
        t('{0} in chunks, {1} pooled', formatSize(totals.chunkFree), formatSize(totals.poolFree)),
        'free',
      )}
      ${limitTile(totals)}
    </div>
    <section>
      <h2>${t('What the heap is made of')}</h2>
      ${composition(totals)}
    </section>
    <section>
      <h2>${t('Over time')}</h2>
      <spaces-timeline .points=${model.history}></spaces-timeline>
      ${
        model.history.length < 2
          ? html`<p class="hint">${t('Let the program run on to see the heap grow.')}</p>`
          : nothing
      }
    </section>
    ${largestChunks(model, heap)}
    <section>
      <h2>${t('Process')}</h2>
      ${processFacts(heap)}
    </section>
  </div>`;
}

function tile(name: string, value: string, note: string, kind: string): TemplateResult {
  return html`<div class="tile tile-${kind}">
    <div class="tile-name">${name}</div>
    <div class="tile-value">${value}</div>
    <div class="tile-note">${note}</div>
  </div>`;
}

function limitTile(totals: HeapTotals): TemplateResult {
  if (totals.limit === null) {
    return tile(t('Limit'), t('none'), t('set one in Ceilings'), 'limit');
  }
  const fraction = totals.heapTotal / totals.limit;
  return tile(
    t('Limit'),
    formatSize(totals.limit),
    t('{0}% used', Math.round(fraction * 100)),
    `limit level-${levelOf(fraction)}`,
  );
}

function composition(totals: HeapTotals): TemplateResult {
  const known = totals.liveBytes + totals.chunkFree + totals.poolFree;
  const total = Math.max(totals.heapTotal, known, 1);
  const parts = [
    { kind: 'live', name: t('Live blocks'), bytes: totals.liveBytes },
    { kind: 'free', name: t('Free in chunks'), bytes: totals.chunkFree },
    { kind: 'pool', name: t('Free in the pool'), bytes: totals.poolFree },
    { kind: 'rest', name: t('Headers and reserve'), bytes: Math.max(0, totals.heapTotal - known) },
  ].filter((part) => part.bytes > 0);
  return html`<div
      class="bar bar-large"
      role="img"
      aria-label=${parts.map((part) => `${part.name}: ${formatSize(part.bytes)}`).join(', ')}
    >
      ${parts.map(
        (part) =>
          html`<span
            class="bar-part part-${part.kind}"
            title="${part.name}: ${formatSize(part.bytes)}"
            ${cssVars({ '--part': percent(part.bytes / total) })}
          ></span>`,
      )}
    </div>
    <div class="legend">
      ${parts.map(
        (part) =>
          html`<span class="legend-item"
            ><span class="swatch part-${part.kind}"></span>${part.name} <b>${formatSize(part.bytes)}</b></span
          >`,
      )}
    </div>`;
}

function largestChunks(model: Inspector, heap: HeapResponse): TemplateResult {
  const chunks = sortChunks(ownChunks(heap), { by: 'footprint', descending: true });
  const shown = chunks.slice(0, SHOWN_CHUNKS);
  const scale = Math.max(1, ...shown.map((chunk) => chunk.footprint));
  return html`<section>
    <h2>
      ${t('Largest chunks')}
      <span class="count">${t('{0} of {1}', formatCount(shown.length), formatCount(chunks.length))}</span>
    </h2>
    <div class="chunk-bars">${shown.map((chunk) => chunkBar(model, chunk, scale))}</div>
  </section>`;
}

function chunkBar(model: Inspector, chunk: Chunk, scale: number): TemplateResult {
  const text = t('{0} live of {1}', formatSize(chunk.liveBytes), formatSize(chunk.footprint));
  return html`<button
    class="chunk-bar"
    title=${t('Show the entries of {0}', chunk.label)}
    @click=${() => model.openEntries(chunk.id)}
  >
    <span class="chunk-bar-name"
      >${icon(chunkIconName(chunk), chunk.status === 'damaged' ? 'damaged' : '')}<span class="name-text"
        >${chunk.label}</span
      ></span
    >
    <span class="bar">
      <span class="bar-part part-live" ${cssVars({ '--part': percent(chunk.liveBytes / scale) })}></span>
      <span
        class="bar-part part-free"
        ${cssVars({ '--part': percent(Math.max(0, chunk.footprint - chunk.liveBytes) / scale) })}
      ></span>
    </span>
    <span class="chunk-bar-text">${text}</span>
  </button>`;
}

function processFacts(heap: HeapResponse): TemplateResult {
  const { process } = heap;
  const yes = (value: boolean): string => (value ? t('yes') : t('no'));
  return facts([
    [t('Process'), String(heap.pid)],
    [t('Allocator'), t('Spaces {0}, {1} build', heap.version, heap.build)],
    [
      t('Read through'),
      { process: t('the process itself'), gdb: t('gdb'), core: t('a core file') }[heap.via],
    ],
    [t('Grows by'), formatSize(process.growIncrement)],
    [t('Keeps free'), process.freeBytes === null ? t('all') : formatSize(process.freeBytes)],
    [t('Large blocks kept up to'), formatSize(process.largeThreshold)],
    [t('Returns memory'), yes(process.useMunmap)],
    [t('Merges free memory'), yes(process.coalesce)],
  ]);
}
