/**
 * From a bare machine to a ready one: Debian packages, npm packages and, where no desktop VS Code serves, the
 * local one. Says what it is about to install, installs only what is missing, and takes no time when nothing is.
 *
 * Usage: node scripts/setup.mjs [--for start|test|soak]
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { installCodeServer, isCodeServerReady, linkRipgrep } from './code-server.mjs';
import { desktopCode } from './lib/desktop.mjs';
import { needsFor } from './lib/needs.mjs';
import { CODE_SERVER_VERSION, root } from './lib/paths.mjs';
import { StepError, main, onPath, seconds, step } from './lib/steps.mjs';

const NODE = [20, 9];

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < NODE[0] || (major === NODE[0] && minor < NODE[1])) {
    throw new StepError(
      `Spaces needs Node ${NODE.join('.')} or newer; this is ${process.versions.node} (${process.execPath}).`,
    );
  }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new StepError(`Spaces runs on Linux x86-64; this is ${process.platform} ${process.arch}.`);
  }
}

async function installDebianPackages(missing) {
  const packages = missing.map((need) => need.debian);
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  const what = missing.map((need) => need.what).join(', ');
  if (!onPath('apt-get')) {
    throw new StepError(
      `Missing: ${what}. This system has no apt-get; install them with its own package manager ` +
        `(on Debian they are: ${packages.join(' ')}) and start again.`,
    );
  }
  const isRoot = process.getuid() === 0;
  if (!isRoot && !(onPath('sudo') && process.stdin.isTTY)) {
    throw new StepError(`Missing: ${what}. Run this as root, then start again:\n\n  ${command}\n`);
  }
  const apt = (...args) => (isRoot ? ['apt-get', args] : ['sudo', ['apt-get', ...args]]);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await step('apt-get update', ...apt('update', '-q'), { env });
  await step('apt-get install', ...apt('install', '-y', '--no-install-recommends', ...packages), {
    env,
    remedy: `To see more, run as root: ${command}`,
  });
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Compares what npm installed with what package-lock.json asks for. */
function npmIsCurrent() {
  const wanted = readJson(path.join(root, 'package-lock.json'))?.packages;
  const installed = readJson(path.join(root, 'node_modules/.package-lock.json'))?.packages;
  if (!wanted || !installed) return false;
  return Object.entries(wanted).every(
    ([name, entry]) => name === '' || entry.optional || installed[name]?.version === entry.version,
  );
}

async function installNpmPackages() {
  const fresh = !existsSync(path.join(root, 'node_modules'));
  await step(
    'npm packages',
    'npm',
    [fresh ? 'ci' : 'install', '--ignore-scripts', '--no-audit', '--no-fund'],
    {
      remedy: 'Check that the npm registry can be reached (npm ping) and start again.',
    },
  );
}

/** Makes the machine ready for `profile`; `browser` asks for the local VS Code even beside a desktop one. */
export async function setup(profile, { browser = false } = {}) {
  const started = Date.now();
  checkNode();
  const local = profile !== 'start' || browser || !desktopCode();
  const missing = needsFor(profile, local).filter((need) => !need.present());
  const npm = !npmIsCurrent();
  const vscode = local && !isCodeServerReady();
  const plan = [
    ...missing.map((need) => `Debian package ${need.debian} (${need.what})`),
    ...(npm ? ['npm packages of package-lock.json, into node_modules/'] : []),
    ...(vscode
      ? [`code-server ${CODE_SERVER_VERSION} (a VS Code for the browser, about 300 MB), into .cache/`]
      : []),
  ];
  if (plan.length === 0) {
    if (local) linkRipgrep();
    console.log(`Set-up: nothing is missing (${seconds(started)})`);
    return;
  }
  console.log(`Set-up: about to install\n${plan.map((line) => `  - ${line}`).join('\n')}`);
  if (missing.length > 0) await installDebianPackages(missing);
  if (npm) await installNpmPackages();
  if (vscode) await installCodeServer();
  if (local) linkRipgrep();
  const still = needsFor(profile, local).filter((need) => !need.present());
  if (still.length > 0) {
    throw new StepError(
      `Installed, yet still not found: ${still.map((need) => `${need.what} (${need.debian})`).join(', ')}.`,
    );
  }
  console.log(`Set-up: done in ${seconds(started)}`);
}

if (process.argv[1] === import.meta.filename) {
  main(async () => {
    const { values } = parseArgs({ options: { for: { type: 'string', default: 'start' } } });
    if (!['start', 'test', 'soak'].includes(values.for)) {
      throw new StepError(`--for takes start, test or soak, not "${values.for}".`);
    }
    await setup(values.for);
  });
}
