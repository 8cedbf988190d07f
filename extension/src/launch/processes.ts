/** Choosing a process to attach to, those that have Spaces first. */
import * as vscode from 'vscode';
import { DEBUG_TYPE, type ProcessAnswer } from '../../../adapter/src/protocol';
import type { AdapterFactory } from './adapterFactory';

interface ProcessItem extends vscode.QuickPickItem {
  process?: ProcessAnswer;
}

/** Attaches to a process that is chosen. */
export async function attach(adapter: AdapterFactory): Promise<void> {
  const process = await chooseProcess(adapter);
  if (process) {
    await vscode.debug.startDebugging(vscode.workspace.workspaceFolders?.[0], {
      type: DEBUG_TYPE,
      request: 'attach',
      name: vscode.l10n.t('{0} ({1})', process.name, process.pid),
      pid: process.pid,
    });
  }
}

/** The id of a process that is chosen, as launch.json's `${command:…}` wants it. */
export async function pickProcess(adapter: AdapterFactory): Promise<string | undefined> {
  return (await chooseProcess(adapter))?.pid.toString();
}

function chooseProcess(adapter: AdapterFactory): Promise<ProcessAnswer | undefined> {
  const picker = vscode.window.createQuickPick<ProcessItem>();
  picker.placeholder = vscode.l10n.t('Which process? Type its name, id or an argument.');
  picker.matchOnDescription = true;
  picker.matchOnDetail = true;
  picker.buttons = [{ iconPath: new vscode.ThemeIcon('refresh'), tooltip: vscode.l10n.t('List Again') }];
  const list = async (): Promise<void> => {
    picker.busy = true;
    try {
      picker.items = itemsOf(await adapter.ask<ProcessAnswer[]>('processes'));
    } catch (error) {
      void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
      picker.hide();
    } finally {
      picker.busy = false;
    }
  };
  return new Promise((resolve) => {
    picker.onDidTriggerButton(() => void list());
    picker.onDidAccept(() => {
      const chosen = picker.selectedItems[0]?.process;
      if (chosen) {
        resolve(chosen);
        picker.hide();
      }
    });
    picker.onDidHide(() => {
      resolve(undefined);
      picker.dispose();
    });
    picker.show();
    void list();
  });
}

function itemsOf(processes: readonly ProcessAnswer[]): ProcessItem[] {
  const part = (title: string, some: readonly ProcessAnswer[]): ProcessItem[] =>
    some.length === 0
      ? []
      : [
          { label: title, kind: vscode.QuickPickItemKind.Separator },
          ...some.map((process) => ({
            label: process.name,
            description:
              process.tracer === 0
                ? process.pid.toString()
                : vscode.l10n.t('{0}, held by the debugger {1}', process.pid, process.tracer),
            detail: process.command,
            process,
          })),
        ];
  return [
    ...part(
      vscode.l10n.t('With Spaces'),
      processes.filter(({ spaces }) => spaces === true),
    ),
    ...part(
      vscode.l10n.t('Others'),
      processes.filter(({ spaces }) => spaces !== true),
    ),
  ];
}
