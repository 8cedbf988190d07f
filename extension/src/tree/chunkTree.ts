/**
 * The chunk explorer: chunks of the current session, and under each its
 * largest groups. Asks the session only for what is open; an answer of an
 * earlier stop is dropped by the session.
 */
import * as vscode from 'vscode';
import type { Chunk, Group, GroupBy, HeapResponse } from '../../../adapter/src/protocol';
import { firstUserFrame } from '../../../adapter/src/protocol/frames';
import { CHUNK_SCHEME, COMMANDS, TREE_CONTEXT, VIEWS } from '../ids';
import { messageOf, type HeapSession } from '../session/heapSession';
import type { Sessions } from '../session/sessions';
import { formatCount } from '../../../adapter/src/protocol/sizes';
import {
  chunkDescription,
  chunkIcon,
  chunkSpoken,
  chunkTooltip,
  groupDescription,
  groupLabel,
  groupTooltip,
  heapSummary,
} from './present';

const INTRODUCED = 'chunkTreeIntroduced';
const FIRST_GROUPS = 10;
const MORE_GROUPS = 50;

export interface ChunkNode {
  type: 'chunk';
  session: HeapSession;
  chunk: Chunk;
}
export interface GroupNode {
  type: 'group';
  session: HeapSession;
  chunk: Chunk;
  by: GroupBy;
  group: Group;
}
/** The heaps of the threads of a chunk, whose figures the chunk includes. */
interface ThreadsNode {
  type: 'threads';
  session: HeapSession;
  parent: Chunk;
  chunks: Chunk[];
}
export interface MoreNode {
  type: 'more';
  chunk: Chunk;
  shown: number;
  total: number;
}
interface MessageNode {
  type: 'message';
  id: string;
  text: string;
}
export type TreeNode = ChunkNode | GroupNode | ThreadsNode | MoreNode | MessageNode;

