/** What a pointer points at, in a few words: for the editor, the Variables view and the debugger's hover alike. */
import { firstUserFrame, siteFrame, sourcePlace } from './frames';
import type { Pointer } from './index';
import { formatCount, formatSize } from './sizes';
import type { Translate } from './words';

/** "48 B in orders, at +16", "dangling: freed at main.c:22"; undefined for a pointer to no block of this heap. */
export function pointerText(pointer: Pointer, t: Translate): string | undefined {
  if (pointer.dangling) {
    const freed = pointer.freed && firstUserFrame(pointer.freed);
    const place = freed && sourcePlace(freed);
    return place ? t('dangling: freed at {0}', place) : t('dangling: freed');
  }
  const { entry, chunk, offset = 0 } = pointer;
  if (!entry || pointer.verdict === 'wild') {
    return undefined;
  }
  const size = formatSize(entry.requested);
  const where = chunk ? t('{0} in {1}', size, chunk) : size;
  return offset > 0 ? t('{0}, at +{1}', where, formatCount(offset)) : where;
}

/** Where and when the block was allocated: "order.c:33, #12, 3 allocations ago"; undefined where nobody knows. */
export function pointerOrigin({ entry }: Pointer, t: Translate): string | undefined {
  const frame = entry && siteFrame(entry.site);
  const place = frame && sourcePlace(frame);
  const age =
    entry && entry.sequence > 0
      ? t('#{0}, {1} allocations ago', formatCount(entry.sequence), formatCount(entry.age))
      : undefined;
  return [place, age].filter((part) => part !== undefined).join(', ') || undefined;
}
