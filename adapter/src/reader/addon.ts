/** Native addons stand beside the bundle; run from source, in the folder the build fills. */
import * as fs from 'node:fs';
import * as path from 'node:path';

const FOLDERS = [__dirname, path.join(__dirname, '../../../dist')];

/** Load an addon by its file name. Throws the loader's error where it is missing or broken. */
export function loadAddon(name: string): unknown {
  const file = FOLDERS.map((folder) => path.join(folder, name)).find((one) => fs.existsSync(one));
  if (file === undefined) {
    throw new Error(`${name} is not beside ${__filename}`);
  }
  const module: { exports: unknown } = { exports: {} };
  process.dlopen(module, file);
  return module.exports;
}
