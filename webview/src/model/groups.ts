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
import { Latest, TYPING_MS, type ModelContext, type ModelPart } from './context';
import { PagedList, type Page } from './pagedList';

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

export class GroupsModel implements ModelPart {
  choice: GroupsChoice = { ...FIRST_GROUPS_CHOICE };
  selected = -1;
  readonly list: PagedList<GroupsQuery, Group, GroupsPage>;
  readonly calls: Latest<CallTreeResponse>;
  /** The largest sites, for the tree map. */
  readonly sites: Latest<GroupsResponse>;
  private stale = true;
  private typing: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly context: ModelContext) {
    const notify = (): void => context.notify();
    this.list = new PagedList(async (query, start, count) => {
      const answer = await context.send('spaces/groups', { ...query, start, count });
      return { ...answer, rows: answer.groups };
    }, notify);
    this.calls = new Latest(notify);
    this.sites = new Latest(notify);
  }

  get selectedGroup(): Group | undefined {
    return this.selected < 0 ? undefined : this.list.row(this.selected);
  }

  /** Changes part of the choice; typed text takes effect when typing rests. */
  choose(part: Partial<GroupsChoice>, typed = false): void {
    this.choice = { ...this.choice, ...part };
    this.stale = true;
    clearTimeout(this.typing);
    if (typed) {
      this.typing = setTimeout(() => this.refresh(), TYPING_MS);
    } else {
      this.refresh();
    }
    this.context.changed();
  }

  sortBy(by: GroupSort['by']): void {
    const { sort } = this.choice;
    const descending = sort.by === by ? !sort.descending : by !== 'key';
    this.choose({ sort: { by, descending } });
  }

  select(index: number): void {
    this.selected = index;
    this.context.notify();
  }

  /** The table as it is filtered and sorted now, for export. */
  table(format: 'csv' | 'json'): ExportRequest {
    return { what: 'groups', format, query: this.query() };
  }

  outdate(): void {
    this.stale = true;
  }

  refresh(): void {
    if (!this.stale || !this.context.readable) {
      return;
    }
    this.stale = false;
    const { mode, chunk, order } = this.choice;
    const within = chunk ? { chunk } : {};
    if (mode === 'table') {
      this.selected = -1;
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

  forget(): void {
    this.list.clear();
    this.calls.clear();
    this.sites.clear();
    this.selected = -1;
    this.choice = { ...this.choice, chunk: '' };
    this.stale = true;
  }

  private query(): GroupsQuery {
    const { by, chunk, text, sort } = this.choice;
    return { by, sort, ...(chunk ? { chunk } : {}), ...(text.trim() ? { text: text.trim() } : {}) };
  }
}
