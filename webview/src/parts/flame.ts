/**
 * <spaces-flame>: live bytes by call path as a flame graph. A click or Enter
 * zooms, Escape zooms out, the arrows walk the tree, O opens the source.
 */
import { html, nothing, svg, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { t } from '@vscode/l10n';
import type { CallTreeNode } from '../../../adapter/src/protocol';
import { frameName, frameWhere } from '../../../adapter/src/protocol/frames';
import { formatCount, formatSize } from '../../../adapter/src/protocol/sizes';
import { boxesOf, layoutOf, neighbourOf, ROW_HEIGHT, type FlameBox, type Layout } from '../model/callTree';
import { fitText, shadesOf, SizedElement } from './sized';

@customElement('spaces-flame')
export class SpacesFlame extends SizedElement {
  @property({ attribute: false }) nodes: readonly CallTreeNode[] = [];
  /** What the root stands for. */
  @property() rootName = '';
  @state() private focusIndex = 0;
  @state() private cursor = 0;
  @query('.flame-picture') private picture!: HTMLElement;
  private layout: Layout = [];
  private shades: ReadonlyMap<string, number> = new Map();

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('nodes')) {
      this.layout = layoutOf(this.nodes);
      this.shades = shadesOf(this.nodes.map(fileOf));
      this.focusIndex = 0;
      this.cursor = 0;
    }
  }

  override render(): TemplateResult {
    const boxes = boxesOf(this.layout, this.focusIndex, Math.max(0, this.width - 34));
    const rows = boxes.reduce((most, box) => Math.max(most, box.y / ROW_HEIGHT + 1), 1);
    const node = this.nodes[this.cursor];
    return html`<div
        class="flame-picture"
        role="tree"
        tabindex="0"
        aria-label=${t('Live bytes by call path')}
        aria-activedescendant=${`flame-${this.cursor}`}
        @keydown=${this.onKeyDown}
      >
        <svg width=${Math.max(0, this.width - 32)} height=${rows * ROW_HEIGHT} aria-hidden="false">
          ${boxes.map((box) => this.box(box))}
        </svg>
      </div>
      <div class="picture-status" role="status">
        ${node ? html`<span class="status-text">${this.describe(node)}</span>` : nothing}
        <span class="spring"></span>
        ${
          node?.frame?.source
            ? html`<button class="link" @click=${() => this.openSource(this.cursor)}>
                ${frameWhere(node.frame)}
              </button>`
            : nothing
        }
        ${
          this.focusIndex > 0
            ? html`<button class="link" @click=${() => this.zoom(0)}>${t('Reset zoom')}</button>`
            : nothing
        }
      </div>`;
  }

  private box(box: FlameBox): TemplateResult | typeof nothing {
    const node = this.nodes[box.index];
    if (!node) {
      return nothing;
    }
    const name = this.nameOf(node);
    const classes = `flame-box shade-${this.shades.get(fileOf(node)) ?? 0}${
      box.ancestor ? ' ancestor' : ''
    }${node.frame && !node.frame.user ? ' foreign' : ''}${box.index === this.cursor ? ' current' : ''}`;
    return svg`<g
      id="flame-${box.index}"
      class=${classes}
      role="treeitem"
      aria-level=${box.y / ROW_HEIGHT + 1}
      aria-selected=${box.index === this.cursor}
      aria-label=${this.describe(node)}
      @click=${() => this.zoom(box.index)}
    >
      <title>${this.describe(node)}</title>
      <rect x=${box.x + 0.5} y=${box.y + 0.5} width=${Math.max(0.5, box.width - 1)} height=${ROW_HEIGHT - 1}></rect>
      <text x=${box.x + 5} y=${box.y + 14}>${fitText(name, box.width - 8)}</text>
    </g>`;
  }

  private nameOf(node: CallTreeNode): string {
    return node.frame ? frameName(node.frame) : this.rootName;
  }

  private describe(node: CallTreeNode): string {
    const all = this.nodes[0]?.bytes ?? 0;
    const share = all > 0 ? `${((node.bytes / all) * 100).toFixed(1)}%` : '';
    return t(
      '{0}: {1} in {2} blocks, {3}',
      this.nameOf(node),
      formatSize(node.bytes),
      formatCount(node.count),
      share,
    );
  }

  private zoom(index: number): void {
    this.cursor = index;
    this.focusIndex = index;
    this.picture.focus();
  }

  private openSource(index: number): void {
    const frame = this.nodes[index]?.frame;
    if (frame) {
      this.dispatchEvent(new CustomEvent('frame-open', { detail: frame }));
    }
  }

  private readonly onKeyDown = (event: KeyboardEvent): void => {
    const to = neighbourOf(this.layout, this.cursor, event.key);
    if (to !== this.cursor) {
      this.cursor = to;
      void this.updateComplete.then(() =>
        this.querySelector(`#flame-${to}`)?.scrollIntoView({ block: 'nearest' }),
      );
    } else if (event.key === 'Enter') {
      this.zoom(this.cursor);
    } else if (event.key === 'Escape' && this.focusIndex > 0) {
      this.focusIndex = 0;
    } else if (event.key.toLowerCase() === 'o') {
      this.openSource(this.cursor);
    } else {
      return;
    }
    event.preventDefault();
  };
}

function fileOf(node: CallTreeNode): string {
  return node.frame?.source?.path ?? node.frame?.module ?? '';
}
