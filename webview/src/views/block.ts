/** The block view: what an address points at, the block's bytes with its redzones, and its neighbours. */
import { html, nothing, type TemplateResult } from 'lit';
import { t } from '@vscode/l10n';
import type { BlockPart, BlockResponse, Neighbour } from '../../../adapter/src/protocol';
import { visible } from '../../../adapter/src/protocol/frames';
import { formatCount, formatSize } from '../../../adapter/src/protocol/sizes';
import { bytesText, entryStateName, verdictName } from '../../../adapter/src/protocol/words';
import { BLOCK_BYTES } from '../model/block';
import { blockLines, type BlockByte } from '../model/blockBytes';
import type { Inspector } from '../model/inspector';
import { address, empty, facts, icon, reading, site, stack } from './common';

export function blockView(model: Inspector): TemplateResult {
  return html`<div class="page table-page">
    ${bar(model)}
    <div class="block-page">${content(model)}</div>
  </div>`;
}

function bar(model: Inspector): TemplateResult {
  const { block } = model;
  return html`<div class="table-bar" role="search">
    <vscode-toolbar-button
      icon="arrow-left"
      label=${t('Back')}
      title=${t('Back to the block before')}
      ?disabled=${!block.canGoBack}
      @click=${() => block.back()}
    ></vscode-toolbar-button>
    <vscode-textfield
      class="filter-text block-target"
      .label=${t('Address or expression')}
      placeholder=${t('0x address, or an expression such as list->next')}
      .value=${block.target}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key === 'Enter') {
          model.openBlock((event.target as HTMLInputElement).value);
        }
      }}
      >${icon('search', 'field-icon')}</vscode-textfield
    >
    <span class="hint">${t('Enter looks it up')}</span>
  </div>`;
}

function content(model: Inspector): TemplateResult {
  const { block } = model;
  const { answer, error, loading } = block.block;
  if (error !== undefined) {
    return empty('error', error);
  }
  if (answer) {
    return answer.entry ? shown(model, answer) : empty('circle-slash', wildText(answer));
  }
  if (loading) {
    return reading(t('Reading the block'));
  }
  return block.target !== '' && model.session !== 'stopped'
    ? empty('debug-pause', t('Blocks are read while the program is stopped.'))
    : empty('symbol-numeric', t('Type an address or an expression, or follow an address of another view.'));
}

function wildText({ address: at }: BlockResponse): string {
  return t('{0} lies in no block of this heap.', at);
}

function shown(model: Inspector, block: BlockResponse): TemplateResult {
  const { entry, chunk, damage } = block;
  if (!entry) {
    return empty('circle-slash', wildText(block));
  }
  const inside = BigInt(block.address) - BigInt(entry.address);
  return html`<article aria-labelledby="block-title">
    <div class="detail-head">
      <h2 id="block-title" class="mono">${entry.address}</h2>
      <span class="pill verdict-${block.verdict}">${verdictName(block.verdict, t)}</span>
      <span class="spring"></span>
      <vscode-button
        ?disabled=${model.session !== 'stopped'}
        @click=${() => model.viewMemory(entry.address, Math.max(entry.size, 64))}
        >${t('Open in Memory View')}</vscode-button
      >
      ${
        entry.inUse && entry.sequence > 0
          ? (['free', 'write'] as const).map(
              (on) =>
                html`<vscode-button
                  secondary
                  ?disabled=${model.session !== 'stopped'}
                  @click=${() => void model.watchBlock(entry.address, on)}
                  >${on === 'free' ? t('Break on Free') : t('Break on Write')}</vscode-button
                >`,
            )
          : nothing
      }
      <vscode-button secondary @click=${() => model.openInMap(entry.address)}
        >${t('Show in Map')}</vscode-button
      >
    </div>
    ${
      damage
        ? html`<p class="damage-note" role="alert">
            ${icon('error', 'severity-error')} <span>${visible(damage.message)}</span>
          </p>`
        : nothing
    }
    ${neighbour(model, t('Block before'), block.previous)}
    <div class="detail-body">
      ${facts([
        [
          t('Looked up'),
          inside === 0n
            ? undefined
            : t('{0}, {1} bytes from the start', block.address, formatCount(Number(inside))),
        ],
        [t('State'), entryStateName(entry.state, t)],
        [t('Size'), bytesText(entry.size, t)],
        [t('Requested'), entry.requested === entry.size ? undefined : bytesText(entry.requested, t)],
        [t('Object type'), entry.object === undefined ? undefined : visible(entry.object)],
        [
          t('Chunk'),
          chunk
            ? html`<button class="link" @click=${() => model.openEntries(chunk.id)}>${chunk.label}</button>`
            : entry.chunk,
        ],
        [
          t('Allocation'),
          entry.sequence > 0
            ? t('#{0}, {1} allocations ago', formatCount(entry.sequence), formatCount(entry.age))
            : undefined,
        ],
        [t('Thread'), entry.thread > 0 ? String(entry.thread) : undefined],
        [t('Freed by thread'), block.freedThread ? String(block.freedThread) : undefined],
      ])}
      <div class="block-stacks">
        ${entry.site.length > 0 ? stack(model, t('Allocated'), entry.site) : nothing}
        ${block.freed && block.freed.length > 0 ? stack(model, t('Freed'), block.freed) : nothing}
      </div>
    </div>
    ${bytes(model, block)} ${neighbour(model, t('Block behind'), block.next)}
  </article>`;
}

