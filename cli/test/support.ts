/** Runs the command line as it is installed, and collects what it says. */
import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

export const ROOT = path.resolve(__dirname, '../..');
export const SPACES = path.join(ROOT, 'dist/spaces.js');

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Options {
  cwd?: string;
  input?: string;
  env?: NodeJS.ProcessEnv;
  /** Whom it runs as; only root can choose. */
  user?: { uid: number; gid: number };
  /** Called with the process when it has been started. */
  started?: (child: ChildProcess) => void;
}

/** Run `spaces` with these arguments to its end. */
export async function spaces(args: readonly string[], options: Options = {}): Promise<Outcome> {
  const child = spawn(SPACES, args, {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '', ...options.env },
    stdio: 'pipe',
    ...options.user,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => (stdout += String(text)));
  child.stderr.on('data', (text) => (stderr += String(text)));
  // A program that does not read its input closes it.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  options.started?.(child);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, stdout, stderr };
}

/** A folder for a test, which is gone after it. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spaces-cli-'));
  return { path: folder, remove: () => fs.rmSync(folder, { recursive: true, force: true }) };
}
