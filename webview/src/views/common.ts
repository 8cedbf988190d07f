/** Small pieces that several views draw: icons, source links, stacks, facts. */
import { html, nothing, type TemplateResult } from 'lit';
import { classMap } from 'lit/directives/class-map.js';
import { t } from '@vscode/l10n';
import type { Frame } from '../../../adapter/src/protocol';
import { baseName, frameName, frameWhere, placeOf, siteFrame } from '../../../adapter/src/protocol/frames';
import type { Inspector } from '../model/inspector';

export function icon(name: string, extra = ''): TemplateResult {
  return html`<span class="codicon codicon-${name} ${extra}" aria-hidden="true"></span>`;
}

/** "main.c:12" as a link, or the module's name. */
export function sourceLink(model: Inspector, frame: Frame, inGrid = false): TemplateResult {
  const place = placeOf(frame);
  if (!place) {
    return html`<span class="where" title=${frame.module}>${baseName(frame.module)}</span>`;
  }
  const open = (event: Event): void => {
    event.stopPropagation();
    model.openSource(place.path, place.line);
  };
  return html`<button
    class="link where"
    tabindex=${inGrid ? -1 : 0}
    title=${`${place.path}:${place.line}`}
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
        : html`<ol class="frames">
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

/** An address that copies itself. */
export function address(model: Inspector, value: string): TemplateResult {
  return html`<button class="link mono" title=${t('Copy {0}', value)} @click=${() => model.copy(value)}>
    ${value}
  </button>`;
}

/** What stands in place of content that is not there. */
export function empty(symbol: string, text: string, action?: TemplateResult): TemplateResult {
  return html`<div class="empty" role="status">
    ${icon(symbol, 'empty-icon')}
    <p>${text}</p>
    ${action ?? nothing}
  </div>`;
}
