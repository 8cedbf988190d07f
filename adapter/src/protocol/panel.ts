/** What travels between the extension and the inspector's webview. */
import type { ExportArguments } from './exports';
import type { GroupBy } from './lists';
import type { SpacesCommand, Stats } from './requests';
import type { LeakDetails } from './leaks';
import type { Address, Frame, Report } from './values';

/** What the panel shows when no request is pending. */
export type SessionState = 'none' | 'running' | 'stopped' | 'ended';

/** The views of the inspector, in the order of their tabs. */
export const PANEL_VIEWS = [
  'overview',
  'chunks',
  'ceilings',
  'entries',
  'groups',
  'map',
  'block',
  'snapshots',
  'leaks',
  'reports',
] as const;
export type PanelView = (typeof PANEL_VIEWS)[number];

/** A view to bring to the front, and what it is to show. */
export interface ShowTarget {
  view: PanelView;
  chunk?: Address;
  report?: number;
  /** Entries: only those of this group. */
  group?: { by: GroupBy; key: string };
  /** Block: the one that holds this address, or that an expression points at. */
  address?: Address;
  expression?: string;
}

/** Extension → webview. */
export type HostMessage =
  | {
      type: 'state';
      state: SessionState;
      sessionName: string;
      /** Unique for each run of a program, '' where there is no session. */
      run: string;
      /** DAP id of the stack frame that expressions are evaluated in; absent where none is chosen. */
      frameId?: number;
    }
  | { type: 'changed'; generation: number }
  | { type: 'report'; report: Report }
  | { type: 'stats'; stats: Stats }
  | { type: 'snapshots' }
  | ({ type: 'show' } & ShowTarget)
  | { type: 'response'; seq: number; ok: true; body: unknown }
  | { type: 'response'; seq: number; ok: false; message: string };

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
/** A table or profile to write; the extension asks where to. */
export type ExportRequest = Without<ExportArguments, 'path' | 'token'>;

/** Webview → extension. */
export type PanelMessage =
  | { type: 'ready' }
  | { type: 'request'; seq: number; command: SpacesCommand; arguments: unknown }
  | { type: 'openSource'; path: string; line: number }
  | { type: 'viewMemory'; address: Address; length: number }
  /** Start the program again to find the write that a report tells of. */
  | { type: 'findWrite'; report: number }
  /** Add the leak of a stack to the file of those that are intended. */
  | { type: 'markIntended'; allocated: Frame[]; leak: LeakDetails }
  | { type: 'copy'; text: string }
  /** The whole table to the clipboard. */
  | { type: 'copyTable'; table: ExportRequest }
  | { type: 'export'; table: ExportRequest }
  | { type: 'startDebugging' };