function neighbour(model: Inspector, title: string, one: Neighbour | undefined): TemplateResult {
  return html`<div class="neighbour">
    <span class="neighbour-title">${title}</span>
    ${
      one
        ? html`${address(model, one.entry.address)}
            <span>${formatSize(one.entry.size)}, ${entryStateName(one.entry.state, t)}</span>
            ${one.entry.status === 'damaged' ? icon('warning', 'damaged') : nothing}
            <span class="neighbour-site">${site(model, one.entry.site)}</span>
            ${one.gap > 0 ? html`<span class="hint">${t('{0} bytes between', formatCount(one.gap))}</span>` : nothing}`
        : html`<span class="none">${t('none in this slab')}</span>`
    }
  </div>`;
}

function bytes(model: Inspector, block: BlockResponse): TemplateResult | typeof nothing {
  const lines = blockLines(block);
  if (lines.length === 0) {
    return nothing;
  }
  const { start = 0, length = 0 } = block;
  const end = start + lines.reduce((sum, line) => sum + line.bytes.length, 0);
  return html`<section>
    <h3 class="bytes-head">
      ${t('Bytes')}
      <span class="count"
        >${t('{0} to {1} of {2}', formatCount(start), formatCount(end), formatCount(length))}</span
      >
      ${
        start > 0
          ? html`<button class="link" @click=${() => model.block.page(start - BLOCK_BYTES)}>
              ${t('Bytes before')}
            </button>`
          : nothing
      }
      ${
        end < length
          ? html`<button class="link" @click=${() => model.block.page(start + BLOCK_BYTES)}>
              ${t('Bytes behind')}
            </button>`
          : nothing
      }
    </h3>
    <div class="bytes mono" role="table" aria-label=${t('Bytes of the block')} tabindex="0">
      ${lines.map(
        (line) =>
          html`<div class="byte-line" role="row">
            <span class="byte-address" role="rowheader">${line.address}</span>
            <span class="byte-cells" role="cell">${line.bytes.map((byte) => cell(byte))}</span>
            <span class="byte-text" role="cell"
              >${line.bytes.map(
                (byte) =>
                  html`<span class=${looks(byte, 'byte-char')} aria-hidden="true">${byte.text}</span>`,
              )}</span
            >
          </div>`,
      )}
    </div>
    <div class="legend">
      ${parts(block).map(
        ([part, name]) =>
          html`<span class="legend-item"><span class="swatch zone-${part}"></span>${name}</span>`,
      )}
      ${
        block.damage
          ? html`<span class="legend-item"><span class="swatch byte-bad"></span>${t('first bad byte')}</span>`
          : nothing
      }
    </div>
  </section>`;
}

function parts(block: BlockResponse): [BlockPart, string][] {
  const names: Record<BlockPart, string> = {
    'front-redzone': t('redzone before'),
    payload: t('the block'),
    'back-redzone': t('redzone behind'),
    free: t('free'),
  };
  const present = new Set((block.parts ?? []).map(({ part }) => part));
  return (Object.keys(names) as BlockPart[])
    .filter((part) => present.has(part))
    .map((part) => [part, names[part]]);
}

function cell(byte: BlockByte): TemplateResult {
  return html`<span
    class=${looks(byte, 'byte')}
    title=${t('offset {0}', byte.offset)}
    aria-label=${byte.bad ? t('{0}, first bad byte', byte.hex) : byte.hex}
    >${byte.hex}</span
  >`;
}

function looks(byte: BlockByte, base: string): string {
  return `${base} zone-${byte.part}${byte.bad ? ' byte-bad' : ''}`;
}
