/**
 * The words and icons of kinds and states, for the side bar and the inspector
 * alike. Each caller hands in its own translation function.
 */
import type {
  Chunk,
  ChunkKind,
  Entry,
  EntryState,
  GroupBy,
  LeakClass,
  LeakDetails,
  ReportKind,
  Verdict,
} from './index';
import { formatCount, formatSize } from './sizes';

/** Looks up the text of the user's language and fills in its parameters. */
export type Translate = (text: string, ...parameters: (string | number | boolean)[]) => string;

/** "1 block", "2,400 blocks". */
export function blocksText(count: number, t: Translate): string {
  return count === 1 ? t('1 block') : t('{0} blocks', formatCount(count));
}

/** "1 byte", "2,400 bytes". */
export function bytesText(count: number, t: Translate): string {
  return count === 1 ? t('1 byte') : t('{0} bytes', formatCount(count));
}

/** "23.5 KB in 1,200 blocks". */
export function amountText(amount: { bytes: number; count: number }, t: Translate): string {
  return t('{0} in {1}', formatSize(amount.bytes), blocksText(amount.count, t));
}

export function chunkKindName(kind: ChunkKind, t: Translate): string {
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

/** Codicon of a chunk. */
export function chunkIconName(chunk: Chunk): string {
  return chunk.status === 'damaged' ? 'warning' : CHUNK_ICONS[chunk.kind];
}

export function reportTitle(kind: ReportKind, t: Translate): string {
  const titles: Record<ReportKind, string> = {
    'double-free': t('Double free'),
    'invalid-free': t('Invalid free'),
    'write-after-free': t('Write after free'),
    'use-after-free': t('Use after free'),
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

export function leakClassName(kind: LeakClass, t: Translate): string {
  const names: Record<LeakClass, string> = {
    definite: t('definitely lost'),
    indirect: t('indirectly lost'),
    possible: t('possibly lost'),
    reachable: t('still reachable'),
  };
  return names[kind];
}

export type Severity = 'error' | 'warning' | 'info';

const MILD: ReadonlySet<ReportKind> = new Set(['ceiling', 'heap-limit', 'out-of-memory', 'bad-argument']);

/** `leak`: of what class, where it is one. */
export function reportSeverity(kind: ReportKind, leak?: LeakDetails): Severity {
  return leak?.class === 'definite'
    ? 'warning'
    : kind === 'leak'
      ? 'info'
      : MILD.has(kind)
        ? 'warning'
        : 'error';
}

export function entryTypeName(type: Entry['type'], t: Translate): string {
  const names: Record<Entry['type'], string> = {
    fixed: t('fixed'),
    variable: t('variable'),
    external: t('external'),
    free: t('free'),
  };
  return names[type];
}

export function entryStateName(state: EntryState, t: Translate): string {
  const names: Record<EntryState, string> = {
    live: t('live'),
    quarantined: t('freed, held back'),
    free: t('free'),
    unused: t('never used'),
  };
  return names[state];
}

export function verdictName(verdict: Verdict, t: Translate): string {
  const names: Record<Verdict, string> = {
    live: t('live block'),
    free: t('freed memory'),
    interior: t('inside a live block'),
    wild: t('no block of this heap'),
  };
  return names[verdict];
}

export function groupByName(by: GroupBy, t: Translate): string {
  const names: Record<GroupBy, string> = {
    site: t('Site'),
    function: t('Function'),
    file: t('File'),
    line: t('Line'),
    module: t('Module'),
    stack: t('Stack'),
    object: t('Object type'),
    size: t('Size'),
    type: t('Type'),
    thread: t('Thread'),
    chunk: t('Chunk'),
  };
  return names[by];
}
