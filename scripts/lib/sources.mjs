/** The source files of the repository, as git knows them (ignored files are not among them). */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';

/** Paths, relative to the root, of files that match one of `patterns` (git pathspecs). */
export function sources(...patterns) {
  const output = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard', ...patterns],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    },
  );
  return output.split('\0').filter((file) => file !== '' && existsSync(path.join(root, file)));
}
