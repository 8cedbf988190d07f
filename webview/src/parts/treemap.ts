/** <spaces-treemap>: the largest allocation sites as areas within their files. Arrows walk them, Enter opens one. */
import { html, nothing, svg, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { t } from '@vscode/l10n';
import type { Group } from '../../../adapter/src/protocol';
import { frameName, frameWhere, siteFrame, visible } from '../../../adapter/src/protocol/frames';
import { formatSize } from '../../../adapter/src/protocol/sizes';
import { amountText } from '../../../adapter/src/protocol/words';
import { areasOf, fileTitle, placeAreas, type Area, type PlacedArea } from '../model/siteMap';
import { fitText, shadesOf, SizedElement } from './sized';

@customElement('spaces-treemap')
export class SpacesTreemap extends SizedElement {
  @property({ attribute: false }) groups: readonly Group[] = [];
  /** What opening a site does. */
  @property() action = '';
  @state() private cursor = 0;
  private root: Area = areasOf([]);
  private shades: ReadonlyMap<string, number> = new Map();

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('groups')) {
      this.root = areasOf(this.groups);
      this.shades = shadesOf((this.root.children ?? []).map(({ name }) => name));
      this.cursor = 0;
    }
  }

  override render(): TemplateResult {
    const height = Math.max(80, this.height - 38);
    const width = Math.max(1, this.width - 32);
    const placed = placeAreas(this.root, width, height);
    const sites = placed.filter(({ data }) => data.group);
    const current = sites[this.cursor]?.data.group;
    return html`<div
        class="treemap-picture"
        role="listbox"
        tabindex="0"
        aria-label=${t('Live bytes by allocation site')}
        aria-activedescendant=${`area-${this.cursor}`}
        @keydown=${(event: KeyboardEvent) => this.onKeyDown(event, sites)}
      >
        <svg width=${width} height=${height}>
          ${placed.filter(({ data }) => !data.group).map((area) => this.file(area))}
          ${sites.map((area, index) => this.site(area, index))}
        </svg>
      </div>
      <div class="picture-status" role="status">
        ${
          current
            ? html`<span class="status-text">${describe(current)}</span><span class="spring"></span>
                <button class="link" @click=${() => this.open(current)}>${this.action}</button>`
            : nothing
        }
      </div>`;
  }

  private file(area: PlacedArea): TemplateResult {
    const text = `${fileTitle(area.data.name) || t('unknown')}  ${formatSize(area.data.bytes)}`;
    return svg`<g class="area-file">
      <title>${visible(area.data.name)}</title>
      <rect x=${area.x0} y=${area.y0} width=${area.x1 - area.x0} height=${area.y1 - area.y0}></rect>
      <text x=${area.x0 + 5} y=${area.y0 + 13}>${fitText(text, area.x1 - area.x0 - 8)}</text>
    </g>`;
  }

  private site(area: PlacedArea, index: number): TemplateResult | typeof nothing {
    const { group } = area.data;
    if (!group) {
      return nothing;
    }
    const [width, height] = [area.x1 - area.x0, area.y1 - area.y0];
    const frame = siteFrame(group.frames);
    const name = frame ? frameName(frame) : visible(group.key);
    const classes = `area-site shade-${this.shades.get(area.parent?.data.name ?? '') ?? 0}${
      index === this.cursor ? ' current' : ''
    }`;
    return svg`<g
      id="area-${index}"
      class=${classes}
      role="option"
      aria-selected=${index === this.cursor}
      aria-label=${describe(group)}
      @click=${() => {
        this.cursor = index;
      }}
      @dblclick=${() => this.open(group)}
    >
      <title>${describe(group)}</title>
      <rect x=${area.x0} y=${area.y0} width=${width} height=${height}></rect>
      <text x=${area.x0 + 5} y=${area.y0 + 15}>${height < 20 ? '' : fitText(name, width - 8)}</text>
      <text class="area-size" x=${area.x0 + 5} y=${area.y0 + 31}>${
        height < 36 ? '' : fitText(formatSize(group.bytes), width - 8)
      }</text>
    </g>`;
  }

  private open(group: Group): void {
    this.dispatchEvent(new CustomEvent('group-open', { detail: group }));
  }

  private onKeyDown(event: KeyboardEvent, sites: readonly PlacedArea[]): void {
    const steps: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    const step = steps[event.key];
    const group = sites[this.cursor]?.data.group;
    if (step !== undefined) {
      this.cursor = Math.max(0, Math.min(sites.length - 1, this.cursor + step));
    } else if (event.key === 'Enter' && group) {
      this.open(group);
    } else {
      return;
    }
    event.preventDefault();
  }
}

function describe(group: Group): string {
  const frame = siteFrame(group.frames);
  const name = frame ? `${frameName(frame)} (${frameWhere(frame)})` : visible(group.key);
  return t('{0}: {1}', name, amountText(group, t));
}
