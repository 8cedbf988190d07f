/**
 * What the page keeps over being hidden and over a reload of the window: where
 * the user was, and the last data, which is shown as stale until new data comes.
 */
import type { Address, HeapResponse, PanelView, Report } from '../../../adapter/src/protocol';
import type { ChunkSort } from './chunkTable';
import type { TypedFilter } from './entryFilter';
import type { GroupsChoice } from './groups';
import type { MapChoice } from './heapMap';
import type { HistoryPoint } from './history';
import type { LeaksChoice } from './leaks';
import type { DiffChoice } from './snapshots';

export interface SavedState {
  version: 3;
  view: PanelView;
  filter: TypedFilter;
  chunkSort: ChunkSort;
  selectedChunk: Address;
  selectedReport: number;
  sessionName: string;
  run: string;
  heap: HeapResponse | undefined;
  reports: Report[];
  history: HistoryPoint[];
  groups: GroupsChoice;
  map: MapChoice;
  /** Address or expression of the block that is looked at; '' for none. */
  block: string;
  diff: DiffChoice;
  leaks: LeaksChoice;
}

const MAX_REPORTS = 200;
const MAX_CHUNKS = 2000;

/** `state` without what would make it large. */
export function forSaving(state: Omit<SavedState, 'version'>): SavedState {
  return {
    ...state,
    version: 3,
    heap: state.heap && { ...state.heap, chunks: state.heap.chunks.slice(0, MAX_CHUNKS) },
    reports: state.reports.slice(-MAX_REPORTS),
  };
}

/** The state, where `value` is one of this version. */
export function asSavedState(value: unknown): SavedState | undefined {
  return typeof value === 'object' && value !== null && 'version' in value && value.version === 3
    ? (value as SavedState)
    : undefined;
}
