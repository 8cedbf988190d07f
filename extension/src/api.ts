/** What this extension hands to other extensions and to its tests. */
import type * as vscode from 'vscode';
import type {
  HeapResponse,
  Report,
  SessionState,
  SpacesCommand,
  SpacesRequests,
} from '../../adapter/src/protocol';

/** A row of the chunk tree as it reads. */
export interface TreeRow {
  label: string;
  description: string;
  icon: string;
  children(): Promise<TreeRow[]>;
}

export interface SpacesApi {
  version: 1;
  /** What the extension's activation took of the extension host's time, its code being loaded. */
  readonly activationMs: number;
  /** State of the session that the views show. */
  state(): SessionState;
  /** The heap at this stop, or the last one that was read. */
  heap(): Promise<HeapResponse | undefined>;
  /** Reports of this run, oldest first. */
  reports(): Report[];
  /** One request to the adapter of the session that the views show. */
  request<C extends SpacesCommand>(command: C, args: SpacesRequests[C][0]): Promise<SpacesRequests[C][1]>;
  /** Rows of the chunk tree; empty where a welcome text stands in their place. */
  tree(): Promise<TreeRow[]>;
  /** Number on the tree's badge. */
  badge(): number;
  panel: {
    readonly open: boolean;
    readonly visible: boolean;
    readonly ready: boolean;
  };
  /** Names of dangling pointers that are marked in the editors now. */
  danglingMarks(): readonly vscode.Range[];
  onDidReport: vscode.Event<Report>;
  onDidChange: vscode.Event<void>;
}
