/** The command line in VS Code's own terminals, on the machine where the extension runs. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { until } from '../harness/until';
import { api, EXTENSION } from './session';

describe('a terminal', () => {
  it('finds the command line spaces on its path', async () => {
    await api();
    const folder = mkdtempSync(path.join(tmpdir(), 'spaces-terminal-'));
    const answer = path.join(folder, 'version');
    let terminal: vscode.Terminal | undefined;
    try {
      const { version } = vscode.extensions.getExtension(EXTENSION)?.packageJSON as { version: string };
      // The script is written after activation; a terminal has the variables of its start.
      const found = await until('the version, from a terminal', async () => {
        terminal?.dispose();
        terminal = vscode.window.createTerminal({
          name: 'spaces',
          shellPath: '/bin/sh',
          shellArgs: ['-c', `spaces --version > '${answer}.new' && mv '${answer}.new' '${answer}'; sleep 5`],
        });
        for (let wait = 0; wait < 50 && !existsSync(answer); wait++) {
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        return existsSync(answer) ? readFileSync(answer, 'utf8').trim() : undefined;
      });
      assert.equal(found, version);
    } finally {
      terminal?.dispose();
      rmSync(folder, { recursive: true });
    }
  });
});
