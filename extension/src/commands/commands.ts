/** The commands: each finds what it acts on (a tree row, else a question) and hands it to who does it. */
import * as vscode from 'vscode';
import { DEBUG_TYPE, type Chunk, type Report } from '../../../adapter/src/protocol';
import { firstUserFrame, sourcePlace } from '../../../adapter/src/protocol/frames';
import type { Diagnostics } from '../diagnostics/diagnostics';
import { COMMANDS, WALKTHROUGH } from '../ids';
import type { AdapterFactory } from '../launch/adapterFactory';
import { openCore } from '../launch/core';
import { attach, pickProcess } from '../launch/processes';
import type { InspectorPanel } from '../panel/inspectorPanel';
import { messageOf, type HeapSession } from '../session/heapSession';
import type { Sessions } from '../session/sessions';
import { formatCount } from '../../../adapter/src/protocol/sizes';
import { openSource, openStack } from '../source';
import type { ChunkNode, ChunkTree, GroupNode, MoreNode } from '../tree/chunkTree';
import { blocks, chunkDescription, copyText } from '../tree/present';
import { findWrite } from './findWrite';
import { setCeiling, setFloor, setHeapLimit } from './limits';
import { markIntended } from '../leaks/markIntended';
import type { TellingLeak } from '../leaks/suppressing';
import { breakOnGrowth, showBlock, takeSnapshot, targetOf, type VariableContext } from './looking';
import { breakAtAllocation, breakOnBlock, removeBlockWatches } from './watching';

/** The objects that commands act on. */
export interface CommandParts {
  sessions: Sessions;
  tree: ChunkTree;
  panel: InspectorPanel;
  diagnostics: Diagnostics;
  log: vscode.LogOutputChannel;
  adapter: AdapterFactory;
}

const WALKTHROUGH_ID = `spaces.spaces#${WALKTHROUGH}`;

interface Target {
  session: HeapSession;
  chunk: Chunk;
}

export function registerCommands(parts: CommandParts): vscode.Disposable {
  const { sessions, tree, panel, diagnostics, log, adapter } = parts;
  const onReport =
    (act: (report: Report) => unknown) =>
    async (given?: Report): Promise<void> => {
      const report = given ?? (await pickReport(sessions.reports));
      if (report) {
        await act(report);
      }
    };
  const onChunk =
    (act: (target: Target) => unknown, among?: (target: Target) => boolean, none?: string) =>
    async (node?: ChunkNode): Promise<void> => {
      const target = node?.type === 'chunk' ? node : await pickChunk(sessions.current, among, none);
      if (target) {
        await act(target);
      }
    };
  const handlers: Record<string, (...args: never[]) => unknown> = {
    [COMMANDS.openInspector]: () => panel.show(),
    [COMMANDS.checkHeap]: () => checkHeap(sessions.current, parts),
    [COMMANDS.checkChunk]: onChunk(({ session, chunk }) => checkHeap(session, parts, chunk)),
    [COMMANDS.findLeaks]: (node?: ChunkNode) =>
      panel.show({ view: 'leaks', ...(node ? { chunk: node.chunk.id } : {}) }),
    [COMMANDS.refresh]: () => {
      sessions.current?.invalidate();
      tree.refresh();
    },
    [COMMANDS.setCeiling]: onChunk(({ session, chunk }) => setCeiling(session, chunk)),
    [COMMANDS.setFloor]: onChunk(({ session, chunk }) => setFloor(session, chunk)),
    [COMMANDS.setHeapLimit]: () => sessions.current && setHeapLimit(sessions.current),
    [COMMANDS.showReport]: onReport((report) => panel.show({ view: 'reports', report: report.id })),
    [COMMANDS.goToAllocation]: onReport((report) => openStack(report, 'allocated')),
    [COMMANDS.goToFree]: onReport((report) => openStack(report, 'freed')),
    [COMMANDS.findWrite]: (given?: Report) => findWrite(sessions, given, pickReport),
    [COMMANDS.markIntended]: (leak?: TellingLeak) => markLeak(leak, parts),
    [COMMANDS.copyAddress]: onChunk(({ chunk }) => vscode.env.clipboard.writeText(chunk.id)),
    [COMMANDS.copyRow]: (node?: ChunkNode | GroupNode) =>
      node && vscode.env.clipboard.writeText(copyText(node)),
    [COMMANDS.openChunkInInspector]: onChunk(({ chunk }) => panel.show({ view: 'entries', chunk: chunk.id })),
    [COMMANDS.openSource]: (path: string, line: number) => openSource(path, line),
    [COMMANDS.moreGroups]: (node: MoreNode) => tree.showMore(node),
    [COMMANDS.clearDiagnostics]: () => diagnostics.clear(),
    [COMMANDS.showLog]: () => log.show(),
    [COMMANDS.takeSnapshot]: (node?: ChunkNode) => takeSnapshot(node?.session ?? sessions.current, panel),
    [COMMANDS.compareSnapshots]: () => panel.show({ view: 'snapshots' }),
    [COMMANDS.showMap]: () => panel.show({ view: 'map' }),
    [COMMANDS.showBlock]: (given?: { address?: string }) => showBlock(panel, given?.address),
    [COMMANDS.showVariableBlock]: (given?: VariableContext) => showBlock(panel, targetOf(given)),
    [COMMANDS.breakOnBlock]: () => breakOnBlock(sessions, undefined),
    [COMMANDS.breakOnVariableBlock]: (given?: VariableContext) => breakOnBlock(sessions, targetOf(given)),
    [COMMANDS.breakAtAllocation]: (node?: GroupNode) => breakAtAllocation(node),
    [COMMANDS.removeBlockWatches]: () => removeBlockWatches(sessions),
    [COMMANDS.breakOnGrowth]: onChunk(({ session, chunk }) => breakOnGrowth(session, chunk, true)),
    [COMMANDS.stopBreakOnGrowth]: onChunk(
      ({ session, chunk }) => breakOnGrowth(session, chunk, false),
      ({ session, chunk }) => session.watched.has(chunk.id),
      vscode.l10n.t('No chunk is watched: "Break When Chunk Grows" begins that.'),
    ),
    [COMMANDS.showGroupEntries]: (node?: GroupNode) =>
      node &&
      panel.show({ view: 'entries', chunk: node.chunk.id, group: { by: node.by, key: node.group.key } }),
    [COMMANDS.showEntriesOfLine]: (path: string, line: number) =>
      panel.show({ view: 'entries', group: { by: 'line', key: `${path}:${line}` } }),
    [COMMANDS.openWalkthrough]: () =>
      vscode.commands.executeCommand('workbench.action.openWalkthrough', WALKTHROUGH_ID, false),
    [COMMANDS.debugActiveFile]: debugActiveFile,
    [COMMANDS.openCore]: (uri?: vscode.Uri) => openCore(uri),
    [COMMANDS.attach]: () => attach(adapter),
    [COMMANDS.pickProcess]: () => pickProcess(adapter),
  };
  return vscode.Disposable.from(
    ...Object.entries(handlers).map(([id, handler]) =>
      vscode.commands.registerCommand(id, handler as (...args: unknown[]) => unknown),
    ),
  );
}

