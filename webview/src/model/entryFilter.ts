/** The filter fields above the entries, and the query that they make. */
import type { Address, EntriesArguments, GroupBy } from '../../../adapter/src/protocol';
import { parseSize } from '../../../adapter/src/protocol/sizes';

export type EntrySort = NonNullable<EntriesArguments['sort']>;
export type EntryState = NonNullable<EntriesArguments['state']>;

export type EntryQuery = Pick<EntriesArguments, 'chunk' | 'state' | 'sort' | 'filter'>;

export interface TypedFilter {
  /** '' for all chunks. */
  chunk: Address;
  state: EntryState;
  /** As typed; a size or ''. */
  minSize: string;
  maxSize: string;
  /** Part of a function, file or module, or an address. */
  text: string;
  sort: EntrySort;
  /** Only the blocks of one group. */
  group?: { by: GroupBy; key: string } | undefined;
}

export const NO_FILTER: TypedFilter = {
  group: undefined,
  chunk: '',
  state: 'live',
  minSize: '',
  maxSize: '',
  text: '',
  sort: { by: 'size', descending: true },
};

export interface FilterProblems {
  minSize?: 'syntax' | 'range';
  maxSize?: 'syntax' | 'range';
}

const ADDRESS = /^0x[0-9a-f]{1,16}$/i;

/** What is wrong with the typed sizes; empty where nothing is. */
export function problemsOf(filter: TypedFilter): FilterProblems {
  const problems: FilterProblems = {};
  const min = sizeOf(filter.minSize);
  const max = sizeOf(filter.maxSize);
  if (min === 'syntax') {
    problems.minSize = 'syntax';
  }
  if (max === 'syntax') {
    problems.maxSize = 'syntax';
  }
  if (typeof min === 'number' && typeof max === 'number' && min > max) {
    problems.maxSize = 'range';
  }
  return problems;
}

/** The query; undefined where the filter has a problem. */
export function queryOf(filter: TypedFilter): EntryQuery | undefined {
  if (Object.keys(problemsOf(filter)).length > 0) {
    return undefined;
  }
  const text = filter.text.trim();
  const min = sizeOf(filter.minSize);
  const max = sizeOf(filter.maxSize);
  const isAddress = ADDRESS.test(text);
  const conditions = {
    ...(typeof min === 'number' ? { minSize: min } : {}),
    ...(typeof max === 'number' ? { maxSize: max } : {}),
    ...(isAddress ? { address: text.toLowerCase() } : {}),
    ...(text && !isAddress ? { text } : {}),
    ...(filter.group ? { group: filter.group } : {}),
  };
  return {
    state: filter.state,
    sort: filter.sort,
    ...(filter.chunk ? { chunk: filter.chunk } : {}),
    ...(Object.keys(conditions).length > 0 ? { filter: conditions } : {}),
  };
}

/** The sort after a click on a column: the other way round, or that column's first way. */
export function toggleSort(sort: EntrySort, by: EntrySort['by']): EntrySort {
  return sort.by === by ? { by, descending: !sort.descending } : { by, descending: by === 'size' };
}

/** True where any condition narrows the list. */
export function isNarrow(filter: TypedFilter): boolean {
  return Boolean(
    filter.chunk ||
    filter.minSize.trim() ||
    filter.maxSize.trim() ||
    filter.text.trim() ||
    filter.group ||
    filter.state !== 'live',
  );
}

function sizeOf(text: string): number | 'syntax' | undefined {
  return text.trim() === '' ? undefined : (parseSize(text) ?? 'syntax');
}
