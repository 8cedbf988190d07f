/** Where things of this repository stand, and the versions that more than one script must agree on. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '../..');
export const dist = path.join(root, 'dist');
/** Everything that can be made again and is not part of a build: the local VS Code, its user data, webpack's cache. */
export const cache = path.join(root, '.cache');
export const samples = path.join(root, 'samples');
export const testOut = path.join(root, 'test/out');

/** The local VS Code: code-server of this version holds VS Code 1.100.3 and runs on Node 20. */
export const CODE_SERVER_VERSION = '4.100.3';
export const codeServer = path.join(cache, `code-server-${CODE_SERVER_VERSION}`);

/** The package manifest, read fresh: its version names the .vsix. */
export function manifest() {
  return JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
}

export function vsixPath() {
  return path.join(dist, `spaces-${manifest().version}-linux-x64.vsix`);
}
