/** The reports: a list, and of the chosen one its facts, its bytes and its three stacks. */
import { html, nothing, type TemplateResult } from 'lit';
import { classMap } from 'lit/directives/class-map.js';
import { t } from '@vscode/l10n';
import { unfindable, type Report } from '../../../adapter/src/protocol';
import { byteLines, type ByteCell } from '../model/bytes';
import { frameWhere, siteFrame, visible } from '../../../adapter/src/protocol/frames';
import type { Inspector } from '../model/inspector';
import { formatCount, formatSize } from '../../../adapter/src/protocol/sizes';
import { address, empty, facts, icon, stack } from './common';
import { bytesText, reportSeverity, reportTitle } from '../../../adapter/src/protocol/words';

export function reportsView(model: Inspector): TemplateResult {
  const newestFirst = [...model.reports].reverse();
  const shown = newestFirst.find((report) => report.id === model.selectedReport) ?? newestFirst[0];
  if (!shown && !model.reportsKnown && model.session !== 'none') {
    return html`<div class="empty" role="status">
      <vscode-progress-ring aria-label=${t('Reading the reports')}></vscode-progress-ring>
    </div>`;
  }
  if (!shown) {
    return empty(
      'pass',
      model.session === 'none' || model.session === 'ended'
        ? t('No heap misuse was reported.')
        : t('No heap misuse so far. Errors show here as soon as they happen.'),
    );
  }
  return html`<div class="reports">
    <div
      class="report-list"
      role="listbox"
      tabindex="0"
      aria-label=${t('Reports')}
      aria-activedescendant="report-${shown.id}"
      @keydown=${(event: KeyboardEvent) => onKey(model, newestFirst, shown, event)}
    >
      ${newestFirst.map((report) => listItem(model, report, report === shown))}
    </div>
    ${detail(model, shown)}
  </div>`;
}

function onKey(model: Inspector, reports: Report[], shown: Report, event: KeyboardEvent): void {
  const index = reports.indexOf(shown);
  const moves: Record<string, number> = {
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    Home: 0,
    End: reports.length - 1,
  };
  const to = moves[event.key];
  const report = to === undefined ? undefined : reports[to];
  if (report) {
    event.preventDefault();
    model.openReport(report.id);
    document.getElementById(`report-${report.id}`)?.scrollIntoView({ block: 'nearest' });
  }
}

function listItem(model: Inspector, report: Report, selected: boolean): TemplateResult {
  const severity = reportSeverity(report.kind, report.leak);
  const frame = siteFrame(report.detected);
  return html`<div
    class=${classMap({ 'report-item': true, selected })}
    role="option"
    id="report-${report.id}"
    aria-selected=${selected}
    @click=${() => model.openReport(report.id)}
  >
    ${icon(severity, `severity-${severity}`)}
    <div class="report-item-text">
      <div class="report-item-title">${reportTitle(report.kind, t)}</div>
      <div class="report-item-place">
        ${[frame && frameWhere(frame), clock(report.time)].filter(Boolean).join(' · ')}
      </div>
    </div>
  </div>`;
}

