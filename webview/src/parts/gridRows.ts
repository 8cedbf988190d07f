/**
 * The rows in sight of a table, drawn into a fixed pool of elements: row `index`
 * has the element `index % size`, so that a row that stays in sight keeps its
 * element untouched, and one that comes in takes the element of one that went.
 * Places are transforms, relative to an anchor every ANCHOR_ROWS rows (a
 * transform of ten million rows would be too coarse for a pixel):
 *
 *     body:  translateY(anchor * height - offset)     moves with every pixel
 *     row:   translateY((index - anchor) * height)    when its element is reused
 *
 * A frame of scrolling therefore costs one transform and the rows that are new.
 */
import { nothing, render, type TemplateResult } from 'lit';
import type { RowWindow } from '../model/rowWindow';

const ANCHOR_ROWS = 1000;

export interface RowColumn {
  align?: 'end';
  cell(row: unknown): TemplateResult | string;
}

/** What there is to draw. */
export interface RowsPicture {
  window: RowWindow;
  rowHeight: number;
  /** The row at an index; undefined while it is on its way. */
  rowAt: (index: number) => unknown;
  columns: readonly RowColumn[];
  /** Widths of the columns, in pixels. */
  widths: readonly number[];
  /** Index of the selected row; -1 for none. */
  selected: number;
  /** The id that the selected row's element has. */
  selectedId: string;
}

interface Slot {
  element: HTMLElement;
  cells: HTMLElement[];
  index: number;
  row: unknown;
  selected: boolean;
  busy: boolean | undefined;
}

export class RowPool {
  private slots: (Slot | undefined)[] = [];
  private columns: readonly RowColumn[] = [];
  /** Alignment of the columns; rows of another shape have other cells. */
  private shape = '';
  private widths: readonly number[] = [];
  private anchor = 0;
  private readonly indices = new WeakMap<Element, number>();

  constructor(private readonly body: HTMLElement) {}

  /** Index of the row that an element lies in. */
  indexOf(target: EventTarget | null): number | undefined {
    const element = target instanceof Element ? target.closest('.grid-row') : null;
    return element ? this.indices.get(element) : undefined;
  }

  draw(picture: RowsPicture): void {
    const { first, count, top } = picture.window;
    const shape = picture.columns.map(({ align }) => align ?? 'start').join();
    if (count > this.slots.length || shape !== this.shape) {
      this.clear(count);
    }
    const anchor = first - (first % ANCHOR_ROWS);
    const moved = anchor !== this.anchor;
    const redraw = picture.columns !== this.columns;
    this.shape = shape;
    const resized = picture.widths !== this.widths;
    this.anchor = anchor;
    this.columns = picture.columns;
    this.widths = picture.widths;
    this.body.style.transform = `translateY(${top - (first - anchor) * picture.rowHeight}px)`;
    this.hideOutside(first, count);
    for (let index = first; index < first + count; index++) {
      const slot = this.slotFor(index);
      if (resized) {
        this.fit(slot);
      }
      if (moved || slot.index !== index) {
        slot.element.style.transform = `translateY(${(index - anchor) * picture.rowHeight}px)`;
      }
      this.name(slot, index);
      this.select(slot, index === picture.selected, picture.selectedId);
      const row = picture.rowAt(index);
      if (redraw || slot.row !== row || slot.busy === undefined) {
        this.fill(slot, row);
      }
    }
  }

  private clear(count: number): void {
    this.slots.forEach((slot) => slot?.element.remove());
    this.slots = Array<undefined>(Math.max(count, this.slots.length)).fill(undefined);
  }

  /** Takes rows out of the page that are not in sight and whose element nobody needs now. */
  private hideOutside(first: number, count: number): void {
    if (count < this.slots.length) {
      for (const slot of this.slots) {
        const due = slot && first + modulo(slot.index - first, this.slots.length);
        if (slot && due !== undefined && due >= first + count) {
          slot.element.remove();
        }
      }
    }
  }

  private slotFor(index: number): Slot {
    const at = index % this.slots.length;
    const slot = (this.slots[at] ??= this.make());
    if (!slot.element.isConnected) {
      this.body.append(slot.element);
    }
    return slot;
  }

  private make(): Slot {
    const element = document.createElement('div');
    element.className = 'grid-row';
    element.setAttribute('role', 'row');
    const cells = this.columns.map(({ align }) => {
      const cell = document.createElement('div');
      cell.className = align === 'end' ? 'grid-cell end' : 'grid-cell';
      cell.setAttribute('role', 'gridcell');
      element.append(cell);
      return cell;
    });
    const slot = { element, cells, index: -1, row: undefined, selected: false, busy: undefined };
    element.setAttribute('aria-selected', 'false');
    this.fit(slot);
    return slot;
  }

  private fit(slot: Slot): void {
    let left = 0;
    slot.cells.forEach((cell, column) => {
      const width = this.widths[column] ?? 0;
      cell.style.left = `${left}px`;
      cell.style.width = `${width}px`;
      left += width;
    });
  }

  private name(slot: Slot, index: number): void {
    if (slot.index !== index) {
      slot.index = index;
      slot.element.setAttribute('aria-rowindex', String(index + 2));
      this.indices.set(slot.element, index);
    }
  }

  private select(slot: Slot, selected: boolean, id: string): void {
    if (selected) {
      slot.element.id = id;
    }
    if (slot.selected !== selected) {
      slot.selected = selected;
      slot.element.classList.toggle('selected', selected);
      slot.element.setAttribute('aria-selected', String(selected));
      if (!selected) {
        slot.element.removeAttribute('id');
      }
    }
  }

  private fill(slot: Slot, row: unknown): void {
    const busy = row === undefined;
    if (slot.busy !== busy) {
      slot.busy = busy;
      slot.element.classList.toggle('pending', busy);
      slot.element.setAttribute('aria-busy', String(busy));
    }
    slot.row = row;
    this.columns.forEach((column, at) => {
      const cell = slot.cells[at];
      if (cell) {
        render(busy ? nothing : column.cell(row), cell);
      }
    });
  }
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
