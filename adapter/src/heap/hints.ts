/**
 * A few words on what pointers point at and what holds no data, for the debugger's own views: one look-up
 * for all pointers of a list, remembered for as long as the heap stays as it is.
 */
import type { Pointer } from '../protocol';
import { pointerOrigin, pointerText } from '../protocol/pointers';
import type { Translate } from '../protocol/words';
import type { Fills } from '../reader/native';
import { endsInFillText, fillText } from './fills';

/** What stands between gdb's value and ours. No expression of C holds it outside of a string. */
const ARROW = ' → ';

/** A pointer's value without the string or symbol behind it. */
const ADDRESS = /^(?:\([^()]*\)\s*)?0x[0-9a-f]+\b/i;

/** Longest that an answer waits for the look-up. */
const PATIENCE_MS = 80;

/** The adapter speaks English, as gdb does. */
const english: Translate = (text, ...parameters) =>
  text.replace(/\{(\d+)\}/g, (_, index: string) => String(parameters[Number(index)] ?? ''));

export interface HintSource {
  generation(): number;
  /** Verdicts for addresses, in their order. */
  look(addresses: readonly bigint[]): Promise<Pointer[]>;
  /** The fill patterns of the heap; undefined where it has none, or cannot be read. */
  fills(): Promise<Fills | undefined>;
  /** Answers that went out without their hints can be asked for again. */
  late(): void;
}

export class PointerHints {
  private readonly known = new Map<bigint, Pointer>();
  private fills: Fills | undefined;
  private fillsRead = Promise.resolve();
  private generation = -1;
  private toldLate = -1;

  constructor(private readonly source: HintSource) {}

  /**
   * Values with what they point at behind them, where they are addresses of blocks, or with the fill pattern that they
   * are; `values` and `addresses` go together. Comes soon in any case: where the heap takes longer, values come back as they are, and `late` is called
   * when the rest is known, once for each state of the heap.
   */
  async describe(
    values: readonly string[],
    addresses: readonly (bigint | undefined)[],
    origin = false,
  ): Promise<string[]> {
    const generation = this.source.generation();
    const complete = this.lookUp(addresses, generation);
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), PATIENCE_MS);
    });
    const inTime = await Promise.race([complete, patience]);
    clearTimeout(timer);
    if (!inTime) {
      void complete.then((found) => {
        if (found && generation === this.source.generation() && this.toldLate !== generation) {
          this.toldLate = generation;
          this.source.late();
        }
      });
      return [...values];
    }
    return values.map((value, index) => {
      const address = addresses[index];
      const pointer = address === undefined ? undefined : this.known.get(address);
      const text = pointer && pointerText(pointer, english);
      if (!pointer || text === undefined) {
        const fill = this.fills && fillText(value, this.fills);
        return fill === undefined ? value : withHint(value, fill, false);
      }
      const more = origin ? pointerOrigin(pointer, english) : undefined;
      return withHint(
        value,
        `${text}${more === undefined ? '' : `, allocated at ${more}`}`,
        pointer.dangling,
      );
    });
  }

  /** True when all that can be known of these addresses is. */
  private async lookUp(addresses: readonly (bigint | undefined)[], generation: number): Promise<boolean> {
    if (generation !== this.generation) {
      this.generation = generation;
      this.known.clear();
      this.fillsRead = this.source.fills().then((fills) => {
        this.fills = fills;
      });
    }
    await this.fillsRead;
    const unknown = [...new Set(addresses)].filter(
      (address): address is bigint => address !== undefined && address !== 0n && !this.known.has(address),
    );
    if (unknown.length === 0) {
      return true;
    }
    try {
      const pointers = await this.source.look(unknown);
      if (generation === this.generation) {
        unknown.forEach((address, index) => {
          const pointer = pointers[index];
          if (pointer) {
            this.known.set(address, pointer);
          }
        });
      }
      return true;
    } catch {
      // There is no heap to look at, or the program runs on: the values say what gdb knows.
      return false;
    }
  }
}

/** Behind the value, a string with it; that a pointer dangles matters more than what stood there. */
function withHint(value: string, hint: string, dangling: boolean): string {
  const [address] = ADDRESS.exec(value) ?? [value];
  return dangling ? `${address}${ARROW}${hint}${value.slice(address.length)}` : `${value}${ARROW}${hint}`;
}

/** What a user left of a described value in an edit box, as gdb can take it. */
export function withoutHint(value: string): string {
  if (endsInFillText(value)) {
    return value.slice(0, value.lastIndexOf(ARROW));
  }
  const address = ADDRESS.exec(value)?.[0];
  if (address === undefined) {
    return value;
  }
  const at = value.startsWith(ARROW, address.length) ? address.length : value.lastIndexOf(ARROW);
  return at < 0 ? value : value.slice(0, at);
}
