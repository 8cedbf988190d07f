/**
 * Every id that this extension shares with package.json: commands, views,
 * settings, context keys. A test compares the two.
 */

export const COMMANDS = {
  openInspector: 'spaces.openInspector',
  checkHeap: 'spaces.checkHeap',
  findLeaks: 'spaces.findLeaks',
  refresh: 'spaces.refresh',
  setCeiling: 'spaces.setCeiling',
  setFloor: 'spaces.setFloor',
  setHeapLimit: 'spaces.setHeapLimit',
  showReport: 'spaces.showReport',
  goToAllocation: 'spaces.goToAllocation',
  goToFree: 'spaces.goToFree',
  findWrite: 'spaces.findWrite',
  markIntended: 'spaces.markIntended',
  copyAddress: 'spaces.copyAddress',
  copyRow: 'spaces.copyRow',
  clearDiagnostics: 'spaces.clearDiagnostics',
  showLog: 'spaces.showLog',
  takeSnapshot: 'spaces.takeSnapshot',
  compareSnapshots: 'spaces.compareSnapshots',
  showMap: 'spaces.showMap',
  showBlock: 'spaces.showBlock',
  openWalkthrough: 'spaces.openWalkthrough',
  debugActiveFile: 'spaces.debugActiveFile',
  breakOnBlock: 'spaces.breakOnBlock',
  removeBlockWatches: 'spaces.removeBlockWatches',
  openCore: 'spaces.openCore',
  attach: 'spaces.attach',
  /** Answers with the id of a process; for launch.json. */
  pickProcess: 'spaces.pickProcess',
  /** Actions of tree rows, without a palette entry. */
  checkChunk: 'spaces.chunk.check',
  openChunkInInspector: 'spaces.chunk.openInInspector',
  openSource: 'spaces.openSource',
  moreGroups: 'spaces.chunk.moreGroups',
  breakOnGrowth: 'spaces.chunk.breakOnGrowth',
  stopBreakOnGrowth: 'spaces.chunk.stopBreakOnGrowth',
  showGroupEntries: 'spaces.group.showEntries',
  showVariableBlock: 'spaces.variable.showBlock',
  breakOnVariableBlock: 'spaces.variable.breakOnBlock',
  breakAtAllocation: 'spaces.group.breakAtAllocation',
  showEntriesOfLine: 'spaces.showEntriesOfLine',
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
  liveBytes: 'editor.liveBytes',
  inlinePointers: 'editor.inlinePointers',
  markDangling: 'editor.markDanglingPointers',
  describePointers: 'variables.describePointers',
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
  /** A chunk at whose growth the program stops. */
  watchedChunk: 'spaces.chunk.watched',
  group: 'spaces.group',
} as const;

/** Id of the walkthrough. */
export const WALKTHROUGH = 'start';

export const TASK_TYPE = 'spaces';
export const PROBLEM_MATCHER = 'spaces-gcc';
export const CHUNK_SCHEME = 'spaces-chunk';
export const MEMORY_SCHEME = 'spaces-memory';
