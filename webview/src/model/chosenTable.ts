/**
 * A paged table whose rows follow from what the user chose: a filter, an order,
 * a part of the heap. The choice outlives the page; typed text takes effect
 * when typing rests; rows are asked for where they are in sight and outdated.
 */
import { TYPING_MS, type ModelContext, type ModelPart } from './context';
import { PagedList, type Page } from './pagedList';

export abstract class ChosenTable<
  Choice extends object,
  Query,
  Row,
  Answer extends Page<Row>,
> implements ModelPart {
  /** Index of the selected row; -1 for none. */
  selected = -1;
  readonly list: PagedList<Query, Row, Answer>;
  private stale = true;
  private typing: ReturnType<typeof setTimeout> | undefined;

  constructor(
    protected readonly context: ModelContext,
    public choice: Choice,
    fetch: (query: Query, start: number, count: number) => Promise<Answer>,
  ) {
    this.list = new PagedList(fetch, () => context.notify());
  }

  get selectedRow(): Row | undefined {
    return this.selected < 0 ? undefined : this.list.row(this.selected);
  }

  /** Changes part of the choice; the rows are asked for when the table comes into sight. */
  preset(part: Partial<Choice>): void {
    this.choice = { ...this.choice, ...part };
    this.stale = true;
  }

  /** Changes part of the choice of what is in sight. */
  choose(part: Partial<Choice>, typed = false): void {
    this.preset(part);
    clearTimeout(this.typing);
    if (typed) {
      this.typing = setTimeout(() => this.refresh(), TYPING_MS);
    } else {
      this.refresh();
    }
    this.context.changed();
  }

  select(index: number): void {
    this.selected = index;
    this.context.notify();
  }

  outdate(): void {
    this.stale = true;
  }

  refresh(): void {
    if (this.stale && this.context.readable) {
      this.stale = false;
      this.selected = -1;
      this.read();
    }
  }

  forget(): void {
    this.list.clear();
    this.selected = -1;
    this.stale = true;
  }

  /** Asks for what is chosen. */
  protected abstract read(): void;
}

/** The order after a click on a column: the other way round, or by that column; `upward` are those that begin small. */
export function toggled<By extends string>(
  sort: { by: By; descending?: boolean },
  by: By,
  upward: By,
): { by: By; descending: boolean } {
  return { by, descending: sort.by === by ? sort.descending !== true : by !== upward };
}
