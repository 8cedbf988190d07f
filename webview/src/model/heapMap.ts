/**
 * The heap as a picture: cells of slabs, zoomed in step by step to the blocks
 * of one slab. A zoom is a range of slab numbers; the way back is kept.
 *
 *     whole heap → slabs 640 … 1279 → … → one slab: its blocks
 */
import type {
  Address,
  EntryFilter,
  MapCell,
  MapResponse,
  SlabBlock,
  SlabResponse,
} from '../../../adapter/src/protocol';
import { Latest, TYPING_MS, type ModelContext, type ModelPart } from './context';

/** Cells of one picture. */
export const MAP_CELLS = 1500;

export interface Zoom {
  start: number;
  count: number;
}
/** What the user chose; it outlives the page. */
export interface MapChoice {
  /** '' for all chunks. */
  chunk: Address;
  /** Part of a function, file or module, or an address: what to mark. */
  find: string;
  asTable: boolean;
  /** Ranges from the whole heap (left out) to the one shown. */
  zooms: Zoom[];
  /** The slab whose blocks are shown; '' for none. */
  slab: Address;
}

export const FIRST_MAP_CHOICE: MapChoice = { chunk: '', find: '', asTable: false, zooms: [], slab: '' };

const ADDRESS = /^0x[0-9a-f]{1,16}$/i;

/** The filter that a search text makes; undefined where it is empty. */
export function findFilter(text: string): EntryFilter | undefined {
  const wanted = text.trim();
  return wanted === ''
    ? undefined
    : ADDRESS.test(wanted)
      ? { address: wanted.toLowerCase() }
      : { text: wanted };
}

export class HeapMapModel implements ModelPart {
  choice: MapChoice = { ...FIRST_MAP_CHOICE };
  /** Index of the cell or block that the keys are at. */
  cursor = 0;
  readonly map: Latest<MapResponse>;
  readonly blocks: Latest<SlabResponse>;
  private stale = true;
  private typing: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly context: ModelContext) {
    this.map = new Latest(() => context.notify());
    this.blocks = new Latest(() => context.notify());
  }

  /** The cells of the picture; empty where blocks of a slab are shown. */
  get cells(): readonly MapCell[] {
    return this.choice.slab ? [] : (this.map.answer?.cells ?? []);
  }

  get slabBlocks(): readonly SlabBlock[] {
    return this.choice.slab ? (this.blocks.answer?.blocks ?? []) : [];
  }

  get zoomed(): boolean {
    return this.choice.slab !== '' || this.choice.zooms.length > 0;
  }

  choose(part: Partial<MapChoice>, typed = false): void {
    this.choice = { ...this.choice, ...part };
    this.stale = true;
    clearTimeout(this.typing);
    if (typed) {
      this.typing = setTimeout(() => this.refresh(), TYPING_MS);
    } else {
      this.refresh();
    }
    this.context.changed();
  }

  moveTo(index: number): void {
    this.cursor = index;
    this.context.notify();
  }

  showAsTable(asTable: boolean): void {
    this.choice = { ...this.choice, asTable };
    this.context.changed();
  }

  /** Zooms into a cell: into its range, or into the blocks where it is one slab or one run. */
  enter(index: number): void {
    const cell = this.cells[index];
    if (!cell) {
      return;
    }
    this.cursor = 0;
    if (cell.count > 1) {
      this.choose({ zooms: [...this.choice.zooms, { start: cell.start, count: cell.count }] });
    } else if (cell.used > 0) {
      this.blocks.clear();
      this.choose({ slab: cell.address });
    }
  }

  /** Shows the blocks of the slab that an address lies in. */
  enterSlab(address: Address): void {
    this.cursor = 0;
    this.blocks.clear();
    this.choose({ slab: address });
  }

  /** One step back; `all` goes back to the whole heap. */
  leave(all = false): void {
    const { slab, zooms } = this.choice;
    this.cursor = 0;
    this.choose({ slab: '', zooms: all ? [] : slab ? zooms : zooms.slice(0, -1) });
  }

  outdate(): void {
    this.stale = true;
  }

  refresh(): void {
    if (!this.stale || !this.context.readable) {
      return;
    }
    this.stale = false;
    const { chunk, slab, zooms } = this.choice;
    const find = findFilter(this.choice.find);
    const marks = find ? { find } : {};
    if (slab) {
      void this.blocks.ask(() => this.context.send('spaces/slab', { address: slab, ...marks }));
      return;
    }
    const zoom = zooms.at(-1);
    void this.map.ask(() =>
      this.context.send('spaces/map', {
        ...(zoom ?? {}),
        cells: MAP_CELLS,
        ...(chunk ? { chunk } : {}),
        ...marks,
      }),
    );
  }

  forget(): void {
    this.map.clear();
    this.blocks.clear();
    this.choice = { ...FIRST_MAP_CHOICE, asTable: this.choice.asTable };
    this.cursor = 0;
    this.stale = true;
  }
}
