/** Snapshots: which there are, and what changed between any two, or since one. */
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { t } from '@vscode/l10n';
import type { Amount, DiffGroup, Snapshot } from '../../../adapter/src/protocol';
import { visible } from '../../../adapter/src/protocol/frames';
import { formatCount, formatSize } from '../../../adapter/src/protocol/sizes';
import { amountText, groupByName } from '../../../adapter/src/protocol/words';
import type { Inspector } from '../model/inspector';
import { NOW, type DiffSort } from '../model/snapshots';
import type { GridColumn } from '../parts/grid';
import { empty, icon, reading, searchField, select, tableActions } from './common';
import { groupBySelect, groupDetail, groupName } from './groups';
import { gridOf } from './tables';

export function snapshotsView(model: Inspector): TemplateResult {
  const { snapshots } = model;
  return html`<div class="page table-page">
    <div class="table-bar">
      <vscode-button ?disabled=${!model.canEdit || snapshots.taking} @click=${() => void snapshots.take()}
        >${t('Take Snapshot')}</vscode-button
      >
      <span class="count" title=${t('Memory that the debug adapter needs to keep them')}
        >${
          snapshots.snapshots.length > 0
            ? t('{0}, {1}', snapshotsText(snapshots.snapshots.length), formatSize(snapshots.memory))
            : ''
        }</span
      >
    </div>
    ${snapshots.error === undefined ? nothing : html`<p class="damage-note" role="alert">${icon('error', 'severity-error')} <span>${snapshots.error}</span></p>`}
    ${
      snapshots.snapshots.length === 0
        ? empty(
            'device-camera',
            t('A snapshot keeps which blocks are live. Take one, let the program run on, and compare.'),
          )
        : html`${list(model)} ${comparison(model)}`
    }
  </div>`;
}

function list(model: Inspector): TemplateResult {
  return html`<div class="snapshot-list" role="list" aria-label=${t('Snapshots')}>
    ${repeat(
      model.snapshots.snapshots,
      ({ id }) => id,
      (one) => item(model, one),
    )}
  </div>`;
}

function item(model: Inspector, one: Snapshot): TemplateResult {
  const { snapshots } = model;
  const { from, to } = snapshots.choice;
  const role = one.id === from ? t('from') : one.id === to ? t('to') : '';
  return html`<div class="snapshot" role="listitem">
    ${icon('device-camera')}
    <span class="snapshot-name" title=${visible(one.place ?? '')}>${visible(one.name)}</span>
    <span class="pill" ?hidden=${role === ''}>${role}</span>
    <span class="hint"
      >${[new Date(one.time).toLocaleTimeString(), visible(one.place ?? '')].filter(Boolean).join(' · ')}</span
    >
    <span class="spring"></span>
    <span class="snapshot-size">${amountText(one, t)}</span>
    <vscode-toolbar-button
      icon="git-compare"
      label=${t('Compare {0} with now', visible(one.name))}
      title=${t('Compare with now')}
      @click=${() => snapshots.choose({ from: one.id, to: NOW })}
    ></vscode-toolbar-button>
    <vscode-toolbar-button
      icon="trash"
      label=${t('Forget {0}', visible(one.name))}
      title=${t('Forget')}
      @click=${() => void snapshots.drop(one.id)}
    ></vscode-toolbar-button>
  </div>`;
}

function comparison(model: Inspector): TemplateResult {
  const { snapshots } = model;
  const { choice, list: diff } = snapshots;
  const moments = snapshots.snapshots.map((one) => [String(one.id), visible(one.name)] as const);
  return html`<div class="table-bar compare-bar" role="search">
      ${select(t('From'), 'filter-by', String(choice.from), moments, (from) =>
        snapshots.choose({ from: Number(from) }),
      )}
      ${icon('arrow-right')}
      ${select(t('To'), 'filter-by', String(choice.to), [...moments, [String(NOW), t('now')]], (to) =>
        snapshots.choose({ to: Number(to) }),
      )}
      ${groupBySelect(choice.by, (by) => snapshots.choose({ by }))}
      ${searchField(t('Filter groups'), t('Filter'), choice.text, (text) => snapshots.choose({ text }, true))}
      <span class="count" role="status"
        >${
          diff.answer
            ? t('{0} of {1} groups changed', formatCount(diff.answer.total), formatCount(diff.answer.all))
            : ''
        }</span
      >
      ${tableActions(model, snapshots.comparing ? snapshots.table('csv') : undefined)}
    </div>
    ${sums(model)} ${table(model)}`;
}

