/** Starts the debug adapter: our bundle, in the runtime that runs this extension. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as vscode from 'vscode';

const ENVIRONMENT = { ELECTRON_RUN_AS_NODE: '1' };
const QUESTION_MS = 20_000;
const ANSWER_BYTES = 16 * 2 ** 20;

/** Where the adapter's bundle is. */
export function adapterPath(extensionUri: vscode.Uri): string {
  return vscode.Uri.joinPath(extensionUri, 'dist', 'adapter.js').fsPath;
}

export class AdapterFactory implements vscode.DebugAdapterDescriptorFactory {
  constructor(private readonly extensionUri: vscode.Uri) {}

  createDebugAdapterDescriptor(): vscode.DebugAdapterDescriptor {
    return new vscode.DebugAdapterExecutable(process.execPath, [adapterPath(this.extensionUri)], {
      env: ENVIRONMENT,
    });
  }

  /** Asks one question of protocol/questions.ts; fails with the adapter's sentence. */
  async ask<T>(question: string, ...args: string[]): Promise<T> {
    try {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [adapterPath(this.extensionUri), question, ...args],
        {
          env: { ...process.env, ...ENVIRONMENT },
          timeout: QUESTION_MS,
          maxBuffer: ANSWER_BYTES,
        },
      );
      return JSON.parse(stdout) as T;
    } catch (error) {
      const { stderr } = error as { stderr?: string };
      throw new Error(stderr?.trim() || (error instanceof Error ? error.message : String(error)));
    }
  }
}
