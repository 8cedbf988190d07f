/** Marks the names of pointers that dangle, in the editor that shows the chosen stack frame, while the program is stopped. */
import * as vscode from 'vscode';
import type { Pointer } from '../../../adapter/src/protocol';
import { SETTINGS } from '../ids';
import { namesIn } from './lines';
import type { Pointers } from './pointers';
import { pointerMarkdown } from './pointerText';

export class DanglingMarks implements vscode.Disposable {
  private readonly decoration = vscode.window.createTextEditorDecorationType({
    textDecoration: 'underline wavy',
    color: new vscode.ThemeColor('editorWarning.foreground'),
    overviewRulerColor: new vscode.ThemeColor('editorOverviewRuler.warningForeground'),
    overviewRulerLane: vscode.OverviewRulerLane.Right,
  });
  private readonly disposables: vscode.Disposable[] = [this.decoration];
  private shown: readonly vscode.Range[] = [];
  private round = 0;

  constructor(private readonly pointers: Pointers) {
    this.disposables.push(
      pointers.onDidChange(() => void this.update()),
      vscode.window.onDidChangeVisibleTextEditors(() => void this.update()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(`${SETTINGS.section}.${SETTINGS.markDangling}`)) {
          void this.update();
        }
      }),
    );
  }

  /** Ranges that are marked now. */
  get ranges(): readonly vscode.Range[] {
    return this.shown;
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  private async update(): Promise<void> {
    const round = ++this.round;
    const answer = await this.pointers.ofFrame();
    if (round !== this.round) {
      return;
    }
    const dangling = (answer?.pointers ?? []).filter((pointer) => pointer.dangling);
    this.shown = [];
    for (const editor of vscode.window.visibleTextEditors) {
      const { document } = editor;
      const here = answer?.source !== undefined && document.uri.fsPath === answer.source.path;
      const wanted = vscode.workspace
        .getConfiguration(SETTINGS.section, document)
        .get<boolean>(SETTINGS.markDangling, true);
      const marks = here && wanted ? marksIn(document, dangling, answer.source?.line ?? 1) : [];
      editor.setDecorations(this.decoration, marks);
      this.shown = [...this.shown, ...marks.map(({ range }) => range)];
    }
  }
}

/** Places of the pointers' names from their declarations to the line of the stop. */
function marksIn(
  document: vscode.TextDocument,
  dangling: readonly Pointer[],
  stop: number,
): vscode.DecorationOptions[] {
  const byName = new Map(dangling.map((pointer) => [pointer.name, pointer]));
  const first = Math.min(stop, ...dangling.map(({ line }) => line ?? stop)) - 1;
  return namesIn(document.getText().split(/\r?\n/), first, stop - 1).flatMap(({ name, line, start, end }) => {
    const pointer = byName.get(name);
    if (!pointer || line + 1 < (pointer.line ?? 0)) {
      return [];
    }
    const text = pointerMarkdown(pointer);
    return [
      {
        range: new vscode.Range(line, start, line, end),
        ...(text ? { hoverMessage: new vscode.MarkdownString(text, true) } : {}),
      },
    ];
  });
}
