/**
 * The local VS Code: code-server from npm, installed into .cache/ in one move. It is made in a folder beside and
 * renamed when complete, so that an interrupted installation is redone, never used.
 */
import { existsSync, mkdirSync, rmSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CODE_SERVER_VERSION, cache, codeServer } from './lib/paths.mjs';
import { StepError, main, onPath, step } from './lib/steps.mjs';

/** VS Code's own server inside code-server; it alone is used, because it takes a token. */
const SERVER = 'node_modules/code-server/lib/vscode';

export const vscodeServerMain = path.join(codeServer, SERVER, 'out/server-main.js');

export function isCodeServerReady() {
  return existsSync(vscodeServerMain);
}

/**
 * Environment of a build of a native addon: all cores, and the headers of the running Node where they are
 * installed beside it, so that no build downloads them.
 */
export function addonEnvironment() {
  const prefix = path.resolve(process.execPath, '../..');
  const headers = existsSync(path.join(prefix, 'include/node/node_api.h'))
    ? { npm_config_nodedir: prefix }
    : {};
  return { JOBS: 'max', ...headers };
}

/** Installs the local VS Code; does nothing where it is complete. */
export async function installCodeServer() {
  if (isCodeServerReady()) return;
  const making = `${codeServer}.making`;
  rmSync(making, { recursive: true, force: true });
  rmSync(codeServer, { recursive: true, force: true });
  mkdirSync(making, { recursive: true });
  writeFileSync(path.join(making, 'package.json'), JSON.stringify({ private: true }));
  const server = path.join(making, SERVER);
  const env = addonEnvironment();
  const quiet = ['--no-audit', '--no-fund'];
  const npm = (title, cwd, ...args) => step(title, 'npm', [...args, ...quiet], { cwd, env });

  await npm('code-server', making, 'install', '--ignore-scripts', `code-server@${CODE_SERVER_VERSION}`);
  await npm('code-server: packages of VS Code', server, 'install', '--ignore-scripts', '--omit=dev');
  symlinkSync('node_modules', path.join(server, 'node_modules.asar'));
  await npm(
    'code-server: log and watchdog',
    server,
    'rebuild',
    '--ignore-scripts=false',
    '@vscode/spdlog',
    'native-watchdog',
  );
  await buildTerminal(server, env);
  renameSync(making, codeServer);
}

/** VS Code looks for ripgrep inside itself; the system's takes that place. */
export function linkRipgrep() {
  const rg = onPath('rg');
  const bin = path.join(codeServer, SERVER, 'node_modules/@vscode/ripgrep/bin');
  if (!rg || existsSync(path.join(bin, 'rg'))) return;
  mkdirSync(bin, { recursive: true });
  rmSync(path.join(bin, 'rg'), { force: true });
  symlinkSync(rg, path.join(bin, 'rg'));
}

/** node-pty's own step after the build looks for files of other systems and fails; the addon is what counts. */
async function buildTerminal(server, env) {
  try {
    await step(
      'code-server: terminal',
      'npm',
      ['rebuild', '--ignore-scripts=false', 'node-pty', '--no-audit'],
      {
        cwd: server,
        env,
      },
    );
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    if (!existsSync(path.join(server, 'node_modules/node-pty/build/Release/pty.node'))) throw error;
    console.log('  code-server: terminal built (its clean-up step does not apply here)');
  }
}

if (process.argv[1] === import.meta.filename) {
  main(async () => {
    mkdirSync(cache, { recursive: true });
    await installCodeServer();
    console.log(vscodeServerMain);
  });
}
