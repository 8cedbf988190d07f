/**
 * The command line `spaces` in VS Code's terminals: a script of that name in a folder of ours, which is put before
 * the PATH of every terminal that is opened from now on, also after VS Code has been started again. It runs the
 * bundle in the runtime that runs this extension, so that no Node need be installed.
 */
import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import type { GlobalEnvironmentVariableCollection } from 'vscode';
import { shellWord } from '../shell';

export interface CommandPlace {
  /** Where the script goes; it outlives updates of the extension. */
  folder: string;
  /** The extension as it is installed now. */
  extension: string;
  /** What runs JavaScript here. */
  runtime: string;
}

/** Text of the script. */
export function commandScript({ extension, runtime }: CommandPlace): string {
  const bundle = path.join(extension, 'dist/spaces.js');
  return [
    '#!/bin/sh',
    `if ! [ -e ${shellWord(bundle)} ]; then`,
    "  echo 'spaces: the extension was updated or removed. Start a debug session with it once, then open a new terminal.' >&2",
    '  exit 125',
    'fi',
    `ELECTRON_RUN_AS_NODE=1 exec ${shellWord(runtime)} ${shellWord(bundle)} "$@"`,
    '',
  ].join('\n');
}

/** Writes the script where it is not there yet, and puts it on the path of terminals, with its manual page. */
export async function offerCommandLine(
  variables: Pick<GlobalEnvironmentVariableCollection, 'prepend' | 'description'>,
  place: CommandPlace,
): Promise<void> {
  const file = path.join(place.folder, 'spaces');
  const text = commandScript(place);
  const present = await fs.readFile(file, 'utf8').catch(() => undefined);
  if (present !== text) {
    await fs.mkdir(place.folder, { recursive: true });
    // Another window may write it at the same time, and a terminal run it.
    const written = `${file}.${process.pid}`;
    await fs.writeFile(written, text, { mode: 0o755 });
    await fs.rename(written, file);
  }
  variables.description = 'The command line `spaces`: run, top, core.';
  variables.prepend('PATH', `${place.folder}:`);
  // What follows the colon is what man searches otherwise.
  variables.prepend('MANPATH', `${path.join(place.extension, 'cli/man')}:`);
}
