/** Live bytes of each allocating line, as an inlay hint at its end while the program is stopped. */
import * as vscode from 'vscode';
import type { LinesResponse } from '../../../adapter/src/protocol';
import { formatSize } from '../../../adapter/src/protocol/sizes';
import { COMMANDS, SETTINGS } from '../ids';
import { messageOf } from '../session/heapSession';
import type { Sessions } from '../session/sessions';
import { blocks } from '../tree/present';

export class LiveBytesHints implements vscode.InlayHintsProvider, vscode.Disposable {
  private readonly changeEmitter = new vscode.EventEmitter<void>();
  private readonly disposables: vscode.Disposable[] = [this.changeEmitter];
  private readonly known = new Map<string, Promise<LinesResponse | undefined>>();
  private moment = '';
  readonly onDidChangeInlayHints = this.changeEmitter.event;

  constructor(
    private readonly sessions: Sessions,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.disposables.push(
      sessions.onDidChange(() => {
        if (this.momentNow() !== this.moment) {
          this.changeEmitter.fire();
        }
      }),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(`${SETTINGS.section}.${SETTINGS.liveBytes}`)) {
          this.changeEmitter.fire();
        }
      }),
    );
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  async provideInlayHints(document: vscode.TextDocument, range: vscode.Range): Promise<vscode.InlayHint[]> {
    const wanted = vscode.workspace
      .getConfiguration(SETTINGS.section, document)
      .get<boolean>(SETTINGS.liveBytes, true);
    const answer = wanted ? await this.linesOf(document.uri.fsPath) : undefined;
    return (answer?.lines ?? [])
      .filter(
        ({ line }) =>
          line - 1 >= range.start.line && line - 1 <= range.end.line && line <= document.lineCount,
      )
      .map((one) => hintOf(document, one));
  }

  private async linesOf(path: string): Promise<LinesResponse | undefined> {
    const session = this.sessions.current;
    const moment = this.momentNow();
    if (moment !== this.moment) {
      this.moment = moment;
      this.known.clear();
    }
    if (session?.state !== 'stopped') {
      return undefined;
    }
    const known =
      this.known.get(path) ??
      session.request('spaces/lines', { path }).catch((error: unknown) => {
        this.log.debug(`No live bytes of ${path}: ${messageOf(error)}`);
        return undefined;
      });
    this.known.set(path, known);
    return known;
  }

  private momentNow(): string {
    const session = this.sessions.current;
    return session ? `${session.id}/${session.run}/${session.state}/${session.epoch}` : '';
  }
}

function hintOf(
  document: vscode.TextDocument,
  { line, count, bytes }: LinesResponse['lines'][number],
): vscode.InlayHint {
  const text = document.lineAt(line - 1);
  const part = new vscode.InlayHintLabelPart(`${formatSize(bytes)} · ${blocks(count)}`);
  part.tooltip = vscode.l10n.t('Live memory that this line allocated. Click to see its blocks.');
  part.command = {
    title: vscode.l10n.t('Show Entries'),
    command: COMMANDS.showEntriesOfLine,
    arguments: [document.uri.fsPath, line],
  };
  const hint = new vscode.InlayHint(new vscode.Position(line - 1, text.text.trimEnd().length), [part]);
  hint.paddingLeft = true;
  return hint;
}
