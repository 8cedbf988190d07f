/**
 * At a stop, what the pointers of the chosen frame point at, at the end of the
 * lines that name them. A language with a provider loses VS Code's own inline
 * values: who has switched these on gets them for the other variables still.
 */
import * as vscode from 'vscode';
import { SETTINGS } from '../ids';
import type { Sessions } from '../session/sessions';
import { functionStart, namesIn } from './lines';
import type { Pointers } from './pointers';
import { pointerText } from './pointerText';

export class PointerInlineValues implements vscode.InlineValuesProvider {
  readonly onDidChangeInlineValues: vscode.Event<void>;

  constructor(
    private readonly sessions: Sessions,
    private readonly pointers: Pointers,
  ) {
    this.onDidChangeInlineValues = pointers.onDidChange;
  }

  async provideInlineValues(
    document: vscode.TextDocument,
    viewPort: vscode.Range,
    context: vscode.InlineValueContext,
  ): Promise<vscode.InlineValue[]> {
    const stop = context.stoppedLocation.end.line;
    const lines = document.getText().split(/\r?\n/);
    const first = Math.max(viewPort.start.line, functionStart(lines, stop));
    const places = namesIn(lines, first, Math.min(stop, viewPort.end.line));
    const others = vscode.workspace.getConfiguration('debug', document).get('inlineValues') === 'on';
    const wanted = vscode.workspace
      .getConfiguration(SETTINGS.section, document)
      .get<boolean>(SETTINGS.inlinePointers, true);
    const answer =
      wanted && this.sessions.state === 'stopped' ? await this.pointers.ofFrame(context.frameId) : undefined;
    const texts = new Map(
      (answer?.pointers ?? []).flatMap((pointer) => {
        const text = pointerText(pointer);
        return text ? [[pointer.name, text] as const] : [];
      }),
    );
    return places.flatMap(({ name, line, start, end }): vscode.InlineValue[] => {
      const range = new vscode.Range(line, start, line, end);
      const text = texts.get(name);
      return text
        ? [new vscode.InlineValueText(range, `${name} → ${text}`)]
        : others
          ? [new vscode.InlineValueVariableLookup(range, name, true)]
          : [];
    });
  }
}