export class ChunkTree implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  private readonly changeEmitter = new vscode.EventEmitter<TreeNode | undefined>();
  private readonly disposables: vscode.Disposable[] = [];
  private readonly shownGroups = new Map<string, number>();
  private heap: HeapResponse | undefined;
  private introduced: boolean;
  readonly onDidChangeTreeData = this.changeEmitter.event;
  readonly view: vscode.TreeView<TreeNode>;

  constructor(
    private readonly sessions: Sessions,
    private readonly memento: vscode.Memento,
  ) {
    this.introduced = memento.get(INTRODUCED, false);
    this.view = vscode.window.createTreeView(VIEWS.chunks, { treeDataProvider: this, showCollapseAll: true });
    this.disposables.push(
      this.view,
      this.changeEmitter,
      sessions.onDidStartRun(() => this.shownGroups.clear()),
      sessions.onDidChange(() => {
        this.refresh();
        void this.introduce();
      }),
    );
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  refresh(): void {
    this.describe();
    this.changeEmitter.fire(undefined);
  }

  /** Shows the next groups of the chunk that `node` stands in. */
  showMore(node: MoreNode): void {
    this.shownGroups.set(node.chunk.id, node.shown + MORE_GROUPS);
    this.changeEmitter.fire(undefined);
  }

  getParent(node: TreeNode): TreeNode | undefined {
    return node.type === 'group' ? { type: 'chunk', session: node.session, chunk: node.chunk } : undefined;
  }

  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    switch (node?.type) {
      case undefined:
        return this.roots();
      case 'chunk':
        return [...this.threadsOf(node), ...(await this.groupsOf(node))];
      case 'threads':
        return node.chunks.map((chunk) => ({ type: 'chunk', session: node.session, chunk }));
      default:
        return [];
    }
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    switch (node.type) {
      case 'chunk':
        return this.chunkItem(node);
      case 'group':
        return groupItem(node);
      case 'threads':
        return threadsItem(node);
      case 'more':
        return moreItem(node);
      case 'message':
        return messageItem(node);
    }
  }

  /**
   * VS Code folds every contributed view of the debug side bar at first: at the
   * first heap in a workspace this one unfolds, and from then on stays as the
   * user leaves it.
   */
  private async introduce(): Promise<void> {
    const session = this.sessions.current;
    if (this.introduced || session?.state !== 'stopped') {
      return;
    }
    this.introduced = true;
    const [first] = await this.roots();
    if (first?.type !== 'chunk') {
      this.introduced = false;
      return;
    }
    await this.memento.update(INTRODUCED, true);
    if (!this.view.visible) {
      await this.view.reveal(first, { select: false, focus: false, expand: true });
    }
  }

  private async roots(): Promise<TreeNode[]> {
    const session = this.sessions.current;
    if (!session) {
      this.heap = undefined;
      return [];
    }
    this.heap = await session.heap();
    this.describe();
    if (session.state === 'stopped' && session.heapFailure) {
      // The whole sentence stands above, where there is room for it.
      return [{ type: 'message', id: 'failure', text: vscode.l10n.t('No heap at this stop') }];
    }
    return (this.heap?.chunks ?? [])
      .filter((chunk) => chunk.parent === undefined)
      .map((chunk) => ({ type: 'chunk', session, chunk }));
  }

  private threadsOf(node: ChunkNode): TreeNode[] {
    const chunks = (this.heap?.chunks ?? []).filter((chunk) => chunk.parent === node.chunk.id);
    return chunks.length > 0 ? [{ type: 'threads', session: node.session, parent: node.chunk, chunks }] : [];
  }

  private async groupsOf({ session, chunk }: ChunkNode): Promise<TreeNode[]> {
    const by = this.heap?.build === 'debug' ? 'site' : 'size';
    const count = this.shownGroups.get(chunk.id) ?? FIRST_GROUPS;
    try {
      const page = await session.groups({ chunk: chunk.id, by, start: 0, count });
      if (!page) {
        const text = vscode.l10n.t('Groups show when the program stops.');
        return [{ type: 'message', id: `${chunk.id}/unread`, text }];
      }
      const { groups, total } = page;
      const nodes: TreeNode[] = groups.map((group) => ({ type: 'group', session, chunk, by, group }));
      if (total > groups.length) {
        nodes.push({ type: 'more', chunk, shown: groups.length, total });
      }
      return nodes;
    } catch (error) {
      return [{ type: 'message', id: `${chunk.id}/failure`, text: messageOf(error) }];
    }
  }

  private chunkItem({ session, chunk }: ChunkNode): vscode.TreeItem {
    const reports = session.reports.filter((report) => report.chunk === chunk.id).length;
    const item = new vscode.TreeItem(chunk.label, vscode.TreeItemCollapsibleState.Collapsed);
    item.id = chunk.id;
    const watched = session.watched.get(chunk.id);
    item.description =
      watched === undefined
        ? chunkDescription(chunk)
        : vscode.l10n.t('{0} · stops when it grows', chunkDescription(chunk));
    item.resourceUri = vscode.Uri.from({
      scheme: CHUNK_SCHEME,
      path: `/${chunk.id}`,
      query: new URLSearchParams({ status: chunk.status, reports: String(reports) }).toString(),
    });
    const icon = chunkIcon(chunk);
    item.iconPath = new vscode.ThemeIcon(
      icon.name,
      icon.color ? new vscode.ThemeColor(icon.color) : undefined,
    );
    item.tooltip = new vscode.MarkdownString(chunkTooltip(chunk, reports), true);
    item.contextValue = watched === undefined ? TREE_CONTEXT.chunk : TREE_CONTEXT.watchedChunk;
    item.accessibilityInformation = { label: chunkSpoken(chunk, reports) };
    return item;
  }

  private describe(): void {
    const session = this.sessions.current;
    const reports = this.sessions.reports.length;
    this.view.badge =
      reports > 0
        ? {
            value: reports,
            tooltip:
              reports === 1
                ? vscode.l10n.t('1 report of heap misuse')
                : vscode.l10n.t('{0} reports of heap misuse', formatCount(reports)),
          }
        : undefined;
    const summary = this.heap ? heapSummary(this.heap) : '';
    this.view.description = session && this.heap ? summary : '';
    this.view.message = this.stateMessage(session) ?? '';
  }

  private stateMessage(session: HeapSession | undefined): string | undefined {
    if (session?.state === 'stopped') {
      return session.heapFailure;
    }
    if (!session || !this.heap) {
      return undefined;
    }
    switch (session.state) {
      case 'running':
        return vscode.l10n.t('Running. These are the figures of the last stop.');
      case 'ended':
        return vscode.l10n.t('Ended. These are the figures of the last stop.');
      default:
        return undefined;
    }
  }
}

function groupItem({ chunk, group }: GroupNode): vscode.TreeItem {
  const item = new vscode.TreeItem(groupLabel(group), vscode.TreeItemCollapsibleState.None);
  item.id = `${chunk.id}/${group.key}`;
  item.description = groupDescription(group);
  item.tooltip = new vscode.MarkdownString(groupTooltip(group));
  item.iconPath = new vscode.ThemeIcon(group.frames.length > 0 ? 'symbol-method' : 'symbol-ruler');
  item.contextValue = TREE_CONTEXT.group;
  const frame = firstUserFrame(group.frames);
  if (frame) {
    item.command = {
      command: COMMANDS.openSource,
      title: vscode.l10n.t('Open Source'),
      arguments: [frame.source.path, frame.line],
    };
  }
  return item;
}

function threadsItem(node: ThreadsNode): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('Thread heaps'), vscode.TreeItemCollapsibleState.Collapsed);
  item.id = `${node.parent.id}/threads`;
  item.description = formatCount(node.chunks.length);
  item.iconPath = new vscode.ThemeIcon('list-tree');
  return item;
}

function moreItem(node: MoreNode): vscode.TreeItem {
  const item = new vscode.TreeItem(
    vscode.l10n.t('Show more ({0} of {1} shown)', formatCount(node.shown), formatCount(node.total)),
  );
  item.id = `${node.chunk.id}/more`;
  item.iconPath = new vscode.ThemeIcon('ellipsis');
  item.command = { command: COMMANDS.moreGroups, title: vscode.l10n.t('Show More'), arguments: [node] };
  return item;
}

function messageItem(node: MessageNode): vscode.TreeItem {
  const item = new vscode.TreeItem(node.text);
  item.id = node.id;
  item.tooltip = node.text;
  item.iconPath = new vscode.ThemeIcon('info');
  return item;
}
