/**
 * One look for all sources: prettier for TypeScript, JSON, Markdown and CSS, clang-format for C and C++.
 *
 * Usage: node scripts/format.mjs [--check] [path …]
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import path from 'node:path';
import { root } from './lib/paths.mjs';
import { sources } from './lib/sources.mjs';
import { StepError, main, onPath } from './lib/steps.mjs';

const FOR_PRETTIER = ['ts', 'js', 'mjs', 'cjs', 'json', 'md', 'css', 'html', 'yml'];
const FOR_CLANG = ['c', 'h', 'cc', 'cpp', 'hpp'];

function within(files, folders) {
  if (folders.length === 0) return files;
  const wanted = folders.map((folder) => path.relative(root, path.resolve(folder)));
  return files.filter((file) => wanted.some((w) => w === '' || file === w || file.startsWith(`${w}/`)));
}

function formatter(name, command, args, files) {
  if (files.length === 0) return true;
  const { status, error } = spawnSync(command, [...args, ...files], { cwd: root, stdio: 'inherit' });
  if (error) throw new StepError(`Cannot run ${name}: ${error.message}.`);
  return status === 0;
}

main(() => {
  const { values, positionals } = parseArgs({
    options: { check: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const list = (extensions) => within(sources(...extensions.map((e) => `*.${e}`)), positionals);
  const prettier = path.join(root, 'node_modules/prettier/bin/prettier.cjs');
  const good = [
    formatter(
      'prettier',
      process.execPath,
      [
        prettier,
        values.check ? '--check' : '--write',
        '--log-level',
        'warn',
        '--no-error-on-unmatched-pattern',
      ],
      list(FOR_PRETTIER),
    ),
    formatter(
      'clang-format (Debian package clang-format)',
      onPath('clang-format') ?? 'clang-format',
      values.check ? ['--dry-run', '-Werror'] : ['-i'],
      list(FOR_CLANG),
    ),
  ];
  if (good.includes(false)) {
    throw new StepError(
      values.check ? 'Some files are not formatted: run "npm run format".' : 'Formatting failed.',
    );
  }
});
