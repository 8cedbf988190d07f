/** A copy of samples/ for a test to build, change and throw away. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { samples } from './paths.mjs';

/** Copies the samples into a new folder called `name`; `remove` deletes it with everything beside it. */
export function copyOfSamples(name = 'samples') {
  const parent = mkdtempSync(path.join(tmpdir(), 'spaces-workspace-'));
  const folder = path.join(parent, name);
  cpSync(samples, folder, { recursive: true, filter: (file) => !/\/(bin|build)$/.test(file) });
  return { folder, remove: () => rmSync(parent, { recursive: true, force: true }) };
}
