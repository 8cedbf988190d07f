/**
 * The start script: a shell script that sets working directory, environment
 * and standard streams, then replaces itself by the program. gdb runs it as
 * exec-wrapper, so that neither gdb nor its shell see the environment of the
 * program, and so that arguments may hold any character: they stand in the
 * script, not in a gdb command. It must `exec` exactly once: gdb counts.
 */
import type { LaunchSettings } from './arguments';

/** A word that a POSIX shell reads back as `text`. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

export interface StartScript {
  settings: LaunchSettings;
  /** What the adapter itself inherited. */
  inherited: NodeJS.ProcessEnv;
  /** Library to preload, as a path without blanks; absent where nothing is injected. */
  preload?: string;
  /** Path of the report socket; absent where nothing listens. */
  socket?: string;
  /** Blocks that are waited for, which takes the stack of every allocation: SPACES_WATCH. */
  watch?: string;
  /** Milliseconds that each new process waits for its session; absent where none will come. */
  followWait?: number;
  /** Terminal that becomes stdin, stdout and stderr; absent: as inherited. */
  terminal?: string;
}

/** Variables of the program that differ from those gdb hands it; null removes one. */
export function programEnvironment(start: StartScript): Map<string, string | null> {
  const { settings, inherited } = start;
  const result = new Map<string, string | null>();
  // gdb sets these for its child; the program gets what it would have had without gdb.
  for (const name of ['LINES', 'COLUMNS', 'SHELL']) {
    result.set(name, inherited[name] ?? null);
  }
  if (start.terminal !== undefined && inherited['TERM'] === undefined) {
    result.set('TERM', 'xterm-256color');
  }
  for (const [name, value] of Object.entries(settings.env)) {
    result.set(name, value);
  }
  if (start.socket !== undefined) {
    result.set('SPACES_REPORT_SOCKET', start.socket);
    result.set('SPACES_TRACK', start.watch === undefined ? settings.track : 'all');
    if (start.watch !== undefined) result.set('SPACES_WATCH', start.watch);
    if (settings.heapLimit !== undefined) result.set('SPACES_HEAP_LIMIT', String(settings.heapLimit));
    if (settings.ceiling !== undefined) result.set('SPACES_CEILING', String(settings.ceiling));
    if (settings.guard !== 'auto') result.set('SPACES_GUARD', settings.guard);
    if (settings.guardLimit !== undefined) result.set('SPACES_GUARD_LIMIT', String(settings.guardLimit));
    if (!settings.checkCalls) result.set('SPACES_CHECK_CALLS', '0');
    if (settings.leaks === 'atExit') result.set('SPACES_LEAKS', '1');
    if (settings.followChildren) result.set('SPACES_FOLLOW', '1');
    if (start.followWait !== undefined) result.set('SPACES_FOLLOW_WAIT', String(start.followWait));
  }
  if (start.preload !== undefined) {
    const own = 'LD_PRELOAD' in settings.env ? settings.env['LD_PRELOAD'] : inherited['LD_PRELOAD'];
    result.set('LD_PRELOAD', own ? `${own}:${start.preload}` : start.preload);
  }
  return result;
}

/** Text of the script. Its first argument is the path of the program. */
export function startScript(start: StartScript): string {
  const lines = ['#!/bin/sh', `cd -- ${shellQuote(start.settings.cwd)} || exit 127`];
  if (start.terminal !== undefined) {
    lines.push(`exec <${shellQuote(start.terminal)} >${shellQuote(start.terminal)} 2>&1`);
  }
  for (const [name, value] of programEnvironment(start)) {
    lines.push(value === null ? `unset ${name}` : `export ${name}=${shellQuote(value)}`);
  }
  lines.push(['exec "$1"', ...start.settings.args.map(shellQuote)].join(' '));
  return `${lines.join('\n')}\n`;
}
