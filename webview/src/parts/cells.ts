/**
 * <spaces-cells>: many small cells on a canvas, each with a colour, a level and
 * marks; slabs of the heap or blocks of a slab. Arrows move a cursor, Enter
 * opens its cell, Backspace and Escape go back.
 */
import { html, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { SizedElement } from './sized';

export type CellFill = 'live' | 'pool' | 'header' | 'held' | 'empty';

export interface CellLook {
  fill: CellFill;
  /** How strong the colour is, 0 to 1. */
  level: number;
  damaged: boolean;
  hit: boolean;
}

const GAP = 1;
const SMALLEST = 7;
const LARGEST = 36;

/** Columns and edge of square cells that fill an area, or are as small as they may be and scroll. */
export function fitCells(count: number, width: number, height: number): { columns: number; edge: number } {
  for (let edge = LARGEST; edge > SMALLEST; edge--) {
    const columns = Math.max(1, Math.floor(width / edge));
    if (Math.ceil(count / columns) * edge <= height) {
      return { columns, edge };
    }
  }
  return { columns: Math.max(1, Math.floor(width / SMALLEST)), edge: SMALLEST };
}

@customElement('spaces-cells')
export class SpacesCells extends SizedElement {
  @property({ attribute: false }) cells: readonly CellLook[] = [];
  @property({ type: Number }) cursor = 0;
  @property() label = '';
  /** Of the cell at the cursor, for a screen reader. */
  @property() description = '';
  /** What a cell says when the mouse rests on it. */
  @property({ attribute: false }) titleOf: (index: number) => string = () => '';
  @query('canvas') private canvas!: HTMLCanvasElement;

  override render(): TemplateResult {
    return html`<div
      class="cells-scroll"
      role="application"
      tabindex="0"
      aria-label=${this.label}
      aria-description=${this.description}
      @keydown=${this.onKeyDown}
    >
      <canvas
        @click=${(event: MouseEvent) => this.at(event, 'cell-select')}
        @dblclick=${(event: MouseEvent) => this.at(event, 'cell-open')}
        @mousemove=${(event: MouseEvent) => {
          const index = this.indexAt(event);
          this.canvas.title = index === undefined ? '' : this.titleOf(index);
        }}
      ></canvas>
    </div>`;
  }

  override updated(_changed: PropertyValues<this>): void {
    this.draw();
  }

  private fit(): { columns: number; edge: number } {
    return fitCells(this.cells.length, Math.max(1, this.width - 16), Math.max(1, this.height - 4));
  }

  private draw(): void {
    const { columns, edge } = this.fit();
    const rows = Math.ceil(this.cells.length / columns);
    const scale = window.devicePixelRatio || 1;
    const [width, height] = [columns * edge, Math.max(1, rows * edge)];
    this.canvas.width = Math.max(1, Math.round(width * scale));
    this.canvas.height = Math.round(height * scale);
    this.canvas.style.setProperty('width', `${width}px`);
    this.canvas.style.setProperty('height', `${height}px`);
    const context = this.canvas.getContext('2d');
    if (!context) {
      return;
    }
    context.scale(scale, scale);
    const colors = colorsOf(this);
    this.cells.forEach((cell, index) => {
      const x = (index % columns) * edge;
      const y = Math.floor(index / columns) * edge;
      drawCell(context, cell, x, y, edge - GAP, colors);
      if (index === this.cursor) {
        context.globalAlpha = 1;
        context.strokeStyle = colors.cursor;
        context.lineWidth = 2;
        context.strokeRect(x + 1, y + 1, edge - GAP - 2, edge - GAP - 2);
      }
    });
  }

  private indexAt(event: MouseEvent): number | undefined {
    const { columns, edge } = this.fit();
    const column = Math.floor(event.offsetX / edge);
    const index = Math.floor(event.offsetY / edge) * columns + column;
    return column < columns && index < this.cells.length ? index : undefined;
  }

  private at(event: MouseEvent, name: string): void {
    const index = this.indexAt(event);
    if (index !== undefined) {
      this.tell(name, index);
    }
  }

  private tell(name: string, index: number): void {
    this.dispatchEvent(new CustomEvent(name, { detail: index }));
  }

  private readonly onKeyDown = (event: KeyboardEvent): void => {
    const { columns } = this.fit();
    const last = this.cells.length - 1;
    const moves: Record<string, number> = {
      ArrowRight: this.cursor + 1,
      ArrowLeft: this.cursor - 1,
      ArrowDown: this.cursor + columns,
      ArrowUp: this.cursor - columns,
      Home: 0,
      End: last,
    };
    const to = moves[event.key];
    if (to !== undefined) {
      this.tell('cell-select', Math.max(0, Math.min(last, to)));
    } else if (event.key === 'Enter' && last >= 0) {
      this.tell('cell-open', this.cursor);
    } else if (event.key === 'Escape' || event.key === 'Backspace') {
      this.dispatchEvent(new CustomEvent('cells-leave'));
    } else {
      return;
    }
    event.preventDefault();
  };
}

interface Colors extends Record<CellFill, string> {
  damaged: string;
  hit: string;
  cursor: string;
  edge: string;
}

function colorsOf(element: Element): Colors {
  const styles = getComputedStyle(element);
  const color = (name: string, fallback: string): string => styles.getPropertyValue(name).trim() || fallback;
  return {
    live: color('--vscode-charts-green', '#89d185'),
    pool: color('--vscode-charts-blue', '#3794ff'),
    header: color('--vscode-descriptionForeground', '#888888'),
    held: color('--vscode-charts-purple', '#b180d7'),
    empty: color('--vscode-charts-yellow', '#cca700'),
    damaged: color('--vscode-charts-red', '#f14c4c'),
    hit: color('--vscode-charts-orange', '#d18616'),
    cursor: color('--vscode-focusBorder', '#0078d4'),
    edge: color('--vscode-contrastBorder', ''),
  };
}

/** How strong a fill is whose level says nothing. */
const FIXED_ALPHA: Partial<Record<CellFill, number>> = { pool: 0.16, header: 0.45, held: 0.7, empty: 0.35 };

function drawCell(
  context: CanvasRenderingContext2D,
  cell: CellLook,
  x: number,
  y: number,
  edge: number,
  colors: Colors,
): void {
  context.fillStyle = cell.damaged ? colors.damaged : colors[cell.fill];
  context.globalAlpha = cell.damaged ? 1 : (FIXED_ALPHA[cell.fill] ?? 0.2 + 0.8 * cell.level);
  context.fillRect(x, y, edge, edge);
  context.globalAlpha = 1;
  if (colors.edge && cell.fill !== 'pool') {
    context.strokeStyle = colors.edge;
    context.lineWidth = 1;
    context.strokeRect(x + 0.5, y + 0.5, edge - 1, edge - 1);
  }
  if (cell.hit) {
    context.strokeStyle = colors.hit;
    context.lineWidth = 2;
    context.strokeRect(x + 1, y + 1, edge - 2, edge - 2);
    const dot = Math.max(2, edge / 3);
    context.fillStyle = colors.hit;
    context.fillRect(x + (edge - dot) / 2, y + (edge - dot) / 2, dot, dot);
  }
}