async function debugActiveFile(): Promise<void> {
  const uri = vscode.window.activeTextEditor?.document.uri;
  await vscode.debug.startDebugging(uri && vscode.workspace.getWorkspaceFolder(uri), {
    type: DEBUG_TYPE,
    request: 'launch',
    name: vscode.l10n.t('Active file'),
  });
}

async function checkHeap(
  session: HeapSession | undefined,
  { panel, log }: CommandParts,
  chunk?: Chunk,
): Promise<void> {
  if (session?.state !== 'stopped') {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('The heap can be checked while a program is stopped under Spaces.'),
    );
    return;
  }
  try {
    const { blocks: count, reports } = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Window, title: vscode.l10n.t('Checking the heap') },
      () => session.check(chunk?.id),
    );
    const [first] = reports;
    if (!first) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t(
          '{0} checked in {1}: no damage.',
          blocks(count),
          chunk?.label ?? vscode.l10n.t('the heap'),
        ),
      );
      return;
    }
    const open = vscode.l10n.t('Show Report');
    const answer = await vscode.window.showWarningMessage(
      reports.length === 1
        ? first.message
        : vscode.l10n.t('{0} damaged places in {1}.', formatCount(reports.length), blocks(count)),
      open,
    );
    if (answer === open) {
      panel.show({ view: 'reports', report: first.id });
    }
  } catch (error) {
    log.error(`Check failed: ${messageOf(error)}`);
    void vscode.window.showErrorMessage(vscode.l10n.t('The heap was not checked: {0}', messageOf(error)));
  }
}

async function markLeak(
  given: TellingLeak | undefined,
  { sessions, diagnostics }: CommandParts,
): Promise<void> {
  const leaks = sessions.reports.filter(({ kind }) => kind === 'leak');
  const leak = given ?? (await pickReport(leaks));
  const report = leaks.find((one) => one === leak);
  const configuration = (report && sessions.runOf(report)?.session.configuration) ?? sessions.configuration;
  if (leak && (await markIntended(leak, configuration?.['suppressions']))) {
    if (report) {
      diagnostics.hide(report);
    }
    sessions.current?.invalidate();
  }
}

/** Asks for one of the chunks that `among` takes; `none` is said where there is none. */
async function pickChunk(
  session: HeapSession | undefined,
  among: (target: Target) => boolean = () => true,
  none?: string,
): Promise<Target | undefined> {
  const heap = await session?.heap();
  if (!session || !heap) {
    void vscode.window.showInformationMessage(
      session?.heapFailure ??
        vscode.l10n.t('No heap to choose a chunk from: stop a program under Spaces first.'),
    );
    return undefined;
  }
  const chunks = heap.chunks.filter((chunk) => among({ session, chunk }));
  if (chunks.length === 0 && none !== undefined) {
    void vscode.window.showInformationMessage(none);
    return undefined;
  }
  const picked = await vscode.window.showQuickPick(
    chunks.map((chunk) => ({
      label: chunk.label,
      description: chunkDescription(chunk),
      detail: chunk.id,
      chunk,
    })),
    { placeHolder: vscode.l10n.t('Which chunk?'), matchOnDetail: true },
  );
  return picked && { session, chunk: picked.chunk };
}

async function pickReport(reports: readonly Report[]): Promise<Report | undefined> {
  if (reports.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('There are no reports in this run.'));
    return undefined;
  }
  if (reports.length === 1) {
    return reports[0];
  }
  const picked = await vscode.window.showQuickPick(
    [...reports].reverse().map((report) => {
      const frame = firstUserFrame(report.detected) ?? firstUserFrame(report.allocated);
      return {
        label: report.message,
        description: [report.kind, frame && sourcePlace(frame)].filter(Boolean).join(' · '),
        report,
      };
    }),
    { placeHolder: vscode.l10n.t('Which report?'), matchOnDescription: true },
  );
  return picked?.report;
}
