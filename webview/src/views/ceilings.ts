/** Ceilings: how full each chunk is, and its limits to edit while the program is stopped. */
import { html, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { t } from '@vscode/l10n';
import type { Chunk, HeapResponse } from '../../../adapter/src/protocol';
import { ownChunks, sortChunks } from '../model/chunkTable';
import type { Inspector } from '../model/inspector';
import {
  gaugeOf,
  levelOf,
  readCeiling,
  readFloor,
  readHeapLimit,
} from '../../../adapter/src/protocol/limits';
import { formatCount, formatSize } from '../../../adapter/src/protocol/sizes';
import { cssVars, percent } from '../parts/cssVars';
import { icon } from './common';
import { chunkIconName } from '../../../adapter/src/protocol/words';

export function ceilingsView(model: Inspector, heap: HeapResponse): TemplateResult {
  const chunks = sortChunks(ownChunks(heap), { by: 'footprint', descending: true });
  return html`<div class="page ceilings">
    ${
      model.canEdit
        ? ''
        : html`<p class="hint">${t('Limits can be changed while the program is stopped.')}</p>`
    }
    <section>
      <h2>${t('Whole heap')}</h2>
      ${heapRow(model, heap)}
    </section>
    <section>
      <h2>${t('Chunks')} <span class="count">${formatCount(chunks.length)}</span></h2>
      ${repeat(
        chunks,
        (chunk) => chunk.id,
        (chunk) => chunkRow(model, chunk),
      )}
    </section>
  </div>`;
}

function heapRow(model: Inspector, heap: HeapResponse): TemplateResult {
  const { heapTotal, heapLimit } = heap.process;
  const fraction = heapLimit ? Math.min(1, heapTotal / heapLimit) : 0;
  return html`<div class="ceiling-row">
    <div class="ceiling-name">${icon('server-process')}${t('Process {0}', heap.pid)}</div>
    <div class="ceiling-gauge">
      <div
        class="gauge level-${levelOf(fraction)} ${heapLimit === null ? 'unlimited' : ''}"
        role="meter"
        aria-label=${t('Use of the heap limit')}
        aria-valuemin="0"
        aria-valuemax=${heapLimit ?? heapTotal}
        aria-valuenow=${heapTotal}
        aria-valuetext=${meterText(heapTotal, heapLimit)}
      >
        <span class="gauge-live" ${cssVars({ '--part': percent(heapLimit === null ? 1 : fraction) })}></span>
      </div>
      <div class="gauge-text">${meterText(heapTotal, heapLimit)}</div>
    </div>
    <div class="ceiling-fields">
      <div class="ceiling-field">
        <span class="field-name">${t('Limit')}</span>
        <spaces-limit-field
          label=${t('Heap limit')}
          .value=${heapLimit}
          ?disabled=${!model.canEdit}
          .read=${(text: string) => readHeapLimit(text, heap.process)}
          .apply=${(bytes: number | null) => model.set({ heapLimit: bytes })}
        ></spaces-limit-field>
      </div>
    </div>
  </div>`;
}

function chunkRow(model: Inspector, chunk: Chunk): TemplateResult {
  const gauge = gaugeOf(chunk);
  return html`<div class="ceiling-row">
    <div class="ceiling-name" title=${chunk.label}>
      ${icon(chunkIconName(chunk), chunk.status === 'damaged' ? 'damaged' : '')}
      <span class="name-text">${chunk.label}</span>
    </div>
    <div class="ceiling-gauge">
      <div
        class="gauge level-${gauge.level} ${gauge.limited ? '' : 'unlimited'}"
        role="meter"
        aria-label=${t('Use of the ceiling of {0}', chunk.label)}
        aria-valuemin="0"
        aria-valuemax=${chunk.ceiling ?? chunk.peak}
        aria-valuenow=${chunk.footprint}
        aria-valuetext=${meterText(chunk.footprint, chunk.ceiling)}
        title=${t(
          'Live {0}, footprint {1}, peak {2}, floor {3}',
          formatSize(chunk.liveBytes),
          formatSize(chunk.footprint),
          formatSize(chunk.peak),
          formatSize(chunk.floor),
        )}
      >
        <span class="gauge-footprint" ${cssVars({ '--part': percent(gauge.footprint) })}></span>
        <span class="gauge-live" ${cssVars({ '--part': percent(gauge.live) })}></span>
        ${
          chunk.floor > 0
            ? html`<span class="gauge-mark mark-floor" ${cssVars({ '--part': percent(gauge.floor) })}></span>`
            : ''
        }
        <span class="gauge-mark mark-peak" ${cssVars({ '--part': percent(gauge.peak) })}></span>
      </div>
      <div class="gauge-text">
        ${meterText(chunk.footprint, chunk.ceiling)}
        <span class="gauge-note"
          >${t('{0} live, peak {1}', formatSize(chunk.liveBytes), formatSize(chunk.peak))}</span
        >
      </div>
    </div>
    <div class="ceiling-fields">
      <div class="ceiling-field">
        <span class="field-name">${t('Floor')}</span>
        <spaces-limit-field
          label=${t('Floor of {0}', chunk.label)}
          .value=${chunk.floor}
          ?disabled=${!model.canEdit}
          .read=${(text: string) => readFloor(text, chunk)}
          .apply=${(bytes: number | null) => model.set({ chunk: chunk.id, floor: bytes ?? 0 })}
        ></spaces-limit-field>
      </div>
      <div class="ceiling-field">
        <span class="field-name">${t('Ceiling')}</span>
        <spaces-limit-field
          label=${t('Ceiling of {0}', chunk.label)}
          .value=${chunk.ceiling}
          ?disabled=${!model.canEdit}
          .read=${(text: string) => readCeiling(text, chunk)}
          .apply=${(bytes: number | null) => model.set({ chunk: chunk.id, ceiling: bytes })}
        ></spaces-limit-field>
      </div>
    </div>
  </div>`;
}

function meterText(used: number, limit: number | null): string {
  return limit === null
    ? t('{0}, no limit', formatSize(used))
    : t('{0} of {1} ({2}%)', formatSize(used), formatSize(limit), Math.round((used / limit) * 100));
}
