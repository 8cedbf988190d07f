/** The leaks: records of blocks that the program cannot reach, by class, as a paged table or as areas by site. */
import {
  LEAK_CLASSES,
  MAX_PAGE,
  type Address,
  type ExportRequest,
  type Group,
  type LeakClass,
  type LeakRecord,
  type LeaksArguments,
  type LeaksResponse,
} from '../../../adapter/src/protocol';
import { siteFrame } from '../../../adapter/src/protocol/frames';
import { ChosenTable } from './chosenTable';
import { Latest, type ModelContext } from './context';
import type { Page } from './pagedList';

type LeaksQuery = Omit<LeaksArguments, 'start' | 'count' | 'token'>;
export type LeaksMode = 'table' | 'treemap';
/** Every block that there is, whether or not it was lost before. */
export const EVER = 0;

export interface LeaksChoice {
  mode: LeaksMode;
  /** Classes that are shown. */
  kinds: LeakClass[];
  /** '' for all chunks. */
  chunk: Address;
  /** Id of a snapshot: of reachable blocks only what has grown since; EVER for all. */
  since: number;
}

export const FIRST_LEAKS_CHOICE: LeaksChoice = {
  mode: 'table',
  kinds: ['definite', 'indirect', 'possible'],
  chunk: '',
  since: EVER,
};

export interface LeaksPage extends Page<LeakRecord>, Omit<LeaksResponse, 'records'> {}

export class LeaksModel extends ChosenTable<LeaksChoice, LeaksQuery, LeakRecord, LeaksPage> {
  /** The largest records, for the tree map. */
  readonly largest: Latest<LeaksResponse>;

  constructor(context: ModelContext) {
    super(context, { ...FIRST_LEAKS_CHOICE }, async (query, start, count) => {
      const answer = await context.send('spaces/leaks', { ...query, start, count });
      return { ...answer, rows: answer.records };
    });
    this.largest = new Latest(() => context.notify());
  }

  /** All live blocks by class, as the newest answer told them. */
  get classes(): LeaksResponse['classes'] | undefined {
    return this.choice.mode === 'table' ? this.list.answer?.classes : this.largest.answer?.classes;
  }

  /** Shows a class, or shows it no more. */
  toggle(kind: LeakClass): void {
    const { kinds } = this.choice;
    this.choose({
      kinds: LEAK_CLASSES.filter((one) => (one === kind ? !kinds.includes(one) : kinds.includes(one))),
    });
  }

  override forget(): void {
    super.forget();
    this.largest.clear();
    this.choice = { ...this.choice, chunk: '', since: EVER };
  }

  /** What to export: all records that are chosen. */
  table(format: 'csv' | 'json'): ExportRequest {
    return { what: 'leaks', format, query: this.query() };
  }

  private query(): LeaksQuery {
    const { kinds, chunk, since } = this.choice;
    return {
      kinds,
      ...(chunk ? { chunk } : {}),
      ...(since === EVER ? {} : { since }),
    };
  }

  protected override read(): void {
    const { mode, kinds } = this.choice;
    const query = this.query();
    if (kinds.length === 0) {
      this.list.clear();
      this.largest.clear();
    } else if (mode === 'table') {
      this.list.ask(query);
    } else {
      void this.largest.ask(() => this.context.send('spaces/leaks', { ...query, start: 0, count: MAX_PAGE }));
    }
  }
}

/** Records as groups of their sites, for a picture of their bytes. */
export function leakGroups(records: readonly LeakRecord[]): Group[] {
  return records.map(({ count, bytes, frames, examples }) => {
    const frame = siteFrame(frames);
    return {
      key: frame ? `${frame.function} ${examples[0] ?? ''}` : (examples[0] ?? ''),
      count,
      bytes,
      frames,
    };
  });
}
