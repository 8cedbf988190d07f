/** A hover over a pointer of the chosen frame: its block, chunk, size and age, or that it dangles. */
import * as vscode from 'vscode';
import { COMMANDS } from '../ids';
import type { Pointers } from './pointers';
import { pointerMarkdown } from './pointerText';

export class PointerHover implements vscode.HoverProvider {
  constructor(private readonly pointers: Pointers) {}

  async provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): Promise<vscode.Hover | undefined> {
    const range = document.getWordRangeAtPosition(position, /[A-Za-z_]\w*/);
    const pointer = range && (await this.pointers.named(document.getText(range)));
    const text = pointer && pointerMarkdown(pointer);
    if (!pointer || !text) {
      return undefined;
    }
    const markdown = new vscode.MarkdownString(text, true);
    const args = encodeURIComponent(JSON.stringify([{ address: pointer.address }]));
    markdown.appendMarkdown(`\n\n[${vscode.l10n.t('Show Block')}](command:${COMMANDS.showBlock}?${args})`);
    markdown.isTrusted = { enabledCommands: [COMMANDS.showBlock] };
    return new vscode.Hover(markdown, range);
  }
}
