/** The leaks: how much of each class, the records by site, and what is known of one. */
import { html, nothing, type TemplateResult } from 'lit';
import { t } from '@vscode/l10n';
import {
  LEAK_CLASSES,
  type Group,
  type HeapResponse,
  type LeakClass,
  type LeakRecord,
} from '../../../adapter/src/protocol';
import { firstUserFrame, frameName, siteFrame, visible } from '../../../adapter/src/protocol/frames';
import { formatCount, formatSize } from '../../../adapter/src/protocol/sizes';
import { amountText, blocksText, bytesText, leakClassName } from '../../../adapter/src/protocol/words';
import type { Inspector } from '../model/inspector';
import { EVER, leakGroups } from '../model/leaks';
import type { GridColumn } from '../parts/grid';
import {
  address,
  chunkSelect,
  empty,
  facts,
  icon,
  modeButtons,
  reading,
  select,
  site,
  stack,
  tableActions,
} from './common';
import { detailPane, gridOf } from './tables';

export function leaksView(model: Inspector, heap: HeapResponse): TemplateResult {
  return html`<div class="page table-page">
    ${bar(model, heap)} ${classes(model)} ${content(model, heap)}
  </div>`;
}

function bar(model: Inspector, heap: HeapResponse): TemplateResult {
  const { leaks, snapshots } = model;
  const { choice } = leaks;
  return html`<div class="table-bar" role="search">
    ${modeButtons(
      t('Show as'),
      choice.mode,
      [
        ['table', 'list-flat', t('Table')],
        ['treemap', 'layout', t('Tree map')],
      ],
      (mode) => leaks.choose({ mode }),
    )}
    ${chunkSelect(heap, choice.chunk, (chunk) => leaks.choose({ chunk }))}
    ${
      snapshots.snapshots.length > 0
        ? select(
            t('Grown since'),
            'filter-chunk',
            String(choice.since),
            [
              [String(EVER), t('Lost at any time')],
              ...snapshots.snapshots.map(
                ({ id, name }) => [String(id), t('Since {0}', visible(name))] as const,
              ),
            ],
            (since) => leaks.choose({ since: Number(since) }),
          )
        : nothing
    }
    <span class="count" role="status">${countText(model)}</span>
    ${tableActions(model, choice.kinds.length > 0 ? leaks.table('csv') : undefined)}
  </div>`;
}

function countText({ leaks }: Inspector): string {
  const { mode } = leaks.choice;
  const answer = mode === 'table' ? leaks.list.answer : leaks.largest.answer;
  if (!answer || leaks.choice.kinds.length === 0) {
    return '';
  }
  const shown = mode === 'table' ? answer.total : (leaks.largest.answer?.records.length ?? 0);
  return t('{0} of {1} places', formatCount(shown), formatCount(answer.total));
}

/** How much there is of each class; a click shows it or shows it no more. */
function classes({ leaks }: Inspector): TemplateResult {
  const hints: Record<LeakClass, string> = {
    definite: t('No pointer leads to these blocks any more.'),
    indirect: t('Only lost blocks lead to these.'),
    possible: t('Only pointers into the middle of these blocks are left.'),
    reachable: t('The program can still get at these.'),
  };
  return html`<div class="leak-classes" role="group" aria-label=${t('Classes that are shown')}>
    ${LEAK_CLASSES.map((kind) => {
      const amount = leaks.classes?.[kind];
      const shown = leaks.choice.kinds.includes(kind);
      return html`<button
        class="leak-class leak-${kind}"
        role="checkbox"
        aria-checked=${shown}
        title=${hints[kind]}
        data-class=${kind}
        @click=${() => leaks.toggle(kind)}
      >
        ${icon(shown ? 'pass-filled' : 'circle-large-outline')}
        <span class="leak-name">${leakClassName(kind, t)}</span>
        <span class="leak-amount">${amount ? amountText(amount, t) : ''}</span>
      </button>`;
    })}
  </div>`;
}

function content(model: Inspector, heap: HeapResponse): TemplateResult {
  const { leaks } = model;
  const { choice, list } = leaks;
  const error = choice.mode === 'table' ? list.error : leaks.largest.error;
  if (error !== undefined) {
    return empty('error', error);
  }
  if (choice.kinds.length === 0) {
    return empty('filter', t('Choose a class above to see its blocks.'));
  }
  return choice.mode === 'table' ? table(model, heap) : areas(model);
}

function notRead(model: Inspector): TemplateResult {
  return model.session === 'stopped'
    ? reading(t('Looking for leaks'))
    : empty('debug-pause', t('Leaks are looked for while the program is stopped.'));
}

function nothingLost({ leaks }: Inspector): TemplateResult {
  const { reachable } = leaks.classes ?? {};
  return empty(
    'check',
    reachable
      ? t('No block of these classes: {0} can be reached.', blocksText(reachable.count, t))
      : t('No block of these classes.'),
  );
}

