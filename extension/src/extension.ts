/** Entry point: wires the objects of the extension together. */
import { config } from '@vscode/l10n';
import * as vscode from 'vscode';
import { DEBUG_TYPE } from '../../adapter/src/protocol';
import type { SpacesApi, TreeRow } from './api';
import { registerCommands } from './commands/commands';
import { Companions } from './companion/companions';
import { Diagnostics } from './diagnostics/diagnostics';
import { QuickFixes } from './diagnostics/quickFixes';
import { DanglingMarks } from './editor/danglingMarks';
import { PointerInlineValues } from './editor/inlineValues';
import { LiveBytesHints } from './editor/liveBytes';
import { PointerHover } from './editor/pointerHover';
import { Pointers } from './editor/pointers';
import { MEMORY_SCHEME, SETTINGS, TASK_TYPE } from './ids';
import { AdapterFactory, adapterPath } from './launch/adapterFactory';
import { BuildTaskProvider } from './launch/buildTask';
import { ConfigurationProvider } from './launch/configuration';
import { InspectorPanel } from './panel/inspectorPanel';
import { MemoryView } from './panel/memoryView';
import { Sessions } from './session/sessions';
import { offerCommandLine } from './terminal/commandLine';
import { ChunkTree, type TreeNode } from './tree/chunkTree';
import { ChunkDecorations } from './tree/decorations';

/** Files that the heap's figures are shown in. */
const SOURCES: vscode.DocumentSelector = [
  { scheme: 'file', language: 'c' },
  { scheme: 'file', language: 'cpp' },
];

export function activate(context: vscode.ExtensionContext): SpacesApi {
  const started = performance.now();
  if (vscode.l10n.bundle) {
    // The modules without vscode take their texts from the same bundle.
    config({ contents: vscode.l10n.bundle });
  }
  const log = vscode.window.createOutputChannel('Spaces', { log: true });
  const companions = new Companions(adapterPath(context.extensionUri), log);
  const sessions = new Sessions(log, companions);
  const memory = new MemoryView();
  const panel = new InspectorPanel(context.extensionUri, sessions, log, (address, length) =>
    memory.show(address, length),
  );
  const tree = new ChunkTree(sessions, context.workspaceState);
  const diagnostics = new Diagnostics(sessions);
  const pointers = new Pointers(sessions, log);
  const dangling = new DanglingMarks(pointers);
  const liveBytes = new LiveBytesHints(sessions, log);
  const adapter = new AdapterFactory(context.extensionUri);
  const configurations = new ConfigurationProvider(log, adapter);
  context.subscriptions.push(
    log,
    companions,
    sessions,
    panel,
    tree,
    diagnostics,
    pointers,
    dangling,
    liveBytes,
    vscode.languages.registerInlineValuesProvider(SOURCES, new PointerInlineValues(sessions, pointers)),
    vscode.languages.registerHoverProvider(SOURCES, new PointerHover(pointers)),
    vscode.languages.registerInlayHintsProvider(SOURCES, liveBytes),
    registerCommands({ sessions, tree, panel, diagnostics, log, adapter }),
    vscode.debug.registerDebugConfigurationProvider(DEBUG_TYPE, configurations),
    vscode.debug.registerDebugConfigurationProvider(
      DEBUG_TYPE,
      { provideDebugConfigurations: (folder) => configurations.provideDebugConfigurations(folder) },
      vscode.DebugConfigurationProviderTriggerKind.Dynamic,
    ),
    vscode.debug.registerDebugAdapterDescriptorFactory(DEBUG_TYPE, adapter),
    vscode.tasks.registerTaskProvider(TASK_TYPE, new BuildTaskProvider()),
    vscode.workspace.registerTextDocumentContentProvider(MEMORY_SCHEME, memory),
    vscode.window.registerFileDecorationProvider(new ChunkDecorations()),
    vscode.languages.registerCodeActionsProvider({ scheme: 'file' }, new QuickFixes(diagnostics), {
      providedCodeActionKinds: QuickFixes.kinds,
    }),
    sessions.onDidReport(({ report }) => {
      const always = vscode.workspace
        .getConfiguration(SETTINGS.section)
        .get<boolean>(SETTINGS.openInspectorOnError, false);
      const target = { view: 'reports', report: report.id } as const;
      if (always) {
        panel.show(target, true);
      } else {
        panel.showIfVisible(target);
      }
    }),
  );
  offerCommandLine(context.environmentVariableCollection, {
    folder: vscode.Uri.joinPath(context.globalStorageUri, 'bin').fsPath,
    extension: context.extensionUri.fsPath,
    runtime: process.execPath,
  }).catch((error: unknown) => log.warn(`The command line is not in the terminals: ${String(error)}`));
  const activationMs = performance.now() - started;
  log.debug(`Activated in ${activationMs.toFixed(1)} ms.`);
  return { ...apiOf(sessions, tree, panel, dangling), activationMs };
}

function apiOf(
  sessions: Sessions,
  tree: ChunkTree,
  panel: InspectorPanel,
  dangling: DanglingMarks,
): Omit<SpacesApi, 'activationMs'> {
  return {
    version: 1,
    state: () => sessions.state,
    heap: async () => sessions.current?.heap(),
    reports: () => sessions.reports,
    request: async (command, args) => {
      const session = sessions.current;
      if (!session) {
        throw new Error('No Spaces session.');
      }
      return session.request(command, args);
    },
    tree: () => rowsOf(tree),
    badge: () => tree.view.badge?.value ?? 0,
    panel,
    danglingMarks: () => dangling.ranges,
    onDidReport: (listener, thisArgs, disposables) =>
      sessions.onDidReport(
        ({ report }) => {
          listener.call(thisArgs, report);
        },
        undefined,
        disposables,
      ),
    onDidChange: sessions.onDidChange,
  };
}

async function rowsOf(tree: ChunkTree, node?: TreeNode): Promise<TreeRow[]> {
  const nodes = await tree.getChildren(node);
  return nodes.map((child) => {
    const item = tree.getTreeItem(child);
    return {
      label: typeof item.label === 'string' ? item.label : (item.label?.label ?? ''),
      description: typeof item.description === 'string' ? item.description : '',
      icon: item.iconPath instanceof vscode.ThemeIcon ? item.iconPath.id : '',
      children: () => rowsOf(tree, child),
    };
  });
}
