/**
 * At a stop, what the pointers of the chosen frame point at, at the end of the
 * lines that name them. A language with a provider loses VS Code's own inline
 * values, so the other variables are handed to it for looking up.
 */
import * as vscode from 'vscode';
import { SETTINGS } from '../ids';
import type { Sessions } from '../session/sessions';
import { namesIn } from './lines';
import type { Pointers } from './pointers';
import { pointerText } from './pointerText';

/** Lines above the stop that are looked at. */
const LINES_ABOVE = 60;

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
    const first = Math.max(viewPort.start.line, stop - LINES_ABOVE);
    const places = namesIn(document.getText().split(/\r?\n/), first, Math.min(stop, viewPort.end.line));
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
    return places.map(({ name, line, start, end }) => {
      const range = new vscode.Range(line, start, line, end);
      const text = texts.get(name);
      return text
        ? new vscode.InlineValueText(range, `${name} → ${text}`)
        : new vscode.InlineValueVariableLookup(range, name, true);
    });
  }
}
