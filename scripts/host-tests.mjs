/**
 * The suite that runs inside VS Code's extension host and asserts through the extension's API.
 *
 * Usage: node scripts/host-tests.mjs [--desktop]
 * --desktop: in a desktop VS Code that @vscode/test-electron downloads; else in the local one.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { downloadAndUnzipVSCode, runTests } from '@vscode/test-electron';
import { dist, root } from './lib/paths.mjs';
import { StepError, main, onPath, step } from './lib/steps.mjs';
import { copyOfSamples } from './lib/workspace.mjs';

const DESKTOP_VERSION = '1.100.3';

async function desktop() {
  try {
    return await downloadAndUnzipVSCode({
      version: DESKTOP_VERSION,
      cachePath: path.join(root, '.vscode-test'),
    });
  } catch (error) {
    throw new StepError(
      `No desktop VS Code ${DESKTOP_VERSION}: the download failed (${error.message}). ` +
        'The same suite runs in the local VS Code: npm run test:host',
    );
  }
}

/** Electron needs a display; without one this script starts again on a virtual one. */
function onVirtualDisplay() {
  const xvfb = onPath('xvfb-run');
  if (!xvfb) {
    throw new StepError('There is no display. Install a virtual one (Debian package xvfb) and start again.');
  }
  const { status } = spawnSync(xvfb, ['-a', process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}

main(async () => {
  const { values } = parseArgs({ options: { desktop: { type: 'boolean', default: false } } });
  await step('suite', process.execPath, [
    path.join(root, 'node_modules/typescript/bin/tsc'),
    '-p',
    path.join(root, 'test/e2e/suite'),
  ]);
  const executable = values.desktop ? await desktop() : path.join(root, 'scripts/vscode-stand-in.mjs');
  if (values.desktop && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
    onVirtualDisplay();
    return;
  }
  const workspace = copyOfSamples();
  try {
    process.exitCode = await runTests({
      vscodeExecutablePath: executable,
      extensionDevelopmentPath: [root, path.join(root, 'test/e2e/lldb-dap')],
      extensionTestsEnv: {
        SPACES_INCLUDE: path.join(root, 'native/include'),
        SPACES_LIB: path.join(dist, 'native'),
      },
      extensionTestsPath: path.join(root, 'out/test/e2e/suite/index'),
      launchArgs: [workspace.folder, '--disable-workspace-trust', '--disable-extensions'],
    }).catch((error) => {
      if (typeof error?.code !== 'number') throw error;
      return error.code;
    });
  } finally {
    workspace.remove();
  }
});
