/** Groups of live blocks: a table by any property, a flame graph of call paths, a tree map of sites. */
import { html, nothing, type TemplateResult } from 'lit';
import { t } from '@vscode/l10n';
import type { Frame, Group, GroupBy, HeapResponse } from '../../../adapter/src/protocol';
import { GROUP_BYS } from '../../../adapter/src/protocol/lists';
import { frameName, placeOf, siteFrame, visible } from '../../../adapter/src/protocol/frames';
import { formatCount, formatSize } from '../../../adapter/src/protocol/sizes';
import { bytesText, groupByName } from '../../../adapter/src/protocol/words';
import type { GroupSort } from '../model/groups';
import type { Inspector } from '../model/inspector';
import { cssVars, percent } from '../parts/cssVars';
import type { GridColumn } from '../parts/grid';
import {
  chunkSelect,
  empty,
  facts,
  modeButtons,
  reading,
  searchField,
  select,
  sourceLink,
  stack,
  tableActions,
} from './common';
import { detailPane, gridOf } from './tables';

/** A line is its site without the function's name. */
const GROUP_CHOICES = GROUP_BYS.filter((by) => by !== 'line');

export function groupBySelect(value: GroupBy, choose: (by: GroupBy) => void): TemplateResult {
  return select(
    t('Group by'),
    'filter-by',
    value,
    GROUP_CHOICES.map((by) => [by, groupByName(by, t)] as const),
    choose,
  );
}

export function groupsView(model: Inspector, heap: HeapResponse): TemplateResult {
  const { choice } = model.groups;
  return html`<div class="page table-page">
    ${bar(model, heap)}
    ${choice.mode === 'table' ? table(model) : choice.mode === 'flame' ? flame(model) : sites(model)}
  </div>`;
}

function bar(model: Inspector, heap: HeapResponse): TemplateResult {
  const { groups } = model;
  const { choice } = groups;
  return html`<div class="table-bar" role="search">
    ${modeButtons(
      t('Show as'),
      choice.mode,
      [
        ['table', 'list-flat', t('Table')],
        ['flame', 'flame', t('Flame graph')],
        ['treemap', 'layout', t('Tree map')],
      ],
      (mode) => groups.choose({ mode }),
    )}
    ${
      choice.mode === 'table'
        ? html`${groupBySelect(choice.by, (by) => groups.choose({ by }))}
          ${searchField(t('Filter groups'), t('Filter'), choice.text, (text) => groups.choose({ text }, true))}`
        : nothing
    }
    ${
      choice.mode === 'flame'
        ? select(
            t('Order'),
            'filter-by',
            choice.order,
            [
              ['callers', t('From main')],
              ['callees', t('From the allocation')],
            ],
            (order) => groups.choose({ order }),
          )
        : nothing
    }
    ${chunkSelect(heap, choice.chunk, (chunk) => groups.choose({ chunk }))}
    <span class="count" role="status">${countText(model)}</span>
    ${
      choice.mode === 'table'
        ? tableActions(model, groups.table('csv'), profileAction(model))
        : profileAction(model)
    }
  </div>`;
}

function profileAction(model: Inspector): TemplateResult {
  const { chunk } = model.groups.choice;
  return html`<vscode-toolbar-button
    icon="save-as"
    label=${t('Export sites as pprof or speedscope')}
    title=${t('Export sites as pprof or speedscope…')}
    ?disabled=${!model.canEdit}
    @click=${() =>
      model.canEdit &&
      model.exportTable({ what: 'stacks', format: 'pprof', ...(chunk ? { query: { chunk } } : {}) }, 'file')}
  ></vscode-toolbar-button>`;
}

function countText({ groups }: Inspector): string {
  const { mode } = groups.choice;
  if (mode === 'table') {
    const { answer } = groups.list;
    return answer
      ? t(
          '{0} of {1} groups, {2}',
          formatCount(answer.total),
          formatCount(answer.all),
          formatSize(answer.bytes),
        )
      : '';
  }
  if (mode === 'flame') {
    const { answer } = groups.calls;
    return answer
      ? t(
          '{0} of {1} call paths',
          formatCount(answer.nodes.length),
          formatCount(answer.nodes.length + answer.omitted),
        )
      : '';
  }
  const { answer } = groups.sites;
  return answer ? t('{0} of {1} sites', formatCount(answer.groups.length), formatCount(answer.total)) : '';
}

function table(model: Inspector): TemplateResult {
  const { groups } = model;
  const { list, choice } = groups;
  if (list.error !== undefined) {
    return empty('error', list.error);
  }
  if (list.untouched) {
    return notRead(model);
  }
  if (list.total === 0 && !list.loading) {
    return empty('search-stop', t('No group matches.'));
  }
  return html`${gridOf(groups, {
    label: t('Groups'),
    columns: columns(model),
    sort: choice.sort,
    sortBy: (by) => groups.sortBy(by as GroupSort['by']),
    open: (group) => openGroup(model, group),
  })}
  ${groups.selectedRow ? detail(model, groups.selectedRow) : nothing}`;
}

