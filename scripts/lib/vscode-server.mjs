/** Starting and stopping the local VS Code (VS Code's own server inside code-server), on the loopback interface only. */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { vscodeServerMain } from '../code-server.mjs';
import { StepError } from './steps.mjs';

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;

function locations(folder) {
  return {
    user: path.join(folder, 'user'),
    extensions: path.join(folder, 'extensions'),
    server: path.join(folder, 'server'),
  };
}

/** Installs a .vsix into the VS Code whose data stands in `folder`. */
export function installVsix(folder, vsix) {
  const { extensions, server, user } = locations(folder);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      vscodeServerMain,
      '--install-extension',
      vsix,
      '--force',
      '--extensions-dir',
      extensions,
      '--server-data-dir',
      server,
      '--user-data-dir',
      user,
    ],
    { encoding: 'utf8', timeout: START_TIMEOUT_MS },
  );
  if (status !== 0) {
    throw new StepError(`VS Code could not install ${vsix}:\n${stdout}${stderr}`);
  }
}

/**
 * Starts a VS Code server with its data in `folder`. Port 0 picks a free one. Resolves once it accepts
 * connections, to its origin, its token, and `stop`, which ends it and every process it started.
 */
export async function startServer({ folder, port = 0, env = {}, args = [] }) {
  const { user, extensions, server } = locations(folder);
  for (const dir of [user, extensions, server]) mkdirSync(dir, { recursive: true });
  const token = randomBytes(16).toString('hex');
  const child = spawn(
    process.execPath,
    [
      vscodeServerMain,
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--connection-token',
      token,
      '--accept-server-license-terms',
      '--telemetry-level',
      'off',
      '--user-data-dir',
      user,
      '--extensions-dir',
      extensions,
      '--server-data-dir',
      server,
      ...args,
    ],
    { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  let log = '';
  const collect = (data) => (log = (log + data).slice(-65536));
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const exited = new Promise((resolve) => child.once('close', resolve));
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      killGroup(child.pid, 'SIGTERM');
      await Promise.race([exited, new Promise((resolve) => setTimeout(resolve, STOP_TIMEOUT_MS))]);
    }
    killGroup(child.pid, 'SIGKILL');
  };
  const address = await new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new StepError(`VS Code did not start in time:\n${log}`)),
      START_TIMEOUT_MS,
    );
    const look = () => {
      const bound = /Extension host agent listening on (\d+)/.exec(log);
      if (!bound) return;
      clearTimeout(timer);
      resolve(Number(bound[1]));
    };
    child.stdout.on('data', look);
    exited.then(() => {
      clearTimeout(timer);
      reject(new StepError(`VS Code ended while starting:\n${log}`));
    });
  }).catch(async (error) => {
    await stop();
    throw error;
  });
  return {
    host: `127.0.0.1:${address}`,
    token,
    pid: child.pid,
    log: () => log,
    exited,
    stop,
    /** The address that opens `folder`, with the token; `query` adds further parameters. */
    url: (openFolder, query = {}) =>
      `http://127.0.0.1:${address}/?${new URLSearchParams({ tkn: token, folder: openFolder, ...query })}`,
  };
}

/** The server runs in a process group of its own, so its children end with it. */
function killGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
