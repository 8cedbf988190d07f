/** Small pieces that several views draw: icons, source links, stacks, facts. */
import { html, nothing, type TemplateResult } from 'lit';
import { classMap } from 'lit/directives/class-map.js';
import { live } from 'lit/directives/live.js';
import { t } from '@vscode/l10n';
import type { ExportRequest, Frame, HeapResponse } from '../../../adapter/src/protocol';
import { frameName, frameWhere, placeOf, siteFrame, visible } from '../../../adapter/src/protocol/frames';
import type { Inspector } from '../model/inspector';

export function icon(name: string, extra = ''): TemplateResult {
  return html`<span class="codicon codicon-${name} ${extra}" aria-hidden="true"></span>`;
}

/** "main.c:12" as a link, or the module's name. */
export function sourceLink(model: Inspector, frame: Frame, inGrid = false): TemplateResult {
  const place = placeOf(frame);
  if (!place) {
    return html`<span class="where" title=${visible(frame.module)}>${frameWhere(frame)}</span>`;
  }
  const open = (event: Event): void => {
    event.stopPropagation();
    model.openSource(place.path, place.line);
  };
  return html`<button
    class="link where"
    tabindex=${inGrid ? -1 : 0}
    title=${`${visible(place.path)}:${place.line}`}
    @click=${open}
    @dblclick=${(event: Event) => event.stopPropagation()}
  >
    ${frameWhere(frame)}
  </button>`;
}

/** The allocation site of a row, in one line. */
export function site(model: Inspector, frames: readonly Frame[]): TemplateResult | string {
  const frame = siteFrame(frames);
  return frame
    ? html`<span class="site-cell" title=${frameName(frame)}
        ><span class="site">${frameName(frame)}</span>${sourceLink(model, frame, true)}</span
      >`
    : '';
}

/** A stack, innermost frame first; frames that are not the user's are subdued. */
export function stack(model: Inspector, title: string, frames: readonly Frame[]): TemplateResult {
  return html`<section class="stack">
    <h3>${title}</h3>
    ${
      frames.length === 0
        ? html`<p class="hint">${t('Not known.')}</p>`
        : html`<ol class="frames" aria-label=${title}>
            ${frames.map(
              (frame) =>
                html`<li class=${classMap({ frame: true, subtle: !frame.user })}>
                  <span class="frame-name" title=${`${frameName(frame)} (${frame.address})`}
                    >${frameName(frame)}</span
                  >
                  ${sourceLink(model, frame)}
                </li>`,
            )}
          </ol>`
    }
  </section>`;
}

/** Names and values in two columns; a value of undefined leaves its line out. */
export function facts(rows: [string, TemplateResult | string | undefined][]): TemplateResult {
  return html`<dl class="facts">
    ${rows.map(([name, value]) =>
      value === undefined
        ? nothing
        : html`<dt>${name}</dt>
            <dd>${value}</dd>`,
    )}
  </dl>`;
}

/** An address as a link to its block; outside of tables with a button that copies it. */
export function address(model: Inspector, value: string, inGrid = false): TemplateResult {
  const open = (event: Event): void => {
    event.stopPropagation();
    model.openBlock(value);
  };
  return html`<button
      class="link mono"
      tabindex=${inGrid ? -1 : 0}
      title=${t('Show the block at {0}', value)}
      @click=${open}
      @dblclick=${(event: Event) => event.stopPropagation()}
    >
      ${value}</button
    >${
      inGrid
        ? nothing
        : html`<vscode-toolbar-button
            class="inline-action"
            icon="copy"
            label=${t('Copy {0}', value)}
            title=${t('Copy {0}', value)}
            @click=${() => model.copy(value)}
          ></vscode-toolbar-button>`
    }`;
}

/** Copying and exporting of the table beside it, and what else is done with it. */
export function tableActions(
  model: Inspector,
  table: ExportRequest | undefined,
  more: TemplateResult | typeof nothing = nothing,
): TemplateResult {
  const stopped = model.session === 'stopped' && table !== undefined;
  return html`<span class="table-actions">
    <vscode-toolbar-button
      icon="copy"
      label=${t('Copy table')}
      title=${t('Copy table as CSV')}
      ?disabled=${!stopped}
      @click=${() => stopped && model.exportTable(table, 'clipboard')}
    ></vscode-toolbar-button>
    <vscode-toolbar-button
      icon="export"
      label=${t('Export table')}
      title=${t('Export table as CSV or JSON…')}
      ?disabled=${!stopped}
      @click=${() => stopped && model.exportTable(table, 'file')}
    ></vscode-toolbar-button>
    ${more}
  </span>`;
}

/** A choice among a few values. */
export function select<Value extends string>(
  label: string,
  extra: string,
  value: Value,
  choices: readonly (readonly [Value, string])[],
  choose: (value: Value) => void,
): TemplateResult {
  return html`<vscode-single-select
    class=${extra}
    .label=${label}
    title=${label}
    .value=${value}
    @change=${(event: Event) => choose((event.target as HTMLSelectElement).value as Value)}
  >
    ${choices.map(
      ([choice, name]) =>
        html`<vscode-option value=${choice} ?selected=${choice === value}>${name}</vscode-option>`,
    )}
  </vscode-single-select>`;
}

/** All chunks, or one of them. */
export function chunkSelect(
  heap: HeapResponse,
  value: string,
  choose: (chunk: string) => void,
): TemplateResult {
  return select(
    t('Chunk'),
    'filter-chunk',
    value,
    [['', t('All chunks')], ...heap.chunks.map((chunk) => [chunk.id, chunk.label] as const)],
    choose,
  );
}

/** A field for text that narrows what is shown. */
export function searchField(
  label: string,
  placeholder: string,
  value: string,
  typed: (text: string) => void,
): TemplateResult {
  return html`<vscode-textfield
    class="filter-text"
    .label=${label}
    placeholder=${placeholder}
    .value=${live(value)}
    @input=${(event: Event) => typed((event.target as HTMLInputElement).value)}
    >${icon('search', 'field-icon')}</vscode-textfield
  >`;
}

/** One of several ways to look at the same thing. */
export function modeButtons<Mode extends string>(
  label: string,
  mode: Mode,
  modes: readonly (readonly [Mode, string, string])[],
  choose: (mode: Mode) => void,
): TemplateResult {
  return html`<div class="modes" role="radiogroup" aria-label=${label}>
    ${modes.map(
      ([value, symbol, name]) =>
        html`<button
          class="mode"
          role="radio"
          aria-checked=${value === mode}
          title=${name}
          data-mode=${value}
          @click=${() => choose(value)}
        >
          ${icon(symbol)}<span>${name}</span>
        </button>`,
    )}
  </div>`;
}

export function reading(text: string): TemplateResult {
  return html`<div class="empty" role="status">
    <vscode-progress-ring aria-label=${text}></vscode-progress-ring>
    <p>${text}</p>
  </div>`;
}

/** What stands in place of content that is not there. */
export function empty(symbol: string, text: string, action?: TemplateResult): TemplateResult {
  return html`<div class="empty" role="status">
    ${icon(symbol, 'empty-icon')}
    <p>${text}</p>
    ${action ?? nothing}
  </div>`;
}
