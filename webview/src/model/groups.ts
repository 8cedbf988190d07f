/** The groups of live blocks: a paged table, and the two pictures of the same bytes. */
import {
  MAX_PAGE,
  type Address,
  type CallTreeArguments,
  type CallTreeResponse,
  type ExportRequest,
  type Group,
  type GroupBy,
  type GroupsArguments,
  type GroupsResponse,
} from '../../../adapter/src/protocol';
import { ChosenTable, toggled } from './chosenTable';
import { Latest, type ModelContext } from './context';
import type { Page } from './pagedList';

export type GroupsMode = 'table' | 'flame' | 'treemap';
type GroupsQuery = Omit<GroupsArguments, 'start' | 'count'>;
export type GroupSort = NonNullable<GroupsArguments['sort']>;

/** What the user chose; it outlives the page. */
export interface GroupsChoice {
  mode: GroupsMode;
  by: GroupBy;
  /** '' for all chunks. */
  chunk: Address;
  text: string;
  sort: GroupSort;
  order: NonNullable<CallTreeArguments['order']>;
}

export const FIRST_GROUPS_CHOICE: GroupsChoice = {
  mode: 'table',
  by: 'site',
  chunk: '',
  text: '',
  sort: { by: 'bytes', descending: true },
  order: 'callers',
};

const FLAME_NODES = 3000;

export interface GroupsPage extends Page<Group>, Pick<GroupsResponse, 'all' | 'bytes' | 'count'> {}

export class GroupsModel extends ChosenTable<GroupsChoice, GroupsQuery, Group, GroupsPage> {
  readonly calls: Latest<CallTreeResponse>;
  /** The largest sites, for the tree map. */
  readonly sites: Latest<GroupsResponse>;

  constructor(context: ModelContext) {
    super(context, { ...FIRST_GROUPS_CHOICE }, async (query, start, count) => {
      const answer = await context.send('spaces/groups', { ...query, start, count });
      return { ...answer, rows: answer.groups };
    });
    const notify = (): void => context.notify();
    this.calls = new Latest(notify);
    this.sites = new Latest(notify);
  }

  sortBy(by: GroupSort['by']): void {
    this.choose({ sort: toggled(this.choice.sort, by, 'key') });
  }

  /** The table as it is filtered and sorted now, for export. */
  table(format: 'csv' | 'json'): ExportRequest {
    return { what: 'groups', format, query: this.query() };
  }

  override forget(): void {
    super.forget();
    this.calls.clear();
    this.sites.clear();
    this.choice = { ...this.choice, chunk: '' };
  }

  protected override read(): void {
    const { mode, chunk, order } = this.choice;
    const within = chunk ? { chunk } : {};
    if (mode === 'table') {
      this.list.ask(this.query());
    } else if (mode === 'flame') {
      void this.calls.ask(() =>
        this.context.send('spaces/callTree', { ...within, order, nodes: FLAME_NODES }),
      );
    } else {
      void this.sites.ask(() =>
        this.context.send('spaces/groups', {
          ...within,
          by: 'site',
          sort: { by: 'bytes', descending: true },
          start: 0,
          count: MAX_PAGE,
        }),
      );
    }
  }

  private query(): GroupsQuery {
    const { by, chunk, text, sort } = this.choice;
    return { by, sort, ...(chunk ? { chunk } : {}), ...(text.trim() ? { text: text.trim() } : {}) };
  }
}
