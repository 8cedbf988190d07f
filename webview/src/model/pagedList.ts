/**
 * A long list (entries, groups, differences) of which only the pages near the rows in sight are here.
 * One request is under way at a time; when it ends, the page that is wanted
 * then comes next, so that fast scrolling asks for nothing on the way. Who scrolls
 * on steadily finds the next pages in that direction here. Pages of an earlier
 * query or stop are dropped when they arrive.
 */
export const PAGE_ROWS = 200;
const KEPT_PAGES = 64;
/** Pages fetched ahead of the rows in sight, in the direction of scrolling. */
const PAGES_AHEAD = 2;

/** One page of an answer. */
export interface Page<Row> {
  /** Rows that match, on the whole. */
  total: number;
  rows: Row[];
}
type Fetch<Query, Answer> = (query: Query, start: number, count: number) => Promise<Answer>;

export class PagedList<Query, Row, Answer extends Page<Row> = Page<Row>> {
  private pages = new Map<number, Row[]>();
  private query: Query | undefined;
  private last: Answer | undefined;
  private version = 0;
  private fetching = false;
  /** The pages here are of the query before; they stay in sight until the first new one arrives. */
  private outdated = false;
  private wanted = { first: 0, last: 0 };
  /** Where scrolling goes: 1 down, -1 up, 0 after a jump. */
  private direction = 0;
  private known = 0;
  private failure: string | undefined;

  constructor(
    private readonly fetch: Fetch<Query, Answer>,
    private readonly changed: () => void,
  ) {}

  /** Rows that match, on the whole. */
  get total(): number {
    return this.known;
  }

  /** What the newest page said beside its rows. */
  get answer(): Answer | undefined {
    return this.last;
  }

  get error(): string | undefined {
    return this.failure;
  }

  /** True until the first page of the present query is here. */
  get loading(): boolean {
    return this.outdated;
  }

  /** True where nothing was ever asked for. */
  get untouched(): boolean {
    return this.query === undefined;
  }

  row(index: number): Row | undefined {
    return this.pages.get(Math.floor(index / PAGE_ROWS))?.[index % PAGE_ROWS];
  }

  /** Asks `query` from scratch; the rows of before stay until its first answer. */
  ask(query: Query): void {
    this.query = query;
    this.version++;
    this.outdated = true;
    this.failure = undefined;
    this.changed();
    void this.next();
  }

  /** Tells which rows are in sight. */
  want(first: number, last: number): void {
    const moved = first - this.wanted.first;
    if (moved !== 0) {
      this.direction = Math.abs(moved) < PAGE_ROWS ? Math.sign(moved) : 0;
    }
    this.wanted = { first, last };
    void this.next();
  }

  /** Forgets everything. */
  clear(): void {
    this.version++;
    this.pages.clear();
    this.query = undefined;
    this.last = undefined;
    this.known = 0;
    this.outdated = false;
    this.failure = undefined;
    this.changed();
  }

  private async next(): Promise<void> {
    const page = this.missingPage();
    if (this.fetching || page === undefined || !this.query) {
      return;
    }
    this.fetching = true;
    const version = this.version;
    try {
      const answer = await this.fetch(this.query, page * PAGE_ROWS, PAGE_ROWS);
      if (version === this.version) {
        this.take(page, answer);
      }
    } catch (error) {
      if (version === this.version && !this.isInSight(page)) {
        // Nobody misses it yet; where it comes into sight it is asked for again.
        this.direction = 0;
      } else if (version === this.version) {
        this.failure = error instanceof Error ? error.message : String(error);
        this.outdated = false;
        this.changed();
      }
    } finally {
      this.fetching = false;
    }
    void this.next();
  }

  private take(page: number, answer: Answer): void {
    if (this.outdated) {
      this.pages.clear();
      this.outdated = false;
    }
    this.last = answer;
    this.known = answer.total;
    this.pages.set(page, answer.rows);
    this.dropFarPages();
    this.changed();
  }

  private isInSight(page: number): boolean {
    return (
      this.outdated ||
      (page >= Math.floor(this.wanted.first / PAGE_ROWS) && page <= Math.floor(this.wanted.last / PAGE_ROWS))
    );
  }

  private missingPage(): number | undefined {
    if (this.failure !== undefined) {
      return undefined;
    }
    const lastRow = this.outdated ? 0 : Math.max(0, Math.min(this.wanted.last, this.known - 1));
    const first = Math.floor(Math.min(this.wanted.first, lastRow) / PAGE_ROWS);
    for (let page = first; page <= Math.floor(lastRow / PAGE_ROWS); page++) {
      if (this.outdated || (!this.pages.has(page) && this.known > 0)) {
        return page;
      }
    }
    return this.pageAhead(first, Math.floor(lastRow / PAGE_ROWS));
  }

  /** The next page in the direction of scrolling that is not here, behind `first` to `last`. */
  private pageAhead(first: number, last: number): number | undefined {
    if (this.direction === 0) {
      return undefined;
    }
    const edge = this.direction > 0 ? last : first;
    for (let step = 1; step <= PAGES_AHEAD; step++) {
      const page = edge + step * this.direction;
      if (page < 0 || page * PAGE_ROWS >= this.known) {
        return undefined;
      }
      if (!this.pages.has(page)) {
        return page;
      }
    }
    return undefined;
  }

  private dropFarPages(): void {
    const middle = (this.wanted.first + this.wanted.last) / 2 / PAGE_ROWS;
    const far = [...this.pages.keys()].sort((a, b) => Math.abs(b - middle) - Math.abs(a - middle));
    far.slice(0, Math.max(0, far.length - KEPT_PAGES)).forEach((page) => this.pages.delete(page));
  }
}
