/**
 * The inspector's state and everything that changes it, without a browser:
 * messages of the extension come in, requests go out, the views draw what
 * stands here and are told when to draw again.
 */
import { t } from '@vscode/l10n';
import type {
  Address,
  Chunk,
  ExportRequest,
  Frame,
  HeapResponse,
  HostMessage,
  LeakDetails,
  PanelView,
  Report,
  SessionState,
  SetArguments,
  ShowTarget,
} from '../../../adapter/src/protocol';
import { toggleChunkSort, type ChunkColumn, type ChunkSort } from './chunkTable';
import { blocksText } from '../../../adapter/src/protocol/words';
import { BlockModel } from './block';
import { messageOf, type ModelPart } from './context';
import { EntriesModel } from './entries';
import { NO_FILTER, type TypedFilter } from './entryFilter';
import { GroupsModel } from './groups';
import { HeapMapModel } from './heapMap';
import { thinned, withSample, type HistoryPoint } from './history';
import { LeaksModel } from './leaks';
import { Requests, type HostPort } from './port';
import { asSavedState, forSaving } from './savedState';
import { SnapshotsModel } from './snapshots';

/** What the last action of the user came to. */
export interface Notice {
  severity: 'info' | 'error';
  text: string;
}

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
  notice: Notice | undefined;
  /** A check of the heap is under way. */
  checking = false;
  /** Stack frame that expressions are evaluated in; undefined where none is chosen. */
  frameId: number | undefined;
  readonly entries: EntriesModel;
  readonly groups: GroupsModel;
  readonly map: HeapMapModel;
  readonly block: BlockModel;
  readonly snapshots: SnapshotsModel;
  readonly leaks: LeaksModel;
  private readonly parts: readonly ModelPart[];
  /** The run that the data belongs to. */
  private run = '';
  /** The run whose reports this page has asked for. */
  private reportsAsked = '';
  private readonly requests: Requests;
  private readonly listeners = new Set<() => void>();
  private heapReading = 0;

  constructor(private readonly port: HostPort) {
    this.requests = new Requests(port);
    const context = this.context();
    this.entries = new EntriesModel(context);
    this.groups = new GroupsModel(context);
    this.map = new HeapMapModel(context);
    this.block = new BlockModel(context);
    this.snapshots = new SnapshotsModel(context);
    this.leaks = new LeaksModel(context);
    this.parts = [this.entries, this.groups, this.map, this.block, this.snapshots, this.leaks];
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

  chunk(id: Address): Chunk | undefined {
    return this.heap?.chunks.find((chunk) => chunk.id === id);
  }

  receive(message: HostMessage): void {
    switch (message.type) {
      case 'state':
        this.takeState(message);
        break;
      case 'changed':
        if (this.notice?.severity === 'info' && message.generation !== this.heap?.generation) {
          // It told of the stop before.
          this.notice = undefined;
        }
        void this.readHeap();
        void this.readReports();
        break;
      case 'report':
        this.addReports([message.report]);
        break;
      case 'stats':
        this.history = withSample(this.history, message.stats);
        this.changed();
        break;
      case 'snapshots':
        void this.snapshots.readAll();
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
    this.refreshView();
    this.changed();
  }

  /** Looks at the block that holds an address or that an expression points at. */
  openBlock(target: string): void {
    this.block.open(target);
    this.open('block');
  }

  /** Shows where in the heap an address lies. */
  openInMap(address: Address): void {
    this.map.choose({ find: address });
    this.map.enterSlab(address);
    this.open('map');
  }

  /** Shows the entries of one group. */
  openGroup(group: NonNullable<TypedFilter['group']>, chunk: Address = ''): void {
    this.entries.preset({ ...NO_FILTER, sort: this.entries.choice.sort, chunk, group });
    this.open('entries');
  }

  /** Shows the entries of one chunk. */
  openEntries(chunk: Address): void {
    this.entries.preset({ chunk });
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

  sortChunksBy(column: ChunkColumn): void {
    this.chunkSort = toggleChunkSort(this.chunkSort, column);
    this.changed();
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
      const checked = blocksText(blocks, t);
      const where = chunk ? chunk.label : t('the heap');
      this.notice =
        reports.length === 0
          ? { severity: 'info', text: t('No damage in {0}: {1} checked.', where, checked) }
          : {
              severity: 'error',
              text: t('Damage in {0}: {1} places, {2} checked.', where, reports.length, checked),
            };
    } catch (error) {
      this.notice = { severity: 'error', text: t('Not checked: {0}', messageOf(error)) };
    } finally {
      this.checking = false;
      this.changed();
    }
  }

  /** Stops the program when a block is freed or written; the notice says what came of it. */
  async watchBlock(address: Address, on: 'free' | 'write'): Promise<void> {
    try {
      const { watches } = await this.requests.send('spaces/watchBlock', { address, on });
      this.notice = { severity: 'info', text: t('Stops at: {0}', watches.at(-1)?.description ?? '') };
    } catch (error) {
      this.notice = { severity: 'error', text: t('The block is not watched: {0}', messageOf(error)) };
    }
    this.changed();
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
    this.outdate();
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

  findWrite(report: number): void {
    this.port.postMessage({ type: 'findWrite', report });
  }

  /** Adds the leak of a stack to those that are intended. */
  markIntended(allocated: Frame[], leak: LeakDetails): void {
    const { class: kind, count, bytes, indirectCount, indirectBytes } = leak;
    const details = { class: kind, count, bytes, indirectCount, indirectBytes };
    this.port.postMessage({ type: 'markIntended', allocated, leak: details });
  }

  copy(text: string): void {
    this.port.postMessage({ type: 'copy', text });
  }

  /** Copies a whole table, or has it written to a file that the user chooses. */
  exportTable(table: ExportRequest, to: 'file' | 'clipboard'): void {
    this.port.postMessage(to === 'file' ? { type: 'export', table } : { type: 'copyTable', table });
  }

  startDebugging(): void {
    this.port.postMessage({ type: 'startDebugging' });
  }

  private takeState({ state, sessionName, run, frameId }: Extract<HostMessage, { type: 'state' }>): void {
    this.frameId = frameId;
    if (state === 'none' && this.heap) {
      // The window was reloaded: what this page kept is the end of an earlier session.
      this.session = 'ended';
      this.changed();
      return;
    }
    if ((state === 'ended' && this.session !== 'ended') || (state !== 'none' && run !== this.run)) {
      this.requests.abandon(t('{0} has ended before it was read.', this.sessionName));
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
      void this.readHistory();
      void this.snapshots.readAll();
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
    this.notice = undefined;
    this.parts.forEach((part) => part.forget());
  }

  private show(target: ShowTarget): void {
    if (target.report !== undefined) {
      this.selectedReport = target.report;
    }
    if (target.chunk !== undefined) {
      this.selectedChunk = target.chunk;
      this.entries.preset({ chunk: target.chunk });
    }
    if (target.view === 'leaks') {
      this.leaks.preset({ chunk: target.chunk ?? '' });
    }
    const block = target.address ?? target.expression;
    if (block !== undefined) {
      this.block.open(block);
    }
    if (target.group) {
      this.openGroup(target.group, target.chunk);
    } else {
      this.open(target.view);
    }
  }

  private async readHeap(): Promise<void> {
    const reading = ++this.heapReading;
    try {
      const heap = await this.requests.send('spaces/heap', {});
      if (reading !== this.heapReading) {
        return;
      }
      this.heap = heap;
      this.heapError = undefined;
      if (this.entries.choice.chunk && !this.chunk(this.entries.choice.chunk)) {
        this.entries.preset({ chunk: '' });
      }
    } catch (error) {
      if (reading === this.heapReading && this.session === 'stopped') {
        this.heapError = messageOf(error);
      }
    }
    this.outdate();
    this.refreshView();
    this.changed();
  }

  private async readHistory(): Promise<void> {
    try {
      const { samples } = await this.requests.send('spaces/history', {});
      const newest = samples.at(-1)?.time ?? 0;
      this.history = thinned([...samples, ...this.history.filter(({ time }) => time > newest)]);
      this.changed();
    } catch {
      // Samples also arrive one by one; without any the chart says that there is none yet.
    }
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
    // One that has found its write comes again.
    const newer = new Map(
      reports.filter(({ written }) => written !== undefined).map((report) => [report.id, report]),
    );
    this.reports = this.reports.map((report) => newer.get(report.id) ?? report);
    const known = new Set(this.reports.map((report) => report.id));
    const fresh = reports.filter((report) => !known.has(report.id));
    if (fresh.length > 0) {
      this.reports = [...this.reports, ...fresh];
      this.changed();
    }
  }

  private outdate(): void {
    this.parts.forEach((part) => part.outdate());
  }

  private refreshView(): void {
    switch (this.view) {
      case 'entries':
        this.entries.refresh();
        break;
      case 'groups':
        this.groups.refresh();
        break;
      case 'map':
        this.map.refresh();
        break;
      case 'block':
        this.block.refresh();
        break;
      case 'snapshots':
        this.snapshots.refresh();
        break;
      case 'leaks':
        this.leaks.refresh();
        break;
      case 'overview':
      case 'chunks':
      case 'ceilings':
      case 'reports':
        break;
    }
  }

  /** What the parts of the model see of the whole. */
  private context(): ConstructorParameters<typeof BlockModel>[0] {
    const readable = (): boolean => this.canEdit;
    const frameId = (): number | undefined => this.frameId;
    return {
      send: (command, args) => this.requests.send(command, args),
      get readable() {
        return readable();
      },
      get frameId() {
        return frameId();
      },
      changed: () => this.changed(),
      notify: () => this.notify(),
    };
  }

  private restore(): void {
    const saved = asSavedState(this.port.getState());
    if (saved) {
      this.view = saved.view;
      this.entries.choice = saved.filter;
      this.chunkSort = saved.chunkSort;
      this.selectedChunk = saved.selectedChunk;
      this.selectedReport = saved.selectedReport;
      this.sessionName = saved.sessionName;
      this.run = saved.run;
      this.heap = saved.heap;
      this.reports = saved.reports;
      this.reportsKnown = true;
      this.history = saved.history;
      this.groups.choice = saved.groups;
      this.map.choice = saved.map;
      this.block.target = saved.block;
      this.snapshots.choice = saved.diff;
      this.leaks.choice = saved.leaks;
    }
  }

  /** Something that outlives the page changed. */
  private changed(): void {
    this.port.setState(
      forSaving({
        view: this.view,
        filter: this.entries.choice,
        chunkSort: this.chunkSort,
        selectedChunk: this.selectedChunk,
        selectedReport: this.selectedReport,
        sessionName: this.sessionName,
        run: this.run,
        heap: this.heap,
        reports: this.reports,
        history: this.history,
        groups: this.groups.choice,
        map: this.map.choice,
        block: this.block.target,
        diff: this.snapshots.choice,
        leaks: this.leaks.choice,
      }),
    );
    this.notify();
  }

  private notify(): void {
    this.listeners.forEach((listener) => listener());
  }
}
