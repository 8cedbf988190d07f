/**
 * Memory of a block: in the hex editor where it is installed, through the
 * adapter's readMemory, else as a read-only hex dump.
 */
import * as vscode from 'vscode';
import { MEMORY_SCHEME } from '../ids';
import type { Address } from '../../../adapter/src/protocol';
import { hexDump } from './hexDump';
import { messageOf } from '../session/heapSession';

const HEX_EDITOR = 'ms-vscode.hexeditor';
const MAX_BYTES = 1 << 20;

export class MemoryView implements vscode.TextDocumentContentProvider {
  async show(address: Address, length: number): Promise<void> {
    const session = vscode.debug.activeDebugSession;
    if (!session) {
      void vscode.window.showErrorMessage(
        vscode.l10n.t('Memory can be shown only while the program is being debugged.'),
      );
      return;
    }
    const count = Math.min(Math.max(length, 16), MAX_BYTES);
    if (vscode.extensions.getExtension(HEX_EDITOR)) {
      const uri = vscode.Uri.from({
        scheme: 'vscode-debug-memory',
        authority: session.id,
        path: `/${encodeURIComponent(address)}/memory.bin`,
        query: `range=0:${count}`,
      });
      await vscode.commands.executeCommand('vscode.openWith', uri, 'hexEditor.hexedit');
      return;
    }
    const uri = vscode.Uri.from({
      scheme: MEMORY_SCHEME,
      path: `/${address}.txt`,
      query: new URLSearchParams({
        session: session.id,
        count: String(count),
        at: String(Date.now()),
      }).toString(),
    });
    await vscode.window.showTextDocument(uri, { preview: true });
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const query = new URLSearchParams(uri.query);
    const address = uri.path.slice(1, -'.txt'.length);
    const session = vscode.debug.activeDebugSession;
    if (session?.id !== query.get('session')) {
      return vscode.l10n.t('The session that held this memory is over.');
    }
    try {
      const { data = '' } = (await session.customRequest('readMemory', {
        memoryReference: address,
        count: Number(query.get('count')),
      })) as { data?: string };
      return hexDump(BigInt(address), Buffer.from(data, 'base64'));
    } catch (error) {
      return vscode.l10n.t('The memory at {0} could not be read: {1}', address, messageOf(error));
    }
  }
}
