/** When the extension is activated, and what that costs. Runs before all others: nothing has debugged yet. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { SpacesApi } from '../../../extension/src/api';
import { EXTENSION, inWorkspace } from './session';

/** The aim for loading and activation together. */
const AIM_MS = 50;
const LOADS = 5;

/** What it takes to read, compile and run the bundle, which holds no state of its own: a median. */
function loadMs(bundle: string): number {
  const load = createRequire(bundle);
  const times = Array.from({ length: LOADS }, () => {
    Reflect.deleteProperty(load.cache, bundle);
    const started = performance.now();
    load(bundle);
    return performance.now() - started;
  });
  return times.sort((a, b) => a - b)[Math.floor(LOADS / 2)] ?? NaN;
}

describe('activation', () => {
  const extension = (): vscode.Extension<SpacesApi> => {
    const found = vscode.extensions.getExtension<SpacesApi>(EXTENSION);
    assert.ok(found);
    return found;
  };

  it('waits for a debug type that it serves: neither a C file nor the debug view wakes it', async () => {
    await vscode.window.showTextDocument(inWorkspace('double-free/main.c'));
    await vscode.commands.executeCommand('workbench.view.debug');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.equal(extension().isActive, false);
    const { activationEvents } = extension().packageJSON as { activationEvents: string[] };
    assert.ok(
      activationEvents.every((event) =>
        /^onDebug\w*:spaces$|^onDebugResolve:(cppdbg|lldb|lldb-dap|gdb)$|^onWebviewPanel:spaces\./.test(
          event,
        ),
      ),
      activationEvents.join(', '),
    );
  });

  /* What it takes is written down, with the aim beside it, and never fails: machines are noisy. */
  it('costs little', async () => {
    const { activationMs } = await extension().activate();
    const loading = loadMs(path.join(extension().extensionPath, 'dist/extension.js'));
    assert.ok(activationMs > 0 && loading > 0);
    console.log(
      `      loading ${loading.toFixed(1)} ms, activation ${activationMs.toFixed(1)} ms; the aim is below ${AIM_MS} ms`,
    );
  });
});
