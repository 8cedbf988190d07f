/**
 * The whole product into dist/: the allocator, the native addons, the four bundles. Each part builds
 * incrementally.
 *
 * Usage: node scripts/build.mjs [native] [addons] [bundles]   (none: all of them)
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';
import { addonEnvironment } from './code-server.mjs';
import { dist, manifest, root } from './lib/paths.mjs';
import { StepError, main, seconds, step } from './lib/steps.mjs';

const LIBRARIES = ['libspaces.so', 'libspaces-debug.so'];
const PTY = path.join(root, 'node_modules/cdt-gdb-adapter');
const READER = path.join(root, 'native/addon');

/** Copies by way of a rename: a process that has the old file mapped keeps it. */
function install(from, to) {
  if (!existsSync(from)) throw new StepError(`The build ended without making ${path.relative(root, from)}.`);
  mkdirSync(path.dirname(to), { recursive: true });
  copyFileSync(from, `${to}.new`);
  renameSync(`${to}.new`, to);
}

async function buildNative() {
  await step('allocator', 'make', ['-C', 'native', '--no-print-directory', '-j2']);
  for (const library of LIBRARIES) {
    const installed = path.join(dist, 'native', library);
    install(path.join(root, 'native/build', library), installed);
    // The name under which a program that was linked with the library looks for it.
    const versioned = `${installed}.${manifest().version.split('.')[0]}`;
    rmSync(versioned, { force: true });
    symlinkSync(library, versioned);
  }
}

function isNewer(file, than) {
  return !existsSync(than) || statSync(file).mtimeMs > statSync(than).mtimeMs;
}

/** Builds the addon `name` in `folder` and puts it beside the bundles. */
async function buildAddon(title, folder, name) {
  const gyp = path.join(root, 'node_modules/node-gyp/bin/node-gyp.js');
  const configured = path.join(folder, 'build/Makefile');
  const targets = isNewer(path.join(folder, 'binding.gyp'), configured) ? ['configure', 'build'] : ['build'];
  for (const target of targets) {
    await step(targets.length > 1 ? `${title}: ${target}` : title, process.execPath, [gyp, target], {
      cwd: folder,
      env: addonEnvironment(),
    });
  }
  install(path.join(folder, 'build/Release', name), path.join(dist, name));
}

async function buildAddons() {
  if (!existsSync(path.join(PTY, 'build/Release/pty.node'))) {
    await buildAddon('pty addon', PTY, 'pty.node');
  } else {
    install(path.join(PTY, 'build/Release/pty.node'), path.join(dist, 'pty.node'));
  }
  await buildAddon('heap reader', READER, 'spaces_reader.node');
}

async function buildBundles() {
  await step('bundles', process.execPath, [path.join(root, 'node_modules/webpack/bin/webpack.js')]);
  chmodSync(path.join(dist, 'spaces.js'), 0o755);
}

const PARTS = { native: buildNative, addons: buildAddons, bundles: buildBundles };

/** Builds the named parts, or all. */
export async function build(parts = Object.keys(PARTS)) {
  const started = Date.now();
  console.log('Build');
  for (const part of parts) {
    const builder = PARTS[part];
    if (!builder) throw new StepError(`No part "${part}"; there are: ${Object.keys(PARTS).join(', ')}.`);
    await builder();
  }
  console.log(`Build: done in ${seconds(started)}`);
}

if (process.argv[1] === import.meta.filename) {
  const parts = process.argv.slice(2);
  main(() => build(parts.length > 0 ? parts : undefined));
}
