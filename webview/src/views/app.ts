/** <spaces-inspector>: the tabs, the state of the session, and the view that is open. */
import { LitElement, html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { t } from '@vscode/l10n';
import { PANEL_VIEWS, type HeapResponse, type PanelView } from '../../../adapter/src/protocol';
import type { Inspector } from '../model/inspector';
import { blockView } from './block';
import { ceilingsView } from './ceilings';
import { chunksView } from './chunks';
import { empty, icon } from './common';
import { entriesView } from './entries';
import { groupsView } from './groups';
import { leaksView } from './leaks';
import { mapView } from './map';
import { overviewView } from './overview';
import { reportsView } from './reports';
import { snapshotsView } from './snapshots';

@customElement('spaces-inspector')
export class SpacesInspector extends LitElement {
  @property({ attribute: false }) model: Inspector | undefined;
  private unsubscribe: (() => void) | undefined;

  override createRenderRoot(): HTMLElement {
    return this;
  }

  /** Draws `model` from now on. */
  attach(model: Inspector): void {
    this.unsubscribe?.();
    this.model = model;
    this.unsubscribe = model.subscribe(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.unsubscribe?.();
  }

  override render(): TemplateResult | typeof nothing {
    const { model } = this;
    if (!model) {
      return nothing;
    }
    return html`<vscode-tabs
      panel
      .selectedIndex=${PANEL_VIEWS.indexOf(model.view)}
      @vsc-tabs-select=${(event: CustomEvent<{ selectedIndex: number }>) =>
        model.open(PANEL_VIEWS[event.detail.selectedIndex] ?? 'overview')}
    >
      ${PANEL_VIEWS.map(
        (view) =>
          html`<vscode-tab-header slot="header" data-view=${view}
              >${icon(VIEW_ICONS[view], 'tab-icon')}<span class="tab-title" title=${viewTitle(view)}
                >${viewTitle(view)}</span
              >${
                view === 'reports' && model.reports.length > 0
                  ? html`<vscode-badge variant="tab-header-counter" slot="content-after"
                      >${model.reports.length}</vscode-badge
                    >`
                  : nothing
              }</vscode-tab-header
            >
            <vscode-tab-panel data-view=${view}>
              ${view === model.view ? html`${statusLine(model)}${viewContent(model, view)}` : nothing}
            </vscode-tab-panel>`,
      )}
      <div slot="addons" class="toolbar">
        <vscode-toolbar-button
          icon=${model.checking ? 'loading' : 'shield'}
          label=${t('Check heap now')}
          title=${t('Check heap now')}
          ?disabled=${!model.canEdit || model.checking}
          @click=${() => model.canEdit && void model.check()}
        ></vscode-toolbar-button>
        <vscode-toolbar-button
          icon="refresh"
          label=${t('Refresh')}
          title=${t('Refresh')}
          @click=${() => model.refresh()}
        ></vscode-toolbar-button>
      </div>
    </vscode-tabs>`;
  }
}

const VIEW_ICONS: Record<PanelView, string> = {
  overview: 'dashboard',
  chunks: 'layers',
  ceilings: 'settings',
  entries: 'list-flat',
  groups: 'group-by-ref-type',
  map: 'symbol-array',
  block: 'symbol-numeric',
  snapshots: 'device-camera',
  leaks: 'circle-slash',
  reports: 'bug',
};

function viewTitle(view: PanelView): string {
  const titles: Record<PanelView, string> = {
    overview: t('Overview'),
    chunks: t('Chunks'),
    entries: t('Entries'),
    groups: t('Groups'),
    map: t('Map'),
    block: t('Block'),
    snapshots: t('Snapshots'),
    leaks: t('Leaks'),
    ceilings: t('Ceilings'),
    reports: t('Reports'),
  };
  return titles[view];
}

/** One line on what the figures are worth, and what the last action came to. */
function statusLine(model: Inspector): TemplateResult {
  const data = model.heap !== undefined || model.reports.length > 0;
  return html`${
    data && model.stale
      ? html`<div class="status-line" role="status">
          ${icon(model.session === 'running' ? 'debug-start' : 'history')}
          ${
            model.session === 'running'
              ? t('{0} is running. These are the figures of the last stop.', model.sessionName)
              : t('{0} has ended. These are the figures of its last stop.', model.sessionName)
          }
        </div>`
      : nothing
  }
  ${
    model.notice
      ? html`<div class="status-line notice-${model.notice.severity}" role="status">
          ${icon(model.notice.severity === 'info' ? 'pass' : 'error')}
          <span>${model.notice.text}</span>
          <span class="spring"></span>
          <vscode-toolbar-button
            icon="close"
            label=${t('Dismiss')}
            title=${t('Dismiss')}
            @click=${() => model.dismissNotice()}
          ></vscode-toolbar-button>
        </div>`
      : nothing
  }`;
}

function viewContent(model: Inspector, view: PanelView): TemplateResult {
  if (view === 'reports') {
    return reportsView(model);
  }
  if (model.heapError !== undefined && model.session === 'stopped') {
    return empty('warning', model.heapError);
  }
  return model.heap ? heapContent(model, model.heap, view) : withoutHeap(model);
}

function heapContent(
  model: Inspector,
  heap: HeapResponse,
  view: Exclude<PanelView, 'reports'>,
): TemplateResult {
  switch (view) {
    case 'overview':
      return overviewView(model, heap);
    case 'chunks':
      return chunksView(model, heap);
    case 'entries':
      return entriesView(model, heap);
    case 'groups':
      return groupsView(model, heap);
    case 'map':
      return mapView(model, heap);
    case 'block':
      return blockView(model);
    case 'snapshots':
      return snapshotsView(model);
    case 'leaks':
      return leaksView(model, heap);
    case 'ceilings':
      return ceilingsView(model, heap);
  }
}

function withoutHeap(model: Inspector): TemplateResult {
  switch (model.session) {
    case 'none':
      return empty(
        'debug-alt',
        t('Debug a C or C++ program with Spaces to see its heap here.'),
        html`<vscode-button @click=${() => model.startDebugging()}>${t('Start Debugging')}</vscode-button>`,
      );
    case 'running':
      return empty('debug-pause', t('{0} is running. Its heap shows at a stop.', model.sessionName));
    case 'stopped':
      return html`<div class="empty" role="status">
        <vscode-progress-ring aria-label=${t('Reading the heap')}></vscode-progress-ring>
        <p>${t('Reading the heap')}</p>
      </div>`;
    case 'ended':
      return empty(
        'debug-disconnect',
        t('{0} has ended before its heap was seen: set a breakpoint to stop it.', model.sessionName),
        html`<vscode-button @click=${() => model.startDebugging()}>${t('Start Debugging')}</vscode-button>`,
      );
  }
}
