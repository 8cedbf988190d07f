/** Opens source lines and memory that a frame or a block points at. */
import * as vscode from 'vscode';
import type { Report } from '../../adapter/src/protocol';
import { firstUserFrame } from '../../adapter/src/protocol/frames';

/** Shows a line (1-based) of a file, keeping clear of the inspector's column. */
export async function openSource(path: string, line: number): Promise<void> {
  const uri = vscode.Uri.file(path);
  try {
    const position = new vscode.Position(Math.max(0, line - 1), 0);
    await vscode.window.showTextDocument(uri, {
      selection: new vscode.Range(position, position),
      viewColumn: columnBesidePanels(),
      preview: true,
    });
  } catch {
    void vscode.window.showErrorMessage(
      vscode.l10n.t(
        'The source file {0} cannot be opened on this machine. If the program was built elsewhere, map its folder with "sourceFileMap" in launch.json.',
        path,
      ),
    );
  }
}

/** Shows the user's own line of one of a report's stacks. */
export async function openStack(report: Report, stack: 'detected' | 'allocated' | 'freed'): Promise<void> {
  const frame = firstUserFrame(report[stack]);
  if (frame) {
    await openSource(frame.source.path, frame.line);
  } else {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('This report names no source line of your program for that.'),
    );
  }
}

/** A column that shows text, so that a click in the inspector does not replace it. */
function columnBesidePanels(): vscode.ViewColumn {
  const groups = vscode.window.tabGroups.all;
  const text = groups.find((group) => group.activeTab?.input instanceof vscode.TabInputText);
  if (text) {
    return text.viewColumn;
  }
  const active = vscode.window.tabGroups.activeTabGroup;
  const withPanel = active.activeTab?.input instanceof vscode.TabInputWebview;
  return withPanel && groups.length === 1 ? vscode.ViewColumn.Beside : vscode.ViewColumn.One;
}
