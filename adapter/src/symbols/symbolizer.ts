/** Addresses to frames: batched, each asked once, in the order of the stacks. */
import type { Address, Frame } from '../protocol';
import { ownerOf } from './classify';
import type { CodeLocation, LineSource } from './lines';
import { siteOf } from './site';
import type { ModuleMap } from './modules';

export class Symbolizer {
  private readonly frames = new Map<bigint, Promise<Frame>>();

  constructor(
    private readonly lines: LineSource,
    private readonly modules: ModuleMap,
  ) {}

  /** Libraries came or went: addresses may mean other code now. */
  invalidate(): void {
    this.frames.clear();
    this.modules.invalidate();
  }

  /** The frames of a stack of return addresses, innermost first. */
  async stack(addresses: readonly Address[]): Promise<Frame[]> {
    return (await this.stacks([addresses.map((address) => BigInt(address))]))[0] ?? [];
  }

  /** The frames of many stacks at the price of one batch. */
  async stacks(stacks: readonly (readonly bigint[])[]): Promise<Frame[][]> {
    const wanted = [...new Set(stacks.flat())].filter((address) => !this.frames.has(address));
    if (wanted.length > 0) {
      const batch = this.resolve(wanted);
      wanted.forEach((address, index) => {
        const frame = batch.then((frames) => frames[index] ?? unknownFrame(address));
        this.frames.set(address, frame);
        // A failed batch is asked again the next time.
        frame.catch(() => this.frames.delete(address));
      });
    }
    return Promise.all(
      stacks.map((stack) =>
        Promise.all(stack.map(async (address) => (await this.frames.get(address)) ?? unknownFrame(address))),
      ),
    );
  }

  /** Identity of an allocation stack whose frames are known; undefined for none. */
  siteOf(stack: readonly Frame[]): Address | undefined {
    const addresses = stack.map(({ address }) => BigInt(address));
    return siteOf(addresses, (address) => this.modules.startOf(address));
  }

  private async resolve(addresses: readonly bigint[]): Promise<Frame[]> {
    // A return address may belong to the line, or even the function, after the call.
    const calls = addresses.map((address) => (address > 0n ? address - 1n : address));
    await this.modules.refresh(calls);
    const locations = await this.lines.lookup(calls);
    return addresses.map((address, index) => {
      const call = calls[index] ?? address;
      return makeFrame(address, this.modules.at(call)?.path ?? '', locations[index] ?? { function: '' });
    });
  }
}

function unknownFrame(address: bigint): Frame {
  return makeFrame(address, '', { function: '' });
}

/** A frame of the wire contract. */
export function makeFrame(address: bigint, module: string, location: CodeLocation): Frame {
  return {
    address: `0x${address.toString(16)}`,
    function: location.function,
    module,
    ...(location.path === undefined ? {} : { source: { path: location.path } }),
    ...(location.line === undefined ? {} : { line: location.line }),
    user: ownerOf(module, location.function) === 'user',
  };
}
