/**
 * From a fresh clone to VS Code on samples/ with the extension in it: the `code` on PATH where it can show a
 * window, else the local VS Code in the browser, on the loopback interface and behind a token.
 *
 * Usage: npm start [-- --browser] [-- --port N]
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { desktopCode } from './lib/desktop.mjs';
import { cache, samples } from './lib/paths.mjs';
import { StepError, main } from './lib/steps.mjs';
import { installVsix, startServer } from './lib/vscode-server.mjs';
import { makeVsix } from './package.mjs';
import { setup } from './setup.mjs';

const DEFAULT_PORT = 8137;

function openDesktop(code, vsix) {
  for (const args of [
    ['--install-extension', vsix, '--force'],
    ['--new-window', samples],
  ]) {
    const { status, error } = spawnSync(code, args, { stdio: 'inherit' });
    if (error || status !== 0) {
      throw new StepError(
        `"${[code, ...args].join(' ')}" failed${error ? `: ${error.message}` : ` with code ${status}`}. ` +
          'To use the VS Code in the browser instead: npm start -- --browser',
      );
    }
  }
  console.log(`\nVS Code is opening ${samples}. Open double-free/main.c and press F5.`);
}

/** First start only: what a user has changed since then stays. */
function defaultSettings(folder) {
  const file = path.join(folder, 'user/User/settings.json');
  if (existsSync(file)) return;
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ 'workbench.startupEditor': 'readme' }, null, 2)}\n`);
}

async function openBrowser(vsix, port) {
  const folder = path.join(cache, 'vscode');
  defaultSettings(folder);
  installVsix(folder, vsix);
  const server = await startServer({ folder, port }).catch((error) => {
    throw /EADDRINUSE/.test(error.message)
      ? new StepError(`Port ${port} is taken. Choose another one: npm start -- --port 9000`)
      : error;
  });
  console.log(
    `\nVS Code with Spaces is running. Open this address in a browser on this machine:\n\n  ${server.url(samples)}\n\n` +
      'Then open double-free/main.c and press F5. Ctrl-C here ends it.',
  );
  const interrupted = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, resolve);
  });
  const ended = await Promise.race([interrupted.then(() => 'stopped'), server.exited]);
  await server.stop();
  if (ended !== 'stopped') throw new StepError(`VS Code ended by itself (code ${ended}):\n${server.log()}`);
}

main(async () => {
  const { values } = parseArgs({
    options: {
      browser: { type: 'boolean', default: false },
      port: { type: 'string', default: String(DEFAULT_PORT) },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new StepError(`--port takes a number from 0 (any free port) to 65535, not "${values.port}".`);
  }
  await setup('start', { browser: values.browser });
  await build();
  const vsix = await makeVsix();
  const code = values.browser ? undefined : desktopCode();
  if (code) openDesktop(code, vsix);
  else await openBrowser(vsix, port);
});
