/**
 * dist/spaces-<version>-linux-x64.vsix from what is in dist/; the libraries and addons go in, node_modules stays out.
 * The same files give the same bytes: times in it are SOURCE_DATE_EPOCH, else the time of the last commit.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { notices } from './lib/notices.mjs';
import { dist, root, vsixPath } from './lib/paths.mjs';
import { StepError, main, step } from './lib/steps.mjs';

const PARTS = [
  'adapter.js',
  'extension.js',
  'spaces.js',
  'webview/main.js',
  'pty.node',
  'spaces_reader.node',
  'native/libspaces.so',
  'native/libspaces-debug.so',
];

/** Seconds since 1970 that stand for the time of everything in the package; without git, the end of zip's first day. */
function epoch() {
  if (/^\d+$/.test(process.env.SOURCE_DATE_EPOCH ?? '')) return process.env.SOURCE_DATE_EPOCH;
  const { status, stdout } = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' });
  return status === 0 && /^\d+\n$/.test(stdout) ? stdout.trim() : '315619200';
}

/** Makes the .vsix, `target` where another path is wanted; resolves to its path. */
export async function makeVsix(target = vsixPath()) {
  const missing = PARTS.filter((part) => !existsSync(path.join(dist, part)));
  if (missing.length > 0) {
    throw new StepError(`Cannot package: dist/ lacks ${missing.join(', ')}. Run "npm run build" first.`);
  }
  const vsce = path.join(root, 'node_modules/@vscode/vsce/vsce');
  writeFileSync(path.join(root, 'ThirdPartyNotices.txt'), notices());
  const options = [
    ...['--target', 'linux-x64', '--no-dependencies', '--skip-license', '--allow-missing-repository'],
    ...(process.argv.includes('--pre-release') ? ['--pre-release'] : []),
    ...['--no-rewrite-relative-links', '--out', target],
  ];
  // Times in a zip file have no time zone.
  await step('package', process.execPath, [vsce, 'package', ...options], {
    env: { SOURCE_DATE_EPOCH: epoch(), TZ: 'UTC' },
  });
  return target;
}

if (process.argv[1] === import.meta.filename) {
  main(async () => console.log(path.relative(root, await makeVsix())));
}
