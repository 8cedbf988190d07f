/** Running programs as named steps: progress with elapsed times, output kept for the case of failure. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';

/** A failure whose message is all the user needs; other errors print their stack. */
export class StepError extends Error {}

const TAIL_LINES = 60;
const TICK_MS = 10_000;

export function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

/** The first executable called `name` on PATH, or undefined. */
export function onPath(name) {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const file = path.join(folder || '.', name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      continue;
    }
  }
  return undefined;
}

/**
 * Runs one step: `title` appears at once, then how long it took. The output of `command` is shown only when
 * it fails, unless `show` asks for it. Rejects with a StepError that names the command and `remedy`.
 */
export async function step(title, command, args, { cwd = root, env = {}, show = false, remedy } = {}) {
  const started = Date.now();
  const tty = process.stdout.isTTY && !show;
  process.stdout.write(tty ? `  ${title} …` : `  ${title} …\n`);
  const ticker = setInterval(
    () => {
      process.stdout.write(tty ? `\r  ${title} … ${seconds(started)}` : `  ${title} … ${seconds(started)}\n`);
    },
    tty ? 1000 : TICK_MS,
  );
  try {
    const { code, signal, output } = await run(command, args, { cwd, env, show });
    if (code !== 0) {
      const ended = signal ? `was ended by ${signal}` : `exited with code ${code}`;
      const tail = show ? '' : `\n${output.trimEnd().split('\n').slice(-TAIL_LINES).join('\n')}`;
      const help = remedy ? `\n${remedy}` : '';
      throw new StepError(`${title}: "${[command, ...args].join(' ')}" in ${cwd} ${ended}.${tail}${help}`);
    }
    process.stdout.write(
      tty ? `\r  ${title}: ${seconds(started)}\x1b[K\n` : `  ${title}: ${seconds(started)}\n`,
    );
  } catch (error) {
    if (tty) process.stdout.write('\n');
    throw error;
  } finally {
    clearInterval(ticker);
  }
}

function run(command, args, { cwd, env, show }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
    });
    let output = '';
    child.stdout?.on('data', (data) => (output += data));
    child.stderr?.on('data', (data) => (output += data));
    child.on('error', (error) => reject(new StepError(`Cannot run ${command}: ${error.message}.`)));
    child.on('close', (code, signal) => resolve({ code, signal, output }));
  });
}

/** Runs a script's main function; a StepError prints its message, nothing else, and the exit code is 1. */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    process.stdout.write('\n');
    console.error(error instanceof StepError ? error.message : error);
    process.exitCode = 1;
  }
}