function detail(model: Inspector, report: Report): TemplateResult {
  const severity = reportSeverity(report.kind, report.leak);
  const chunk = model.chunk(report.chunk);
  return html`<article class="report" aria-labelledby="report-title">
    <header>
      ${icon(severity, `report-icon severity-${severity}`)}
      <div>
        <h2 id="report-title">${reportTitle(report.kind, t)}</h2>
        <p class="report-message">${withoutTitle(report)}</p>
        ${report.written ? html`<p class="report-message">${visible(report.written.message)}</p>` : nothing}
      </div>
    </header>
    <div class="stacks">
      ${report.written ? stack(model, t('Written'), report.written.frames) : nothing}
      ${report.byCheck && report.detected.length === 0 ? foundByCheck(report) : stack(model, detectedTitle(report), report.detected)}
      ${
        report.freed.length > 0 || ['double-free', 'write-after-free', 'use-after-free'].includes(report.kind)
          ? stack(model, report.kind === 'double-free' ? t('First freed') : t('Block freed'), report.freed)
          : nothing
      }
      ${hasBlock(report) ? stack(model, t('Block allocated'), report.allocated) : nothing}
    </div>
    ${bytes(report)}
    <section>
      <h3>${hasBlock(report) ? t('Block') : t('Details')}</h3>
      ${facts([
        [t('Address'), hasBlock(report) ? address(model, report.address) : undefined],
        [t('Size'), hasBlock(report) ? bytesText(report.size, t) : undefined],
        [t('First bad byte'), report.offset === 0 && report.bytes === '' ? undefined : badByte(report)],
        [
          t('Chunk'),
          chunk
            ? html`<button class="link" @click=${() => model.openEntries(chunk.id)}>${chunk.label}</button>`
            : address(model, report.chunk),
        ],
        [t('Allocation'), report.sequence > 0 ? `#${formatCount(report.sequence)}` : undefined],
        [t('Thread'), String(report.thread)],
        [t('Process'), report.process ?? String(report.pid)],
        [t('Error code'), String(report.code)],
      ])}
      <div class="actions">
        <vscode-button
          ?hidden=${unfindable(report) !== undefined || report.written !== undefined}
          @click=${() => model.findWrite(report.id)}
          >${t('Find the Write')}</vscode-button
        >
        <vscode-button
          ?hidden=${report.leak === undefined}
          @click=${() => report.leak && model.markIntended(report.allocated, report.leak)}
          >${t('Mark as Intended')}</vscode-button
        >
        <vscode-button
          secondary
          ?hidden=${!hasBlock(report)}
          ?disabled=${model.session !== 'stopped'}
          @click=${() => model.viewMemory(report.address, Math.max(report.size, 64))}
          >${t('Open in Memory View')}</vscode-button
        >
        <vscode-button secondary @click=${() => model.copy(asText(report))}
          >${t('Copy Report')}</vscode-button
        >
      </div>
    </section>
  </article>`;
}

/** A check finds damage whose line nobody saw; the search can. */
function foundByCheck(report: Report): TemplateResult | typeof nothing {
  if (report.written) {
    return nothing;
  }
  return html`<section class="stack">
    <h3>${detectedTitle(report)}</h3>
    <p class="hint">
      ${
        unfindable(report) === undefined
          ? t('The line that did it was not seen: Find the Write runs the program again and stops there.')
          : t('The line that did it was not seen.')
      }
    </p>
  </section>`;
}

/** False where an allocation was refused: there is no block to speak of. */
function hasBlock(report: Report): boolean {
  return !/^0x0*$/.test(report.address);
}

/** The message, less the title that stands above it. */
function withoutTitle(report: Report): string {
  const title = `${reportTitle(report.kind, t)}: `;
  const message = visible(report.message);
  if (!message.startsWith(title)) {
    return message;
  }
  const rest = message.slice(title.length);
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

function detectedTitle(report: Report): string {
  if (report.byCheck) {
    return t('Found by a check');
  }
  return report.kind === 'double-free' ? t('Freed again') : t('Detected');
}

function badByte(report: Report): string {
  const past = report.offset - report.size;
  if (report.offset < 0) {
    return report.offset === -1
      ? t('the byte right before the block')
      : t('{0} bytes before the block', formatCount(-report.offset));
  }
  if (past < 0) {
    return t('byte {0} of the block', formatCount(report.offset));
  }
  return past === 0
    ? t('the byte right after the block')
    : t('{0} bytes past the end of the block', formatCount(past));
}

function bytes(report: Report): TemplateResult | typeof nothing {
  const lines = byteLines(report);
  if (lines.length === 0) {
    return nothing;
  }
  return html`<section>
    <h3>${t('Bytes')}</h3>
    <div class="bytes mono" role="table" aria-label=${t('Bytes around the damage')}>
      ${lines.map(
        (line) =>
          html`<div class="byte-line" role="row">
            <span class="byte-address" role="rowheader">${line.address}</span>
            <span class="byte-cells" role="cell">${line.cells.map((cell) => byteCell(cell))}</span>
            <span class="byte-text" role="cell">${line.cells.map((cell) => textCell(cell))}</span>
          </div>`,
      )}
    </div>
    <div class="legend" ?hidden=${report.bytesOffset === undefined}>
      <span class="legend-item"><span class="swatch byte-bad"></span>${t('first bad byte')}</span>
      <span class="legend-item"><span class="swatch byte-block"></span>${t('the block')}</span>
      <span class="legend-item"><span class="swatch byte-outside"></span>${t('outside it')}</span>
    </div>
  </section>`;
}

function byteCell(cell: ByteCell): TemplateResult {
  return html`<span
    class=${cellClass(cell, 'byte')}
    title=${t('offset {0}', cell.offset)}
    aria-label=${cell.bad ? t('{0}, first bad byte', cell.hex) : cell.hex}
    >${cell.hex}</span
  >`;
}

function textCell(cell: ByteCell): TemplateResult {
  return html`<span class=${cellClass(cell, 'byte-char')} aria-hidden="true">${cell.text}</span>`;
}

function cellClass(cell: ByteCell, base: string): string {
  return `${base} ${cell.bad ? 'byte-bad' : cell.role === 'block' ? 'byte-block' : 'byte-outside'}`;
}

/** The report as plain text, for a bug tracker. */
function asText(report: Report): string {
  const part = (title: string, frames: Report['detected']): string[] =>
    frames.length === 0
      ? []
      : [
          '',
          `${title}:`,
          ...frames.map((frame) => `  ${frame.function || frame.address}  ${frameWhere(frame)}`.trimEnd()),
        ];
  return [
    report.message,
    ...(report.written ? [report.written.message] : []),
    `${reportTitle(report.kind, t)}, ${report.address}, ${formatSize(report.size)}, thread ${report.thread}, process ${report.pid}`,
    ...part(t('Written'), report.written?.frames ?? []),
    ...part(detectedTitle(report), report.detected),
    ...part(t('Block allocated'), report.allocated),
    ...part(t('Block freed'), report.freed),
    ...(report.bytes ? ['', report.bytes] : []),
  ].join('\n');
}

function clock(time: number): string {
  return time > 0 ? new Date(time).toLocaleTimeString() : '';
}
