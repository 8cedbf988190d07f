/**
 * Finds a heap's root by the word it starts with: in the data of the allocator's
 * library, else in the data of all files that are mapped (Spaces may be linked
 * in), else, where wanted, in all memory that can be written.
 */
import { ownerOf } from '../symbols/classify';
import { parseData, parseWritable } from '../symbols/modules';
import type { NativeModule, NativeReader, Range, Source } from '../reader/native';

/** Places that may hold the word; more are not looked at. */
const MOST_CANDIDATES = 64;

/** 3: a heap; 2: one that is not set up yet; 1: one of another version, or damaged; 0: none. */
async function likeness(native: NativeModule, source: Source, root: bigint): Promise<number> {
  const reader = new native.HeapReader(source, root);
  try {
    const heap = await reader.gauges();
    return heap.missing === undefined && heap.chunks.length > 0 ? 3 : 2;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'SPACES_VERSION' || code === 'SPACES_DAMAGED' ? 1 : 0;
  } finally {
    reader.close();
  }
}

async function candidates(reader: NativeReader, magic: bigint, ranges: readonly Range[]): Promise<bigint[]> {
  const found = await reader.search(ranges, BigUint64Array.of(magic), MOST_CANDIDATES);
  return found.missing === undefined ? [...found.address] : [];
}

/** Address of the root in the memory of `source`; undefined where there is none. `maps` is its /proc/PID/maps. */
export async function findRoot(
  native: NativeModule,
  source: Source,
  maps: string,
  everywhere: boolean,
): Promise<bigint | undefined> {
  const reader = new native.HeapReader(source, 0n);
  try {
    const places = [
      parseData(maps, (path) => ownerOf(path, '') === 'allocator'),
      parseData(maps, (path) => ownerOf(path, '') === 'user'),
      ...(everywhere ? [parseWritable(maps)] : []),
    ];
    let best: { root: bigint; likeness: number } | undefined;
    for (const ranges of places) {
      for (const root of await candidates(reader, native.ROOT_MAGIC, ranges)) {
        const how = await likeness(native, source, root);
        if (how > (best?.likeness ?? 0)) {
          best = { root, likeness: how };
        }
      }
      if (best && best.likeness >= 2) {
        break;
      }
    }
    return best?.root;
  } finally {
    reader.close();
  }
}
