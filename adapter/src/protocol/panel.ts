/** What travels between the extension and the inspector's webview. */
import type { SpacesCommand } from './requests';
import type { Address, Report } from './values';

/** What the panel shows when no request is pending. */
export type SessionState = 'none' | 'running' | 'stopped' | 'ended';

/** Extension → webview. */
export type HostMessage =
  | {
      type: 'state';
      state: SessionState;
      sessionName: string;
      /** Unique for each run of a program, '' where there is no session. */
      run: string;
    }
  | { type: 'changed'; generation: number }
  | { type: 'report'; report: Report }
  | { type: 'show'; view: PanelView; chunk?: Address; report?: number }
  | { type: 'response'; seq: number; ok: true; body: unknown }
  | { type: 'response'; seq: number; ok: false; message: string };

export type PanelView = 'overview' | 'chunks' | 'entries' | 'ceilings' | 'reports';

/** Webview → extension. */
export type PanelMessage =
  | { type: 'ready' }
  | { type: 'request'; seq: number; command: SpacesCommand; arguments: unknown }
  | { type: 'openSource'; path: string; line: number }
  | { type: 'viewMemory'; address: Address; length: number }
  | { type: 'copy'; text: string }
  | { type: 'startDebugging' };
