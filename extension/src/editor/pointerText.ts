/** What a pointer points at, in a few words and in Markdown. Text from the program is escaped. */
import { t } from '@vscode/l10n';
import type { Pointer } from '../../../adapter/src/protocol';
import { siteFrame } from '../../../adapter/src/protocol/frames';
import { pointerText as wordsOf } from '../../../adapter/src/protocol/pointers';
import { formatCount } from '../../../adapter/src/protocol/sizes';
import { escapeMarkdown, frameText } from '../tree/present';

/** In a few words, in the user's language. */
export function pointerText(pointer: Pointer): string | undefined {
  return wordsOf(pointer, t);
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
