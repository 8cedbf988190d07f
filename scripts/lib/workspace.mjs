/** A copy of samples/ for a test to build, change and throw away. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { samples } from './paths.mjs';

/** Copies the samples into a new folder called `name`; `remove` deletes it with everything beside it. */
export function copyOfSamples(name = 'samples') {
  const parent = mkdtempSync(path.join(tmpdir(), 'spaces-workspace-'));
  const folder = path.join(parent, name);
  cpSync(samples, folder, { recursive: true, filter: (file) => !/\/(bin|build)$/.test(file) });
  // The README that greets a user would cover the editor at a moment of its own choice.
  const settings = path.join(folder, '.vscode', 'settings.json');
  const values = { ...JSON.parse(readFileSync(settings, 'utf8')), 'workbench.startupEditor': 'none' };
  writeFileSync(settings, `${JSON.stringify(values, null, 2)}\n`);
  return { folder, remove: () => rmSync(parent, { recursive: true, force: true }) };
}