function columns(model: Inspector): GridColumn<Group>[] {
  const { choice, list } = model.groups;
  const all = Math.max(1, list.answer?.bytes ?? 1);
  const chunks = new Map((model.heap?.chunks ?? []).map((chunk) => [chunk.id, chunk.label]));
  return [
    {
      id: 'key',
      title: groupByName(choice.by, t),
      min: 200,
      grow: 3,
      sortable: true,
      cell: (group) => groupName(model, choice.by, group, chunks),
    },
    {
      id: 'bytes',
      title: t('Live'),
      min: 88,
      grow: 0.7,
      align: 'end',
      sortable: true,
      cell: (group) => formatSize(group.bytes),
    },
    {
      id: 'share',
      title: t('Share'),
      min: 140,
      grow: 1,
      rank: 2,
      cell: (group) =>
        html`<span class="mini-gauge share"
            ><span class="mini-gauge-fill" ${cssVars({ '--part': percent(group.bytes / all) })}></span></span
          >${((group.bytes / all) * 100).toFixed(1)}%`,
    },
    {
      id: 'count',
      title: t('Blocks'),
      min: 80,
      grow: 0.6,
      align: 'end',
      sortable: true,
      cell: (group) => formatCount(group.count),
    },
    {
      id: 'mean',
      title: t('Mean size'),
      min: 88,
      grow: 0.6,
      rank: 3,
      align: 'end',
      cell: (group) => formatSize(group.bytes / Math.max(1, group.count)),
    },
  ];
}

/** What a group is called: its site with a link, or its key. */
export function groupName(
  model: Inspector,
  by: GroupBy,
  group: { key: string; frames: Frame[] },
  chunks: ReadonlyMap<string, string>,
): TemplateResult | string {
  const frame = siteFrame(group.frames);
  if (by === 'chunk') {
    return chunks.get(group.key) ?? group.key;
  }
  if (frame && (by === 'site' || by === 'stack' || by === 'function' || by === 'line')) {
    return html`<span class="site-cell" title=${visible(group.key)}
      ><span class="site">${frameName(frame)}</span>${sourceLink(model, frame, true)}</span
    >`;
  }
  return html`<span title=${visible(group.key)}>${visible(group.key)}</span>`;
}

function openGroup(model: Inspector, group: Group): void {
  const { by, chunk } = model.groups.choice;
  model.openGroup({ by, key: group.key }, chunk);
}

function detail(model: Inspector, group: Group): TemplateResult {
  return groupDetail(model, group, {
    actions: html`<vscode-button @click=${() => openGroup(model, group)}
      >${t('Show Entries')}</vscode-button
    >`,
    close: () => model.groups.select(-1),
    rows: [
      [t('Live'), bytesText(group.bytes, t)],
      [t('Blocks'), formatCount(group.count)],
      [t('Mean size'), formatSize(group.bytes / Math.max(1, group.count))],
    ],
  });
}

/** The pane of a group: its site, some figures, one of its stacks. */
export function groupDetail(
  model: Inspector,
  group: { key: string; frames: Frame[] },
  { rows, ...parts }: { actions: TemplateResult; close: () => void; rows: [string, string][] },
): TemplateResult {
  const frame = siteFrame(group.frames);
  return detailPane({
    ...parts,
    label: t('Selected group'),
    heading: html`<h2>${frame ? frameName(frame) : visible(group.key)}</h2>`,
    body: html`${facts(rows)}
    ${group.frames.length > 0 ? stack(model, t('One of its stacks'), group.frames) : nothing}`,
  });
}

function flame(model: Inspector): TemplateResult {
  const { calls, choice } = model.groups;
  if (calls.error !== undefined) {
    return empty('error', calls.error);
  }
  if (!calls.answer) {
    return calls.loading ? reading(t('Reading the call paths')) : notRead(model);
  }
  if (calls.answer.nodes.length < 2) {
    return empty('flame', t('No live block has a stack: the debug build keeps them, with "track" on.'));
  }
  return html`<spaces-flame
    .nodes=${calls.answer.nodes}
    .rootName=${choice.order === 'callers' ? t('All live blocks') : t('All allocations')}
    @frame-open=${(event: CustomEvent<Frame>) => {
      const place = placeOf(event.detail);
      if (place) {
        model.openSource(place.path, place.line);
      }
    }}
  ></spaces-flame>`;
}

function sites(model: Inspector): TemplateResult {
  const { sites: read, choice } = model.groups;
  if (read.error !== undefined) {
    return empty('error', read.error);
  }
  if (!read.answer) {
    return read.loading ? reading(t('Reading the sites')) : notRead(model);
  }
  if (read.answer.groups.length === 0) {
    return empty('layout', t('There is no live block.'));
  }
  return html`<spaces-treemap
    .groups=${read.answer.groups}
    action=${t('Show Entries')}
    @group-open=${(event: CustomEvent<Group>) =>
      model.openGroup({ by: 'site', key: event.detail.key }, choice.chunk)}
  ></spaces-treemap>`;
}

function notRead(model: Inspector): TemplateResult {
  return model.session === 'stopped'
    ? reading(t('Reading the groups'))
    : empty('debug-pause', t('Groups are read while the program is stopped.'));
}
