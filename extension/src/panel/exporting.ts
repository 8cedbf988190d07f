/** Tables of the inspector to a file of the user's choice, or to the clipboard; the adapter writes them. */
import { randomUUID } from 'node:crypto';
import { readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { ExportArguments, ExportRequest, ExportResponse } from '../../../adapter/src/protocol';
import { formatCount, formatSize } from '../../../adapter/src/protocol/sizes';
import { messageOf, type HeapSession } from '../session/heapSession';

/** More than this is for a file. */
const CLIPBOARD_BYTES = 8 * 1024 * 1024;

interface Kind {
  name: string;
  extension: string;
  table: ExportRequest;
}

/** What a table can be written as, the one that was asked for first. */
export function kindsOf(table: ExportRequest): Kind[] {
  if (table.what === 'stacks') {
    return [
      { name: 'pprof', extension: 'pb.gz', table: { ...table, format: 'pprof' } },
      { name: 'speedscope', extension: 'speedscope.json', table: { ...table, format: 'speedscope' } },
    ];
  }
  return [
    { name: 'CSV', extension: 'csv', table: { ...table, format: 'csv' } },
    { name: 'JSON', extension: 'json', table: { ...table, format: 'json' } },
  ];
}

/** The kind that a file's name asks for: that of its last extension, else the first. */
export function kindFor(file: string, kinds: readonly Kind[]): Kind | undefined {
  return kinds.find((kind) => path.extname(file) === `.${lastExtension(kind)}`) ?? kinds[0];
}

/** VS Code compares no more of a name than what stands behind its last dot, and adds what it misses. */
export function lastExtension({ extension }: Pick<Kind, 'extension'>): string {
  return extension.slice(extension.lastIndexOf('.') + 1);
}

/** Asks for a file and has the adapter write the table to it. */
export async function saveTable(session: HeapSession | undefined, table: ExportRequest): Promise<void> {
  const kinds = kindsOf(table);
  const [first] = kinds;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file(tmpdir());
  const uri = await vscode.window.showSaveDialog({
    title: table.what === 'stacks' ? vscode.l10n.t('Export Sites') : vscode.l10n.t('Export Table'),
    defaultUri: vscode.Uri.joinPath(folder, `${table.what}.${first?.extension ?? 'csv'}`),
    filters: Object.fromEntries(kinds.map((kind) => [kind.name, [lastExtension(kind)]])),
  });
  const kind = uri && kindFor(uri.fsPath, kinds);
  if (!uri || !kind) {
    return;
  }
  try {
    const written = await write(session, kind.table, uri.fsPath);
    const open = vscode.l10n.t('Open');
    const answer = await vscode.window.showInformationMessage(
      vscode.l10n.t(
        '{0} rows, {1}, were written to {2}.',
        formatCount(written.rows),
        formatSize(written.bytes),
        path.basename(uri.fsPath),
      ),
      ...(kind.extension === 'pb.gz' ? [] : [open]),
    );
    if (answer === open) {
      await vscode.commands.executeCommand('vscode.open', uri);
    }
  } catch (error) {
    void vscode.window.showErrorMessage(
      vscode.l10n.t('{0} was not written: {1}', path.basename(uri.fsPath), messageOf(error)),
    );
  }
}

/** Puts the whole table into the clipboard, where it is not too large for that. */
export async function copyTable(session: HeapSession | undefined, table: ExportRequest): Promise<void> {
  const file = path.join(tmpdir(), `spaces-${randomUUID()}.csv`);
  try {
    const written = await write(session, table, file);
    const { size } = await stat(file);
    if (size > CLIPBOARD_BYTES) {
      void vscode.window.showWarningMessage(
        vscode.l10n.t(
          'The table has {0} rows and {1}: too much for the clipboard. Filter it, or export it to a file.',
          formatCount(written.rows),
          formatSize(size),
        ),
      );
      return;
    }
    await vscode.env.clipboard.writeText(await readFile(file, 'utf8'));
    vscode.window.setStatusBarMessage(vscode.l10n.t('{0} rows copied', formatCount(written.rows)), 3000);
  } catch (error) {
    void vscode.window.showErrorMessage(vscode.l10n.t('The table was not copied: {0}', messageOf(error)));
  } finally {
    await rm(file, { force: true });
  }
}

async function write(
  session: HeapSession | undefined,
  table: ExportRequest,
  file: string,
): Promise<ExportResponse> {
  if (!session) {
    throw new Error(vscode.l10n.t('No Spaces session: start debugging to see a heap.'));
  }
  const args: ExportArguments = { ...table, path: file };
  return session.request('spaces/export', args);
}
