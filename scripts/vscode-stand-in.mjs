#!/usr/bin/env node
/**
 * Stands in for the `code` executable where no desktop VS Code can be had: takes the arguments with which
 * @vscode/test-electron starts one, runs the suite in the extension host of the local VS Code, seen by a
 * browser without a window, and exits with the suite's code.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { launchBrowser } from './lib/browser.mjs';
import { startServer } from './lib/vscode-server.mjs';

const PREFIXES = ['--extensionDevelopmentPath=', '--extensionTestsPath='];
const LOADED_TIMEOUT_MS = 60_000;

/** The paths behind each argument that starts with `prefix`. */
function paths(prefix) {
  const found = process.argv.filter((arg) => arg.startsWith(prefix));
  if (found.length === 0) throw new Error(`vscode-stand-in needs ${prefix}PATH`);
  return found.map((arg) => path.resolve(arg.slice(prefix.length)));
}

/** Resolves to the exit code that the extension host reports once the suite has ended. */
async function runInPage(page, server, folder, payload) {
  let started = () => {};
  const alive = new Promise((resolve) => (started = resolve));
  const exited = new Promise((resolve) => {
    void page.exposeFunction('codeAutomationExit', (code) => resolve(code));
    void page.exposeFunction('codeAutomationLog', (_severity, args) => {
      started();
      console.log(...args);
    });
  });
  const crashed = new Promise((_resolve, reject) => {
    page.on('crash', () => reject(new Error('The page with VS Code crashed.')));
    void server.exited.then((code) => reject(new Error(`VS Code ended with code ${code}:\n${server.log()}`)));
  });
  await page.goto(server.url(folder, { payload: JSON.stringify(payload) }));
  const silent = new Promise((_resolve, reject) => {
    const timer = setTimeout(
      () =>
        reject(
          new Error(`VS Code did not start the suite within ${LOADED_TIMEOUT_MS / 1000} s:\n${server.log()}`),
        ),
      LOADED_TIMEOUT_MS,
    );
    void alive.then(() => clearTimeout(timer));
    void exited.then(() => clearTimeout(timer));
  });
  return Promise.race([exited, crashed, silent]);
}

async function main() {
  const [[extension, ...others], [tests]] = PREFIXES.map(paths);
  const folder = process.argv.slice(2).find((arg) => !arg.startsWith('-'));
  if (!folder) throw new Error('vscode-stand-in needs the folder to open.');
  const data = mkdtempSync(path.join(tmpdir(), 'spaces-host-'));
  mkdirSync(path.join(data, 'user/User'), { recursive: true });
  writeFileSync(
    path.join(data, 'user/User/settings.json'),
    JSON.stringify({ 'workbench.startupEditor': 'none' }),
  );
  // A page takes one extension in development; the others are there as if they had been installed.
  for (const other of others) {
    cpSync(other, path.join(data, 'extensions', path.basename(other)), { recursive: true });
  }
  let server;
  let browser;
  try {
    server = await startServer({ folder: data, args: ['--disable-workspace-trust'] });
    browser = await launchBrowser();
    const page = await browser.newPage();
    const remote = (file) => `vscode-remote://${server.host}${encodeURI(file)}`;
    return await runInPage(page, server, path.resolve(folder), [
      ['extensionDevelopmentPath', remote(extension)],
      ['extensionTestsPath', remote(tests)],
    ]);
  } finally {
    await browser?.close();
    await server?.stop();
    rmSync(data, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

main().then(
  (code) => (process.exitCode = code),
  (error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
