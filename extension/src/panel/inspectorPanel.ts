/**
 * The inspector's host: one panel a window, which shows the current session.
 * Requests of the page become `spaces/*` requests; what the session knows
 * already (its last heap, its reports) is answered here, also after it ended.
 */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type {
  Address,
  HostMessage,
  PanelMessage,
  ShowTarget,
  SpacesCommand,
  SpacesRequests,
} from '../../../adapter/src/protocol';
import { COMMANDS, PANEL_TYPE } from '../ids';
import { messageOf } from '../session/heapSession';
import type { Sessions } from '../session/sessions';
import { openSource } from '../source';
import { pageOf } from './html';
import { copyTable, saveTable } from './exporting';
import { asPanelMessage } from './messages';

/** Requests that need no stopped program. */
const ANY_TIME: ReadonlySet<SpacesCommand> = new Set([
  'spaces/history',
  'spaces/snapshots',
  'spaces/dropSnapshot',
  'spaces/breakOnGrowth',
  'spaces/cancel',
  'spaces/watches',
]);

type RequestMessage = Extract<PanelMessage, { type: 'request' }>;

export class InspectorPanel implements vscode.WebviewPanelSerializer, vscode.Disposable {
  private readonly disposables: vscode.Disposable[] = [];
  private panel: vscode.WebviewPanel | undefined;
  private pageReady = false;
  private pending: ShowTarget | undefined;
  /** Which reading of which session the page was told to fetch last. */
  private announced = '';

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly sessions: Sessions,
    private readonly log: vscode.LogOutputChannel,
    private readonly viewMemory: (address: Address, length: number) => Promise<void>,
  ) {
    this.disposables.push(
      vscode.window.registerWebviewPanelSerializer(PANEL_TYPE, this),
      sessions.onDidChange(() => this.postState()),
      sessions.onDidMeasure(({ session, stats }) => {
        if (session === this.sessions.current && this.visible) {
          this.post({ type: 'stats', stats });
        }
      }),
      sessions.onDidChangeSnapshots((session) => {
        if (session === this.sessions.current) {
          this.post({ type: 'snapshots' });
        }
      }),
      sessions.onDidReport(({ session, report }) => {
        if (session === this.sessions.current) {
          this.post({ type: 'report', report });
        }
      }),
    );
  }

  get visible(): boolean {
    return this.panel?.visible ?? false;
  }

  get open(): boolean {
    return this.panel !== undefined;
  }

  /** True once the page has loaded and asked for its state. */
  get ready(): boolean {
    return this.pageReady;
  }

  dispose(): void {
    this.panel?.dispose();
    vscode.Disposable.from(...this.disposables).dispose();
  }

  /** Opens the panel beside the editor, or brings it to the front, at `target`. */
  show(target?: ShowTarget, preserveFocus = false): void {
    this.pending = target;
    if (this.panel) {
      this.panel.reveal(undefined, preserveFocus);
    } else {
      this.adopt(
        vscode.window.createWebviewPanel(
          PANEL_TYPE,
          vscode.l10n.t('Heap Inspector'),
          { viewColumn: vscode.ViewColumn.Beside, preserveFocus },
          { enableFindWidget: true },
        ),
      );
    }
    this.postPending();
  }

  /** Shows a report in the panel where it is visible already. */
  showIfVisible(target: ShowTarget): void {
    if (this.visible) {
      this.show(target, true);
    }
  }

  /** VS Code brings back a panel of the window's last life; the page has kept its own state. */
  deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    this.panel?.dispose();
    this.adopt(panel);
    return Promise.resolve();
  }

  private adopt(panel: vscode.WebviewPanel): void {
    this.panel = panel;
    this.pageReady = false;
    const { webview } = panel;
    const root = vscode.Uri.joinPath(this.extensionUri, 'dist', 'webview');
    const resource = (name: string): string =>
      webview.asWebviewUri(vscode.Uri.joinPath(root, name)).toString();
    webview.options = { enableScripts: true, localResourceRoots: [root] };
    webview.onDidReceiveMessage((value: unknown) => this.receive(value));
    panel.onDidChangeViewState(() => {
      if (!panel.visible) {
        this.pageReady = false;
      }
    });
    panel.onDidDispose(() => {
      if (this.panel === panel) {
        this.panel = undefined;
        this.pageReady = false;
      }
    });
    panel.iconPath = {
      light: vscode.Uri.joinPath(this.extensionUri, 'media', 'inspector-light.svg'),
      dark: vscode.Uri.joinPath(this.extensionUri, 'media', 'inspector-dark.svg'),
    };
    webview.html = pageOf({
      cspSource: webview.cspSource,
      nonce: randomBytes(18).toString('base64url'),
      script: resource('main.js'),
      styles: resource('main.css'),
      codicons: resource('codicon.css'),
      language: vscode.env.language,
      title: panel.title,
      translations: vscode.l10n.bundle,
    });
  }

  private receive(value: unknown): void {
    const message = asPanelMessage(value);
    switch (message?.type) {
      case undefined:
        this.log.error(`The inspector sent a message that is not in the contract: ${JSON.stringify(value)}`);
        break;
      case 'ready':
        this.pageReady = true;
        this.announced = '';
        this.postState();
        this.postPending();
        break;
      case 'request':
        void this.answer(message);
        break;
      case 'openSource':
        void openSource(message.path, message.line);
        break;
      case 'viewMemory':
        void this.viewMemory(message.address, message.length);
        break;
      case 'findWrite':
        void vscode.commands.executeCommand(
          COMMANDS.findWrite,
          this.sessions.current?.reports.find(({ id }) => id === message.report),
        );
        break;
      case 'markIntended':
        void vscode.commands.executeCommand(COMMANDS.markIntended, {
          allocated: message.allocated,
          leak: message.leak,
        });
        break;
      case 'copyTable':
        void copyTable(this.sessions.current, message.table);
        break;
      case 'export':
        void saveTable(this.sessions.current, message.table);
        break;
      case 'copy':
        void vscode.env.clipboard.writeText(message.text);
        break;
      case 'startDebugging':
        void vscode.commands.executeCommand('workbench.action.debug.start');
        break;
    }
  }

  private async answer(message: RequestMessage): Promise<void> {
    try {
      this.post({ type: 'response', seq: message.seq, ok: true, body: await this.bodyFor(message) });
    } catch (error) {
      this.post({ type: 'response', seq: message.seq, ok: false, message: messageOf(error) });
    }
  }

  private async bodyFor({ command, arguments: args }: RequestMessage): Promise<unknown> {
    const session = this.sessions.current;
    if (!session) {
      throw new Error(vscode.l10n.t('No Spaces session: start debugging to see a heap.'));
    }
    switch (command) {
      case 'spaces/heap': {
        const heap = await session.heap();
        if (!heap || (session.state === 'stopped' && session.heapFailure)) {
          throw new Error(session.heapFailure ?? vscode.l10n.t('The heap shows when the program stops.'));
        }
        return heap;
      }
      case 'spaces/reports':
        return { reports: session.reports };
      case 'spaces/check':
        return session.check((args as SpacesRequests['spaces/check'][0]).chunk);
      default:
        if (session.state === 'ended' || (session.state === 'running' && !ANY_TIME.has(command))) {
          throw new Error(
            session.state === 'ended'
              ? vscode.l10n.t('The program has ended: only what was read before is shown.')
              : vscode.l10n.t('The program is running: pause it to read its heap.'),
          );
        }
        return session.request(command, args as SpacesRequests[typeof command][0]);
    }
  }

  private postState(): void {
    const session = this.sessions.current;
    const run = session ? `${session.id}/${session.run}` : '';
    const { frameId } = this.sessions;
    this.post({
      type: 'state',
      state: session?.state ?? 'none',
      sessionName: session?.name ?? '',
      run,
      ...(frameId === undefined ? {} : { frameId }),
    });
    const reading = session && `${run}/${session.epoch}`;
    if (session?.state === 'stopped' && reading && reading !== this.announced) {
      this.announced = reading;
      this.post({ type: 'changed', generation: session.currentGeneration });
    }
  }

  private postPending(): void {
    if (this.pageReady && this.pending) {
      this.post({ type: 'show', ...this.pending });
      this.pending = undefined;
    }
  }

  private post(message: HostMessage): void {
    if (this.pageReady) {
      void this.panel?.webview.postMessage(message);
    }
  }
}
