/**
 * The inspector's state and everything that changes it, without a browser:
 * messages of the extension come in, requests go out, the views draw what
 * stands here and are told when to draw again.
 */
import { t } from '@vscode/l10n';
import type {
  Address,
  Chunk,
  Entry,
  HeapResponse,
  HostMessage,
  PanelView,
  Report,
  SessionState,
  SetArguments,
} from '../../../adapter/src/protocol';
import { toggleChunkSort, type ChunkColumn, type ChunkSort } from './chunkTable';
import { NO_FILTER, queryOf, toggleSort, type EntryFilter, type EntrySort } from './entryFilter';
import { EntryList } from './entryList';
import { withHeap, type HistoryPoint } from './history';
import { Requests, type HostPort } from './port';
import { formatCount } from '../../../adapter/src/protocol/sizes';
import { asSavedState, forSaving } from './savedState';

/** What the last action of the user came to. */
export interface Notice {
  severity: 'info' | 'error';
  text: string;
}

/** Typed filters wait this long for the next key. */
const TYPING_MS = 250;

export class Inspector {
  session: SessionState = 'none';
  sessionName = '';
  heap: HeapResponse | undefined;
  /** Why the heap of this stop could not be read. */
  heapError: string | undefined;
  reports: Report[] = [];
  /** False until the extension has said which reports there are. */
  reportsKnown = false;
  history: HistoryPoint[] = [];
  view: PanelView = 'overview';
  chunkSort: ChunkSort = { by: 'footprint', descending: true };
  /** '' for none. */
  selectedChunk: Address = '';
  selectedReport = 0;
  selectedEntryIndex = -1;
  filter: EntryFilter = { ...NO_FILTER };
  notice: Notice | undefined;
  /** A check of the heap is under way. */
  checking = false;
  readonly entries: EntryList;
  /** The run that the data belongs to. */
  private run = '';
  /** The run whose reports this page has asked for. */
  private reportsAsked = '';
  private readonly requests: Requests;
  private readonly listeners = new Set<() => void>();
  private heapReading = 0;
  /** The entry list does not yet show the heap of this stop. */
  private entriesOutdated = true;
  private typing: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly port: HostPort) {
    this.requests = new Requests(port);
    this.entries = new EntryList(
      (args) => this.requests.send('spaces/entries', args),
      () => this.notify(),
    );
    this.restore();
  }

  /** Calls `listener` after every change; returns what stops that. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Asks the extension for the present state. */
  start(): void {
    this.port.postMessage({ type: 'ready' });
  }

  /** True where the figures are not those of a program that is stopped now. */
  get stale(): boolean {
    return this.session !== 'stopped';
  }

  get canEdit(): boolean {
    return this.session === 'stopped' && this.heap !== undefined && this.heapError === undefined;
  }

  /** The entry of the selected row; undefined where none is selected or it is not here. */
  get selectedEntry(): Entry | undefined {
    return this.selectedEntryIndex < 0 ? undefined : this.entries.row(this.selectedEntryIndex);
  }

  chunk(id: Address): Chunk | undefined {
    return this.heap?.chunks.find((chunk) => chunk.id === id);
  }

  receive(message: HostMessage): void {
    switch (message.type) {
      case 'state':
        this.takeState(message);
        break;
      case 'changed':
        void this.readHeap();
        void this.readReports();
        break;
      case 'report':
        this.addReports([message.report]);
        break;
      case 'show':
        this.show(message);
        break;
      case 'response':
        this.requests.receive(message);
        break;
    }
  }

  open(view: PanelView): void {
    this.view = view;
    this.refreshEntries();
    this.changed();
  }

  /** Shows the entries of one chunk. */
  openEntries(chunk: Address): void {
    this.filter = { ...this.filter, chunk };
    this.entriesOutdated = true;
    this.open('entries');
  }

  openReport(id: number): void {
    this.selectedReport = id;
    this.open('reports');
  }

  selectChunk(id: Address): void {
    this.selectedChunk = id;
    this.changed();
  }

  /** Selects a row of the entries; -1 selects none. */
  selectEntry(index: number): void {
    this.selectedEntryIndex = index;
    this.notify();
  }

  sortChunksBy(column: ChunkColumn): void {
    this.chunkSort = toggleChunkSort(this.chunkSort, column);
    this.changed();
  }

  sortEntriesBy(by: EntrySort['by']): void {
    this.setFilter({ sort: toggleSort(this.filter.sort, by) });
  }

  /** Changes part of the entries' filter; a typed one takes effect when typing rests. */
  setFilter(part: Partial<EntryFilter>, typed = false): void {
    this.filter = { ...this.filter, ...part };
    this.entriesOutdated = true;
    clearTimeout(this.typing);
    if (typed) {
      this.typing = setTimeout(() => this.refreshEntries(), TYPING_MS);
    } else {
      this.refreshEntries();
    }
    this.changed();
  }

  clearFilter(): void {
    this.setFilter({ ...NO_FILTER, sort: this.filter.sort });
  }

  /** Checks the heap, or one chunk, and says what came of it. */
  async check(chunk?: Chunk): Promise<void> {
    if (this.checking) {
      return;
    }
    this.checking = true;
    this.notice = undefined;
    this.changed();
    try {
      const { blocks, reports } = await this.requests.send('spaces/check', chunk ? { chunk: chunk.id } : {});
      this.addReports(reports);
      const count = formatCount(blocks);
      const where = chunk ? chunk.label : t('the heap');
      this.notice =
        reports.length === 0
          ? { severity: 'info', text: t('No damage in {0}: {1} blocks checked.', where, count) }
          : {
              severity: 'error',
              text: t('Damage in {0}: {1} places, {2} blocks checked.', where, reports.length, count),
            };
    } catch (error) {
      this.notice = { severity: 'error', text: t('Not checked: {0}', messageOf(error)) };
    } finally {
      this.checking = false;
      this.changed();
    }
  }

  /** Sets a limit in the stopped program; undefined where it took, else why not. */
  async set(args: SetArguments): Promise<string | undefined> {
    try {
      await this.requests.send('spaces/set', args);
      await this.readHeap();
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  }

  refresh(): void {
    this.entriesOutdated = true;
    void this.readHeap();
  }

  dismissNotice(): void {
    this.notice = undefined;
    this.changed();
  }

  openSource(path: string, line: number): void {
    this.port.postMessage({ type: 'openSource', path, line });
  }

  viewMemory(address: Address, length: number): void {
    this.port.postMessage({ type: 'viewMemory', address, length });
  }

  copy(text: string): void {
    this.port.postMessage({ type: 'copy', text });
  }

  startDebugging(): void {
    this.port.postMessage({ type: 'startDebugging' });
  }

  private takeState({ state, sessionName, run }: Extract<HostMessage, { type: 'state' }>): void {
    if (state === 'none' && this.heap) {
      // The window was reloaded: what this page kept is the end of an earlier session.
      this.session = 'ended';
      this.changed();
      return;
    }
    this.session = state;
    this.sessionName = sessionName;
    if (state !== 'none' && run !== this.run) {
      this.run = run;
      this.forgetRun();
      if (state !== 'stopped') {
        void this.readHeap();
      }
    }
    if (state !== 'none' && run !== this.reportsAsked) {
      // Also where this page comes back to its run: reports that came meanwhile are not here.
      this.reportsAsked = run;
      void this.readReports();
    }
    this.changed();
  }

  private forgetRun(): void {
    this.heap = undefined;
    this.heapError = undefined;
    this.reports = [];
    this.reportsKnown = false;
    this.history = [];
    this.selectedReport = 0;
    this.selectedEntryIndex = -1;
    this.notice = undefined;
    this.filter = { ...this.filter, chunk: '' };
    this.entriesOutdated = true;
    this.entries.clear();
  }

  private show(message: Extract<HostMessage, { type: 'show' }>): void {
    if (message.report !== undefined) {
      this.selectedReport = message.report;
    }
    if (message.chunk !== undefined) {
      this.selectedChunk = message.chunk;
      this.filter = { ...this.filter, chunk: message.chunk };
      this.entriesOutdated = true;
    }
    this.open(message.view);
  }

  private async readHeap(): Promise<void> {
    const reading = ++this.heapReading;
    try {
      const heap = await this.requests.send('spaces/heap', {});
      if (reading !== this.heapReading) {
        return;
      }
      if (this.heap && this.heap.pid !== heap.pid) {
        this.history = [];
      }
      this.heap = heap;
      this.heapError = undefined;
      this.history = withHeap(this.history, heap);
      if (this.filter.chunk && !this.chunk(this.filter.chunk)) {
        this.filter = { ...this.filter, chunk: '' };
      }
    } catch (error) {
      if (reading === this.heapReading && this.session === 'stopped') {
        this.heapError = messageOf(error);
      }
    }
    this.entriesOutdated = true;
    this.refreshEntries();
    this.changed();
  }

  private async readReports(): Promise<void> {
    try {
      const { reports } = await this.requests.send('spaces/reports', {});
      this.addReports(reports);
    } catch {
      // Reports also arrive one by one; a session that has just gone away has none to add.
    }
    this.reportsKnown = true;
    this.notify();
  }

  private addReports(reports: readonly Report[]): void {
    const known = new Set(this.reports.map((report) => report.id));
    const fresh = reports.filter((report) => !known.has(report.id));
    if (fresh.length > 0) {
      this.reports = [...this.reports, ...fresh];
      this.changed();
    }
  }

  /** Asks for entries where they are in sight and do not show this stop and this filter. */
  private refreshEntries(): void {
    if (this.view !== 'entries' || this.session !== 'stopped' || !this.entriesOutdated) {
      return;
    }
    const query = queryOf(this.filter);
    if (query) {
      this.entriesOutdated = false;
      this.selectedEntryIndex = -1;
      this.entries.ask(query);
    }
  }

  private restore(): void {
    const saved = asSavedState(this.port.getState());
    if (saved) {
      this.view = saved.view;
      this.filter = saved.filter;
      this.chunkSort = saved.chunkSort;
      this.selectedChunk = saved.selectedChunk;
      this.selectedReport = saved.selectedReport;
      this.sessionName = saved.sessionName;
      this.run = saved.run;
      this.heap = saved.heap;
      this.reports = saved.reports;
      this.reportsKnown = true;
      this.history = saved.history;
    }
  }

  /** Something that outlives the page changed. */
  private changed(): void {
    this.port.setState(
      forSaving({
        view: this.view,
        filter: this.filter,
        chunkSort: this.chunkSort,
        selectedChunk: this.selectedChunk,
        selectedReport: this.selectedReport,
        sessionName: this.sessionName,
        run: this.run,
        heap: this.heap,
        reports: this.reports,
        history: this.history,
      }),
    );
    this.notify();
  }

  private notify(): void {
    this.listeners.forEach((listener) => listener());
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
