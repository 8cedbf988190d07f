/** Writes the leak of a problem into the suppression file: an edit like any other, which can be undone. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { SUPPRESSIONS_PATH } from '../../../adapter/src/protocol';
import { messageOf } from '../session/heapSession';
import { suppressionOf, withSuppression, type TellingLeak } from './suppressing';

/** The file of the session's launch configuration, else that of the workspace folder. */
function fileOf(configured: unknown, report: TellingLeak): vscode.Uri | undefined {
  if (typeof configured === 'string' && path.isAbsolute(configured)) {
    return vscode.Uri.file(configured);
  }
  const source = report.allocated.find((frame) => frame.user && frame.source)?.source?.path;
  const folder =
    (source === undefined ? undefined : vscode.workspace.getWorkspaceFolder(vscode.Uri.file(source))) ??
    vscode.workspace.workspaceFolders?.[0];
  return folder && vscode.Uri.joinPath(folder.uri, SUPPRESSIONS_PATH);
}

async function textOf(uri: vscode.Uri): Promise<string | undefined> {
  try {
    await vscode.workspace.fs.stat(uri);
  } catch {
    return undefined;
  }
  return (await vscode.workspace.openTextDocument(uri)).getText();
}

/** Says where the leak was written down: the file itself would hide the inspector. */
async function tellOf(document: vscode.TextDocument): Promise<void> {
  const open = vscode.l10n.t('Open');
  const answer = await vscode.window.showInformationMessage(
    vscode.l10n.t('The leak is intended from now on: {0}.', vscode.workspace.asRelativePath(document.uri)),
    open,
  );
  if (answer === open) {
    await vscode.window.showTextDocument(document, { preview: true });
  }
}

/** `configured`: the path in the launch configuration of the session that told of the leak. */
export async function markIntended(report: TellingLeak, configured: unknown): Promise<boolean> {
  const entry = suppressionOf(report);
  const uri = fileOf(configured, report);
  if (!entry || !uri) {
    void vscode.window.showErrorMessage(
      entry
        ? vscode.l10n.t('Open a folder first: the suppression file lies in it.')
        : vscode.l10n.t('This leak has no function of your program by which it could be recognised.'),
    );
    return false;
  }
  try {
    const old = await textOf(uri);
    const text = withSuppression(old ?? '', entry);
    const edit = new vscode.WorkspaceEdit();
    if (old === undefined) {
      edit.createFile(uri, { contents: Buffer.from(text) });
    } else {
      const document = await vscode.workspace.openTextDocument(uri);
      const whole = new vscode.Range(document.positionAt(0), document.positionAt(old.length));
      edit.replace(uri, whole, text);
    }
    if (!(await vscode.workspace.applyEdit(edit))) {
      throw new Error(vscode.l10n.t('the edit was refused'));
    }
    const document = await vscode.workspace.openTextDocument(uri);
    await document.save();
    void tellOf(document);
    return true;
  } catch (error) {
    void vscode.window.showErrorMessage(
      vscode.l10n.t('{0} was not changed: {1}', vscode.workspace.asRelativePath(uri), messageOf(error)),
    );
    return false;
  }
}
