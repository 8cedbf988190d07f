/** Badges of damaged chunks: the number of reports, or "!" where a header failed its checks. */
import * as vscode from 'vscode';
import { CHUNK_SCHEME } from '../ids';

export class ChunkDecorations implements vscode.FileDecorationProvider {
  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    if (uri.scheme !== CHUNK_SCHEME) {
      return undefined;
    }
    const query = new URLSearchParams(uri.query);
    const reports = Number(query.get('reports'));
    if (reports === 0 && query.get('status') !== 'damaged') {
      return undefined;
    }
    return new vscode.FileDecoration(
      reports === 0 ? '!' : reports > 99 ? '99' : String(reports),
      reports === 0
        ? vscode.l10n.t('Damaged')
        : reports === 1
          ? vscode.l10n.t('1 report')
          : vscode.l10n.t('{0} reports', reports),
      new vscode.ThemeColor('list.errorForeground'),
    );
  }
}
