/**
 * The identity of a stack that outlives a new start, as the allocator makes it
 * (native/src/layout.h, sp_site_step): over the return addresses, each less the
 * lowest address of its module.
 */
import type { Address } from '../protocol';

const FACTOR = 0x9e3779b97f4a7c15n;

/** Identity of a stack of return addresses, innermost first; undefined for an empty one. */
export function siteOf(
  stack: readonly bigint[],
  moduleStart: (address: bigint) => bigint,
): Address | undefined {
  if (stack.length === 0) {
    return undefined;
  }
  let site = BigInt(stack.length);
  for (const address of stack) {
    // A call may be the last instruction of its module.
    const offset = BigInt.asUintN(64, address - moduleStart(address - 1n));
    site = BigInt.asUintN(64, (site ^ offset) * FACTOR);
    site ^= site >> 32n;
  }
  return `0x${site.toString(16)}`;
}
