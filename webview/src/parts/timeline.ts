/** <spaces-timeline>: the heap over the time of a run, drawn by uPlot in the theme's colours. */
import { LitElement, html, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import uPlot from 'uplot';
import { t } from '@vscode/l10n';
import type { HistoryPoint } from '../model/history';
import { formatSize } from '../../../adapter/src/protocol/sizes';

const HEIGHT = 160;

@customElement('spaces-timeline')
export class SpacesTimeline extends LitElement {
  @property({ attribute: false }) points: HistoryPoint[] = [];
  @state() private hovered: number | undefined;
  @query('.timeline-plot') private place!: HTMLElement;
  private plot: uPlot | undefined;
  private readonly sizes = new ResizeObserver(() => this.fit());
  /** VS Code changes the body's class and variables with the theme. */
  private readonly themes = new MutationObserver(() => this.redraw());

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.sizes.observe(this);
    this.themes.observe(document.body, {
      attributes: true,
      attributeFilter: ['class', 'data-vscode-theme-id'],
    });
    if (this.hasUpdated) {
      this.redraw();
    }
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes.disconnect();
    this.themes.disconnect();
    this.plot?.destroy();
    this.plot = undefined;
  }

  override render(): TemplateResult {
    const shown = this.points[this.hovered ?? this.points.length - 1];
    const limit = shown?.heapLimit ?? null;
    const start = this.points[0]?.time ?? 0;
    return html`<div class="legend">
        <span class="legend-item"
          ><span class="swatch swatch-system"></span>${t('From the system')}
          <b>${shown ? formatSize(shown.heapTotal) : ''}</b></span
        >
        <span class="legend-item"
          ><span class="swatch swatch-live"></span>${t('Live')}
          <b>${shown ? formatSize(shown.liveBytes) : ''}</b></span
        >
        <span class="legend-item"
          ><span class="swatch swatch-free"></span>${t('Free and headers')}
          <b>${shown ? formatSize(freeOf(shown)) : ''}</b></span
        >
        ${
          limit === null
            ? ''
            : html`<span class="legend-item"
                ><span class="swatch swatch-limit"></span>${t('Limit')} <b>${formatSize(limit)}</b></span
              >`
        }
        <span class="legend-note"
          >${shown ? t('after {0} s', ((shown.time - start) / 1000).toFixed(1)) : ''}</span
        >
      </div>
      <div class="timeline-plot" role="img" aria-label=${this.spoken()}></div>`;
  }

  override updated(changed: PropertyValues<this>): void {
    if (!this.plot) {
      this.redraw();
    } else if (changed.has('points')) {
      const limited = this.points.some((point) => point.heapLimit !== null);
      if (limited !== this.plot.series.length > 4) {
        this.redraw();
      } else {
        this.plot.setData(this.data(limited));
      }
    }
  }

  private spoken(): string {
    const first = this.points[0];
    const last = this.points.at(-1);
    return first && last
      ? t(
          'In {0} seconds, live memory went from {1} to {2} and the heap from {3} to {4}.',
          ((last.time - first.time) / 1000).toFixed(1),
          formatSize(first.liveBytes),
          formatSize(last.liveBytes),
          formatSize(first.heapTotal),
          formatSize(last.heapTotal),
        )
      : '';
  }

  private data(limited: boolean): uPlot.AlignedData {
    const start = this.points[0]?.time ?? 0;
    const columns: (number | null)[][] = [
      this.points.map((point) => point.heapTotal),
      this.points.map((point) => point.liveBytes),
      this.points.map(freeOf),
      ...(limited ? [this.points.map((point) => point.heapLimit)] : []),
    ];
    return [this.points.map((point) => (point.time - start) / 1000), ...columns] as uPlot.AlignedData;
  }

  private fit(): void {
    const width = this.clientWidth;
    if (this.plot && width > 0) {
      this.plot.setSize({ width, height: HEIGHT });
    }
  }

  private redraw(): void {
    this.plot?.destroy();
    const limited = this.points.some((point) => point.heapLimit !== null);
    this.plot = new uPlot(this.options(limited), this.data(limited), this.place);
  }

  private options(limited: boolean): uPlot.Options {
    const styles = getComputedStyle(document.body);
    const color = (name: string, fallback: string): string =>
      styles.getPropertyValue(`--vscode-${name}`).trim() || fallback;
    const text = color('descriptionForeground', '#888888');
    const lines = color('charts-lines', '#88888880');
    const font = `11px ${color('font-family', 'sans-serif')}`;
    const area = (stroke: string): uPlot.Series => ({
      stroke,
      width: 1.5,
      fill: `color-mix(in srgb, ${stroke} 18%, transparent)`,
      points: { show: this.points.length < 40, size: 5, fill: stroke },
    });
    const axis: uPlot.Axis = {
      stroke: text,
      font,
      grid: { stroke: lines, width: 1, dash: [2, 4] },
      ticks: { show: false },
    };
    return {
      width: Math.max(100, this.clientWidth),
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false } },
      scales: { x: { time: false }, y: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.1)] } },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 26,
          values: (_plot, values) => values.map((value) => t('{0} s', value)),
        },
        { ...axis, size: 64, incrs: byteSteps(), values: (_plot, values) => values.map(formatSize) },
      ],
      series: [
        {},
        area(color('charts-blue', '#3794ff')),
        area(color('charts-green', '#89d185')),
        {
          stroke: color('charts-yellow', '#cca700'),
          width: 1.5,
          points: { show: false },
        },
        ...(limited
          ? [{ stroke: color('charts-red', '#f14c4c'), width: 1.5, dash: [6, 4], points: { show: false } }]
          : []),
      ],
      hooks: {
        setCursor: [
          (plot) => {
            this.hovered = plot.cursor.idx ?? undefined;
          },
        ],
      },
    };
  }
}

/** Taken from the system and not live: free blocks, headers, reserve. */
function freeOf(point: HistoryPoint): number {
  return Math.max(0, point.heapTotal - point.liveBytes);
}

/** Steps of a byte axis: powers of two. */
function byteSteps(): number[] {
  return Array.from({ length: 44 }, (_, power) => 2 ** power);
}