function sums({ snapshots }: Inspector): TemplateResult | typeof nothing {
  const { answer } = snapshots.list;
  return answer
    ? html`<div class="diff-sums" role="status">
        <span>${t('Live {0} → {1}', formatSize(answer.before.bytes), formatSize(answer.after.bytes))}</span>
        <span>${signedAmount(difference(answer.before, answer.after))}</span>
        <span>${t('allocated {0}', amountText(answer.allocated, t))}</span>
        <span>${t('freed {0}', amountText(answer.freed, t))}</span>
      </div>`
    : nothing;
}

function table(model: Inspector): TemplateResult {
  const { snapshots } = model;
  const { list: diff, choice } = snapshots;
  if (!snapshots.comparing) {
    return empty('git-compare', t('Choose two different moments to compare.'));
  }
  if (diff.error !== undefined) {
    return empty('error', diff.error);
  }
  if (diff.untouched) {
    return model.session === 'stopped'
      ? reading(t('Comparing'))
      : empty('debug-pause', t('Snapshots are compared while the program is stopped.'));
  }
  if (diff.total === 0 && !diff.loading) {
    return empty('check', t('Nothing changed.'));
  }
  return html`${gridOf(snapshots, {
    label: t('Differences'),
    columns: columns(model),
    sort: choice.sort,
    sortBy: (by) => snapshots.sortBy(by as DiffSort['by']),
    open: (group) => openGroup(model, group),
  })}
  ${snapshots.selectedRow ? detail(model, snapshots.selectedRow) : nothing}`;
}

function columns(model: Inspector): GridColumn<DiffGroup>[] {
  const { by } = model.snapshots.choice;
  const chunks = new Map((model.heap?.chunks ?? []).map((chunk) => [chunk.id, chunk.label]));
  return [
    {
      id: 'key',
      title: groupByName(by, t),
      min: 180,
      grow: 3,
      sortable: true,
      cell: (group) => groupName(model, by, group, chunks),
    },
    {
      id: 'bytes',
      title: t('Change'),
      min: 96,
      grow: 0.8,
      align: 'end',
      sortable: true,
      cell: (group) => signedSize(group.after.bytes - group.before.bytes),
    },
    {
      id: 'count',
      title: t('Blocks'),
      min: 80,
      grow: 0.6,
      align: 'end',
      sortable: true,
      cell: (group) => signedCount(group.after.count - group.before.count),
    },
    {
      id: 'allocated',
      title: t('Allocated'),
      min: 96,
      grow: 0.8,
      rank: 2,
      align: 'end',
      sortable: true,
      cell: (group) => formatSize(group.allocated.bytes),
    },
    {
      id: 'freed',
      title: t('Freed'),
      min: 96,
      grow: 0.8,
      rank: 3,
      align: 'end',
      sortable: true,
      cell: (group) => formatSize(group.freed.bytes),
    },
    {
      id: 'after',
      title: t('Live then'),
      min: 96,
      grow: 0.8,
      rank: 4,
      align: 'end',
      cell: (group) => formatSize(group.after.bytes),
    },
  ];
}

function openGroup(model: Inspector, group: DiffGroup): void {
  const { by, to } = model.snapshots.choice;
  if (to === NOW) {
    model.openGroup({ by, key: group.key });
  }
}

function detail(model: Inspector, group: DiffGroup): TemplateResult {
  return groupDetail(model, group, {
    actions: html`<vscode-button
      ?disabled=${model.snapshots.choice.to !== NOW}
      @click=${() => openGroup(model, group)}
      >${t('Show Entries')}</vscode-button
    >`,
    close: () => model.snapshots.select(-1),
    rows: [
      [t('Before'), amountText(group.before, t)],
      [t('After'), amountText(group.after, t)],
      [t('Allocated'), amountText(group.allocated, t)],
      [t('Freed'), amountText(group.freed, t)],
    ],
  });
}

function difference(before: Amount, after: Amount): Amount {
  return { count: after.count - before.count, bytes: after.bytes - before.bytes };
}

function snapshotsText(count: number): string {
  return count === 1 ? t('1 snapshot') : t('{0} snapshots', formatCount(count));
}

function signedAmount({ count, bytes }: Amount): TemplateResult {
  return html`${signedSize(bytes)} ${t('in {0} blocks', signed(count, formatCount))}`;
}

function signed(value: number, format: (value: number) => string): string {
  return value > 0 ? `+${format(value)}` : value < 0 ? `−${format(-value)}` : '0';
}

function signedSize(bytes: number): TemplateResult {
  return html`<span class=${bytes > 0 ? 'grown' : bytes < 0 ? 'shrunk' : 'none'}
    >${signed(bytes, formatSize)}</span
  >`;
}

function signedCount(count: number): TemplateResult {
  return html`<span class=${count > 0 ? 'grown' : count < 0 ? 'shrunk' : 'none'}
    >${signed(count, formatCount)}</span
  >`;
}
