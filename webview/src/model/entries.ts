/** The entries of the heap that a filter lets through, as a paged table of any length. */
import type { Entry, ExportRequest } from '../../../adapter/src/protocol';
import { ChosenTable } from './chosenTable';
import type { ModelContext } from './context';
import {
  NO_FILTER,
  queryOf,
  toggleSort,
  type EntryQuery,
  type EntrySort,
  type TypedFilter,
} from './entryFilter';
import type { Page } from './pagedList';

/** A page of entries, with the bytes of all that match and the number there is without the filter. */
export interface EntriesPage extends Page<Entry> {
  bytes: number;
  all: number;
}

export class EntriesModel extends ChosenTable<TypedFilter, EntryQuery, Entry, EntriesPage> {
  constructor(context: ModelContext) {
    super(context, { ...NO_FILTER }, async (query, start, count) => {
      const answer = await context.send('spaces/entries', { ...query, start, count });
      return { ...answer, rows: answer.entries };
    });
  }

  sortBy(by: EntrySort['by']): void {
    this.choose({ sort: toggleSort(this.choice.sort, by) });
  }

  /** Takes every filter off. */
  clear(): void {
    this.choose({ ...NO_FILTER, sort: this.choice.sort });
  }

  /** The table as it is filtered and sorted now, for export; undefined where the filter has a problem. */
  table(format: 'csv' | 'json'): ExportRequest | undefined {
    const query = queryOf(this.choice);
    return query && { what: 'entries', format, query };
  }

  override forget(): void {
    super.forget();
    this.preset({ chunk: '' });
  }

  protected override read(): void {
    const query = queryOf(this.choice);
    if (query) {
      this.list.ask(query);
    }
  }
}
