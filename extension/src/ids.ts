/**
 * Every id that this extension shares with package.json: commands, views,
 * settings, context keys. A test compares the two.
 */

export const COMMANDS = {
  openInspector: 'spaces.openInspector',
  checkHeap: 'spaces.checkHeap',
  refresh: 'spaces.refresh',
  setCeiling: 'spaces.setCeiling',
  setFloor: 'spaces.setFloor',
  setHeapLimit: 'spaces.setHeapLimit',
  showReport: 'spaces.showReport',
  goToAllocation: 'spaces.goToAllocation',
  goToFree: 'spaces.goToFree',
  copyAddress: 'spaces.copyAddress',
  copyRow: 'spaces.copyRow',
  clearDiagnostics: 'spaces.clearDiagnostics',
  showLog: 'spaces.showLog',
  debugActiveFile: 'spaces.debugActiveFile',
  /** Actions of tree rows, without a palette entry. */
  checkChunk: 'spaces.chunk.check',
  openChunkInInspector: 'spaces.chunk.openInInspector',
  openSource: 'spaces.openSource',
  moreGroups: 'spaces.chunk.moreGroups',
} as const;

export const VIEWS = {
  chunks: 'spaces.chunks',
} as const;

/** The type of the inspector's webview panel. */
export const PANEL_TYPE = 'spaces.inspector';

export const SETTINGS = {
  section: 'spaces',
  gdbPath: 'gdbPath',
  openInspectorOnError: 'openInspectorOnError',
} as const;

export const CONTEXT_KEYS = {
  /** A SessionState. */
  session: 'spaces.session',
  /** True while there is at least one report of this run. */
  hasReports: 'spaces.hasReports',
} as const;

/** `contextValue` of the rows of the chunk tree. */
export const TREE_CONTEXT = {
  chunk: 'spaces.chunk',
  group: 'spaces.group',
} as const;

export const TASK_TYPE = 'spaces';
export const PROBLEM_MATCHER = 'spaces-gcc';
export const CHUNK_SCHEME = 'spaces-chunk';
export const MEMORY_SCHEME = 'spaces-memory';
