/** What a pointer points at, in a few words and in Markdown. Text from the program is escaped. */
import { t } from '@vscode/l10n';
import type { Pointer } from '../../../adapter/src/protocol';
import { firstUserFrame, siteFrame, sourcePlace } from '../../../adapter/src/protocol/frames';
import { formatCount, formatSize } from '../../../adapter/src/protocol/sizes';
import { escapeMarkdown, frameText } from '../tree/present';

/** "48 B in orders +16", "dangling: freed at main.c:22"; undefined for a pointer to no block of this heap. */
export function pointerText(pointer: Pointer): string | undefined {
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

/** The same at length, for a hover. */
export function pointerMarkdown(pointer: Pointer): string | undefined {
  const { entry, chunk, offset = 0 } = pointer;
  const short = pointerText(pointer);
  if (!short || !entry) {
    return short && `**${escapeMarkdown(pointer.name)}**: ${escapeMarkdown(short)}`;
  }
  const head = pointer.dangling
    ? t('points at freed memory')
    : offset > 0
      ? t('points {0} bytes into a live block', formatCount(offset))
      : t('points at a live block');
  const allocated = siteFrame(entry.site);
  const freed = pointer.freed && siteFrame(pointer.freed);
  const rows: [string, string | undefined][] = [
    [t('Size'), t('{0} bytes', formatCount(entry.requested))],
    [t('Chunk'), chunk && escapeMarkdown(chunk)],
    [
      t('Age'),
      entry.sequence > 0
        ? t('#{0}, {1} allocations ago', formatCount(entry.sequence), formatCount(entry.age))
        : undefined,
    ],
    [t('Allocated'), allocated && escapeMarkdown(frameText(allocated))],
    [t('Freed'), freed && escapeMarkdown(frameText(freed))],
    [t('Address'), `\`${entry.address}\``],
  ];
  const mark = pointer.dangling ? '$(warning) ' : '';
  return [
    `${mark}**${escapeMarkdown(pointer.name)}** ${head}`,
    '',
    '| | |',
    '| --- | --- |',
    ...rows.flatMap(([name, value]) => (value ? [`| ${name} | ${value} |`] : [])),
  ].join('\n');
}
