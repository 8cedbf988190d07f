/** The words and icons of kinds and states. */
import { t } from '@vscode/l10n';
import type { Chunk, ChunkKind, Entry, ReportKind } from '../../../adapter/src/protocol';

export function chunkKindName(kind: ChunkKind): string {
  const names: Record<ChunkKind, string> = {
    default: t('default'),
    thread: t('thread-exclusive'),
    variable: t('variable-size'),
    fixed: t('fixed-size'),
    area: t('in an area'),
    shared: t('shared'),
  };
  return names[kind];
}

const CHUNK_ICONS: Record<ChunkKind, string> = {
  default: 'database',
  thread: 'git-commit',
  variable: 'layers',
  fixed: 'symbol-array',
  area: 'symbol-namespace',
  shared: 'references',
};

export function chunkIcon(chunk: Chunk): string {
  return chunk.status === 'damaged' ? 'warning' : CHUNK_ICONS[chunk.kind];
}

export function reportTitle(kind: ReportKind): string {
  const titles: Record<ReportKind, string> = {
    'double-free': t('Double free'),
    'invalid-free': t('Invalid free'),
    'write-after-free': t('Write after free'),
    overflow: t('Overflow'),
    underflow: t('Underflow'),
    'mismatched-free': t('Mismatched free'),
    'wrong-thread': t('Wrong thread'),
    metadata: t('Damaged metadata'),
    ceiling: t('Ceiling exceeded'),
    'heap-limit': t('Heap limit exceeded'),
    'out-of-memory': t('Out of memory'),
    'bad-argument': t('Bad argument'),
    leak: t('Leak'),
  };
  return titles[kind];
}

const MILD: ReadonlySet<ReportKind> = new Set(['ceiling', 'heap-limit', 'out-of-memory', 'bad-argument']);

/** Icon and colour class of a report. */
export function reportSeverity(kind: ReportKind): 'error' | 'warning' | 'info' {
  return kind === 'leak' ? 'info' : MILD.has(kind) ? 'warning' : 'error';
}

export function entryTypeName(entry: Entry): string {
  const names: Record<Entry['type'], string> = {
    fixed: t('fixed'),
    variable: t('variable'),
    external: t('external'),
    free: t('free'),
  };
  return names[entry.type];
}
