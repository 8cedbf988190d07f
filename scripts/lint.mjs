/**
 * Every static check, counted: types of each TypeScript folder, eslint, formats, and the include directions of C.
 *
 * Usage: node scripts/lint.mjs [START OF A CHECK'S NAME]
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './lib/paths.mjs';
import { sources } from './lib/sources.mjs';
import { main, seconds } from './lib/steps.mjs';

const bin = (file) => path.join(root, 'node_modules', file);
const node = (...args) => spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status === 0;

/** Files that have not changed since they were last found good are passed over; a clean checkout looks at all. */
const UNCHANGED_IS_GOOD = [
  '--cache',
  '--cache-strategy',
  'content',
  '--cache-location',
  'node_modules/.cache/eslint/',
];

/** The heap reader shares `layout.h` and the walker with the allocator; any other header of src/ is private to it. */
const SHARED_WITH_READER = /^(layout|walk)\w*\.h$/;

function includesKeepDirection() {
  const wrong = [];
  for (const file of sources(
    'native/addon/*.h',
    'native/addon/*.cc',
    'native/addon/*.cpp',
    'native/addon/*.hpp',
  )) {
    for (const [, header] of readFileSync(path.join(root, file), 'utf8').matchAll(
      /^\s*#\s*include\s+"(?:.*\/)?src\/([^"]+)"/gm,
    )) {
      if (!SHARED_WITH_READER.test(header))
        wrong.push(`${file}: the heap reader must not include src/${header}`);
    }
  }
  for (const file of sources('native/src/*.h', 'native/src/*.c')) {
    for (const [, header] of readFileSync(path.join(root, file), 'utf8').matchAll(
      /^\s*#\s*include\s+"([^"]*(?:addon|test|bench)\/[^"]+)"/gm,
    )) {
      wrong.push(`${file}: the allocator must not include ${header}`);
    }
  }
  wrong.forEach((line) => console.log(line));
  return wrong.length === 0;
}

const CHECKS = {
  ...Object.fromEntries(
    ['adapter', 'cli', 'extension', 'webview', 'test'].map((folder) => [
      `types of ${folder}`,
      () => node(bin('typescript/bin/tsc'), '-p', folder),
    ]),
  ),
  eslint: () => node(bin('eslint/bin/eslint.js'), '--max-warnings', '0', ...UNCHANGED_IS_GOOD, '.'),
  'include directions': includesKeepDirection,
  formats: () => node('scripts/format.mjs', '--check'),
};

main(() => {
  const wanted = process.argv[2] ?? '';
  const checks = Object.entries(CHECKS).filter(([name]) => name.startsWith(wanted));
  let failed = 0;
  for (const [name, check] of checks) {
    const started = Date.now();
    const good = check();
    if (!good) failed++;
    console.log(`${good ? 'ok    ' : 'FAILED'} ${name} (${seconds(started)})`);
  }
  console.log(`${checks.length - failed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
});