function table(model: Inspector, heap: HeapResponse): TemplateResult {
  const { leaks } = model;
  const { list } = leaks;
  if (list.untouched || (list.loading && !list.answer)) {
    return notRead(model);
  }
  if (list.total === 0 && !list.loading) {
    return nothingLost(model);
  }
  return html`${gridOf(leaks, {
    label: t('Leaks'),
    columns: columns(model, heap),
    open: (record) => goToAllocation(model, record),
  })}
  ${leaks.selectedRow ? detail(model, heap, leaks.selectedRow) : nothing}`;
}

function areas(model: Inspector): TemplateResult {
  const { answer, loading } = model.leaks.largest;
  if (!answer) {
    return loading ? reading(t('Looking for leaks')) : notRead(model);
  }
  if (answer.records.length === 0) {
    return nothingLost(model);
  }
  return html`<spaces-treemap
    .groups=${leakGroups(answer.records)}
    action=${t('Go to Allocation')}
    @group-open=${(event: CustomEvent<Group>) => goToAllocation(model, event.detail)}
  ></spaces-treemap>`;
}

function goToAllocation(model: Inspector, { frames }: Pick<LeakRecord, 'frames'>): void {
  const frame = firstUserFrame(frames);
  if (frame) {
    model.openSource(frame.source.path, frame.line);
  }
}

function columns(model: Inspector, heap: HeapResponse): GridColumn<LeakRecord>[] {
  const chunks = new Map(heap.chunks.map((chunk) => [chunk.id, chunk.label]));
  return [
    {
      id: 'site',
      title: t('Allocated in'),
      min: 200,
      grow: 3,
      cell: (record) => place(model, record),
    },
    {
      id: 'bytes',
      title: t('Lost'),
      min: 84,
      grow: 0.6,
      align: 'end',
      cell: (record) => formatSize(record.bytes),
    },
    {
      id: 'count',
      title: t('Blocks'),
      min: 72,
      grow: 0.5,
      align: 'end',
      cell: (record) => formatCount(record.count),
    },
    {
      id: 'indirect',
      title: t('Lost with them'),
      min: 136,
      grow: 0.8,
      rank: 2,
      align: 'end',
      cell: (record) =>
        record.indirectCount > 0
          ? t('{0} in {1}', formatSize(record.indirectBytes), formatCount(record.indirectCount))
          : html`<span class="none">${t('none')}</span>`,
    },
    {
      id: 'class',
      title: t('Class'),
      min: 112,
      grow: 0.8,
      rank: 3,
      cell: (record) => leakClassName(record.class, t),
    },
    {
      id: 'chunk',
      title: t('Chunk'),
      min: 110,
      grow: 1,
      rank: 4,
      cell: (record) => chunks.get(record.chunk) ?? record.chunk,
    },
  ];
}

/** Where it was allocated, as far as that is known, and whether it is intended. */
function place(model: Inspector, { frames, examples, suppressed }: LeakRecord): TemplateResult | string {
  const where =
    frames.length > 0 ? site(model, frames) : examples[0] ? address(model, examples[0], true) : '';
  return suppressed === undefined
    ? where
    : html`<span class="site-cell">${where}<span class="pill">${t('intended')}</span></span>`;
}

function detail(model: Inspector, heap: HeapResponse, record: LeakRecord): TemplateResult {
  const frame = siteFrame(record.frames);
  const chunk = heap.chunks.find(({ id }) => id === record.chunk);
  return detailPane({
    label: t('Selected leak'),
    heading: html`<h2>${frame ? frameName(frame) : (record.examples[0] ?? '')}</h2>`,
    actions: html`<vscode-button
        ?disabled=${!firstUserFrame(record.frames)}
        @click=${() => goToAllocation(model, record)}
        >${t('Go to Allocation')}</vscode-button
      >
      ${
        record.class === 'reachable' || record.suppressed !== undefined
          ? nothing
          : html`<vscode-button secondary @click=${() => model.markIntended(record.frames, record)}
              >${t('Mark as Intended')}</vscode-button
            >`
      }`,
    close: () => model.leaks.select(-1),
    body: html`${facts([
      [t('Class'), leakClassName(record.class, t)],
      [t('Lost'), amountText(record, t)],
      [
        t('Lost with them'),
        record.indirectCount > 0
          ? amountText({ bytes: record.indirectBytes, count: record.indirectCount }, t)
          : undefined,
      ],
      [t('Grown by'), record.grown === undefined ? undefined : blocksText(record.grown, t)],
      [t('Size'), record.size === undefined ? undefined : bytesText(record.size, t)],
      [t('Chunk'), chunk?.label ?? record.chunk],
      [t('Intended'), record.suppressed === undefined ? undefined : visible(record.suppressed) || t('yes')],
      [
        t('First blocks'),
        html`<span class="examples"
          >${record.examples.map((one) => html`<span class="example">${address(model, one)}</span>`)}</span
        >`,
      ],
    ])}
    ${record.frames.length > 0 ? stack(model, t('Allocated'), record.frames) : nothing}`,
  });
}
