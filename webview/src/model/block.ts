/** The block view: which block is looked at, how the user came there, and its bytes page by page. */
import type { Address, BlockResponse } from '../../../adapter/src/protocol';
import { Latest, type ModelContext, type ModelPart } from './context';

/** Bytes of one page. */
export const BLOCK_BYTES = 2048;

const ADDRESS = /^0x[0-9a-f]{1,16}$/i;

export class BlockModel implements ModelPart {
  /** An address or an expression, as typed or followed; '' for none. */
  target = '';
  /** First byte of the page shown, from the block's first byte. */
  start = 0;
  readonly block: Latest<BlockResponse>;
  private trail: string[] = [];
  private stale = true;

  constructor(private readonly context: ModelContext & { readonly frameId: number | undefined }) {
    this.block = new Latest(() => context.notify());
  }

  get canGoBack(): boolean {
    return this.trail.length > 0;
  }

  /** Looks at the block that holds an address or that an expression points at. */
  open(target: string): void {
    const wanted = target.trim();
    if (wanted === '') {
      return;
    }
    if (this.target && this.target !== wanted) {
      this.trail = [...this.trail.slice(-49), this.target];
    }
    this.look(wanted);
  }

  back(): void {
    const before = this.trail.at(-1);
    if (before !== undefined) {
      this.trail = this.trail.slice(0, -1);
      this.look(before);
    }
  }

  /** Shows another page of the same block. */
  page(start: number): void {
    this.start = Math.max(0, start);
    this.stale = true;
    this.refresh();
  }

  outdate(): void {
    this.stale = true;
  }

  refresh(): void {
    if (!this.stale || this.target === '' || !this.context.readable) {
      return;
    }
    this.stale = false;
    const { target, start } = this;
    void this.block.ask(() =>
      this.context.send('spaces/block', { ...this.where(target), start, count: BLOCK_BYTES }),
    );
  }

  forget(): void {
    this.target = '';
    this.trail = [];
    this.start = 0;
    this.block.clear();
    this.stale = true;
  }

  private where(target: string): { address: Address } | { expression: string; frameId: number } {
    if (ADDRESS.test(target)) {
      return { address: target.toLowerCase() };
    }
    return { expression: target, frameId: this.context.frameId ?? 0 };
  }

  private look(target: string): void {
    this.target = target;
    this.start = 0;
    this.stale = true;
    this.block.clear();
    this.refresh();
    this.context.changed();
  }
}
