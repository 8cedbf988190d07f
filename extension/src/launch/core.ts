/** Opening a core file: from the explorer, the palette, or a launch configuration that names no program. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { DEBUG_TYPE, type CoreAnswer } from '../../../adapter/src/protocol';
import type { AdapterFactory } from './adapterFactory';

/** Opens the core file at `uri`, or one that is chosen. */
export async function openCore(uri?: vscode.Uri): Promise<void> {
  const file = uri ?? (await chooseFile(vscode.l10n.t('Open Core File')));
  if (file) {
    await vscode.debug.startDebugging(vscode.workspace.getWorkspaceFolder(file), {
      type: DEBUG_TYPE,
      request: 'launch',
      name: vscode.l10n.t('Core {0}', path.basename(file.fsPath)),
      core: file.fsPath,
    });
  }
}

/**
 * The program that wrote a core file: what the core names, else what is chosen.
 * '' to go without it; undefined where the user gave up or was told that the file is no core.
 */
export async function programOfCore(core: string, adapter: AdapterFactory): Promise<string | undefined> {
  let facts: CoreAnswer;
  try {
    facts = await adapter.ask<CoreAnswer>('core', core);
  } catch (error) {
    void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
    return undefined;
  }
  if (facts.program !== undefined && facts.there) {
    return facts.program;
  }
  const choose = vscode.l10n.t('Choose Program');
  const without = vscode.l10n.t('Open Without It');
  const answer = await vscode.window.showWarningMessage(
    facts.program === undefined
      ? vscode.l10n.t('{0} does not tell which program wrote it.', path.basename(core))
      : vscode.l10n.t('{0} was written by {1}, which is not here.', path.basename(core), facts.program),
    { modal: true, detail: vscode.l10n.t('Without the program, names, lines and variables are unknown.') },
    choose,
    without,
  );
  if (answer === choose) {
    return (await chooseFile(vscode.l10n.t('Choose Program')))?.fsPath;
  }
  return answer === without ? '' : undefined;
}

async function chooseFile(label: string): Promise<vscode.Uri | undefined> {
  const chosen = await vscode.window.showOpenDialog({ openLabel: label, title: label, canSelectMany: false });
  return chosen?.[0];
}
