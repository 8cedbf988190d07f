/** dist/spaces-<version>-linux-x64.vsix from what is in dist/; the libraries and addons go in, node_modules stays out. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
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

/** Packages whose code the bundles hold; each licence asks to be passed on with it. */
const BUNDLED = [
  'cdt-gdb-adapter',
  '@vscode/debugadapter',
  '@vscode/debugprotocol',
  'node-addon-api',
  ...Object.keys(JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).dependencies ?? {}),
];

function licenceOf(name) {
  const folder = path.join(root, 'node_modules', name);
  const { version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const file = ['LICENSE', 'LICENSE.txt', 'LICENSE.md', 'License.txt', 'license.txt', 'LICENCE'].find((f) =>
    existsSync(path.join(folder, f)),
  );
  const text = file ? readFileSync(path.join(folder, file), 'utf8').trim() : `Licence: ${license}`;
  return `${name} ${version} (${license})\n${'='.repeat(60)}\n${text}\n`;
}

/** Makes the .vsix; resolves to its path. */
export async function makeVsix() {
  const missing = PARTS.filter((part) => !existsSync(path.join(dist, part)));
  if (missing.length > 0) {
    throw new StepError(`Cannot package: dist/ lacks ${missing.join(', ')}. Run "npm run build" first.`);
  }
  writeFileSync(path.join(root, 'ThirdPartyNotices.txt'), [...new Set(BUNDLED)].map(licenceOf).join('\n'));
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
  await main(async () => console.log(path.relative(root, await makeVsix())));
}
