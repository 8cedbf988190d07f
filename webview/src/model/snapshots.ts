/** Snapshots of the heap, and the comparison of any two of them, or of one with the heap as it is now. */
import type {
  DiffArguments,
  DiffGroup,
  DiffResponse,
  ExportRequest,
  GroupBy,
  Snapshot,
  SnapshotsResponse,
} from '../../../adapter/src/protocol';
import { ChosenTable, toggled } from './chosenTable';
import { messageOf, type ModelContext } from './context';
import type { Page } from './pagedList';

type DiffQuery = Omit<DiffArguments, 'start' | 'count'>;
export type DiffSort = NonNullable<DiffArguments['sort']>;
/** The heap as it is now, as the other side of a comparison. */
export const NOW = 0;

export interface DiffChoice {
  /** Ids; NOW stands for the present heap. */
  from: number;
  to: number;
  by: GroupBy;
  text: string;
  sort: DiffSort;
}

export const FIRST_DIFF_CHOICE: DiffChoice = {
  from: NOW,
  to: NOW,
  by: 'site',
  text: '',
  sort: { by: 'bytes', descending: true },
};

export interface DiffPage extends Page<DiffGroup>, Omit<DiffResponse, 'groups'> {}

export class SnapshotsModel extends ChosenTable<DiffChoice, DiffQuery, DiffGroup, DiffPage> {
  snapshots: Snapshot[] = [];
  /** Bytes that they take in the adapter. */
  memory = 0;
  error: string | undefined;
  taking = false;

  constructor(context: ModelContext) {
    super(context, { ...FIRST_DIFF_CHOICE }, async (query, start, count) => {
      const answer = await context.send('spaces/diff', { ...query, start, count });
      return { ...answer, rows: answer.groups };
    });
  }

  /** True where two different moments are chosen. */
  get comparing(): boolean {
    return this.choice.from !== NOW && this.choice.from !== this.choice.to;
  }

  /** Takes a snapshot of the stopped program's heap. */
  async take(name?: string): Promise<void> {
    if (this.taking || !this.context.readable) {
      return;
    }
    this.taking = true;
    this.context.notify();
    try {
      const taken = await this.context.send('spaces/snapshot', name ? { name } : {});
      if (this.choice.from === NOW) {
        this.choice = { ...this.choice, from: taken.id };
      }
      await this.readAll();
    } catch (error) {
      this.error = messageOf(error);
    } finally {
      this.taking = false;
      this.context.changed();
    }
  }

  async drop(id: number): Promise<void> {
    try {
      this.accept(await this.context.send('spaces/dropSnapshot', { id }));
    } catch (error) {
      this.error = messageOf(error);
    }
    this.context.changed();
  }

  /** Reads which snapshots there are; also while the program runs. */
  async readAll(): Promise<void> {
    try {
      this.accept(await this.context.send('spaces/snapshots', {}));
      this.error = undefined;
    } catch (error) {
      this.error = messageOf(error);
    }
    this.context.changed();
  }

  sortBy(by: DiffSort['by']): void {
    this.choose({ sort: toggled(this.choice.sort, by, 'key') });
  }

  table(format: 'csv' | 'json'): ExportRequest {
    return { what: 'diff', format, query: this.query() };
  }

  override forget(): void {
    super.forget();
    this.snapshots = [];
    this.memory = 0;
    this.error = undefined;
    this.choice = { ...this.choice, from: NOW, to: NOW };
  }

  protected override read(): void {
    if (this.comparing) {
      this.list.ask(this.query());
    } else {
      this.list.clear();
    }
  }

  private accept({ snapshots, memory }: SnapshotsResponse): void {
    this.snapshots = snapshots;
    this.memory = memory;
    const known = new Set(snapshots.map(({ id }) => id));
    const { from, to } = this.choice;
    const keptFrom = known.has(from) ? from : (snapshots[0]?.id ?? NOW);
    const keptTo = known.has(to) ? to : NOW;
    if (keptFrom !== from || keptTo !== to) {
      this.choose({ from: keptFrom, to: keptTo });
    } else {
      this.refresh();
    }
  }

  private query(): DiffQuery {
    const { from, to, by, text, sort } = this.choice;
    return {
      from,
      ...(to === NOW ? {} : { to }),
      by,
      sort,
      ...(text.trim() ? { text: text.trim() } : {}),
    };
  }
}
