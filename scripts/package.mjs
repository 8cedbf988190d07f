/** dist/spaces-<version>-linux-x64.vsix from what is in dist/; the libraries and addons go in, node_modules stays out. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { dist, root, vsixPath } from './lib/paths.mjs';
import { StepError, main, step } from './lib/steps.mjs';

const PARTS = [
  'adapter.js',
  'extension.js',
  'webview/main.js',
  'pty.node',
  'spaces_reader.node',
  'native/libspaces.so',
  'native/libspaces-debug.so',
];

/** Makes the .vsix; resolves to its path. */
export async function makeVsix() {
  const missing = PARTS.filter((part) => !existsSync(path.join(dist, part)));
  if (missing.length > 0) {
    throw new StepError(`Cannot package: dist/ lacks ${missing.join(', ')}. Run "npm run build" first.`);
  }
  const vsce = path.join(root, 'node_modules/@vscode/vsce/vsce');
  const target = vsixPath();
  await step('package', process.execPath, [
    vsce,
    'package',
    '--target',
    'linux-x64',
    '--no-dependencies',
    '--skip-license',
    '--allow-missing-repository',
    '--no-rewrite-relative-links',
    '--out',
    target,
  ]);
  return target;
}

if (process.argv[1] === import.meta.filename) {
  main(async () => console.log(path.relative(root, await makeVsix())));
}
