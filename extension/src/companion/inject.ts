/** Brings variables into the program of another debugger: each type of configuration has a place of its own. */

import { shellWord } from '../shell';

/** A configuration out of launch.json: anything may stand in any field. */
export type Configuration = Record<string, unknown>;
/** Variables of the program; null: without this one. */
export type Environment = Readonly<Record<string, string | null>>;

/** Debug types whose configurations may hold a `spaces` block. */
export const COMPANION_TYPES = ['cppdbg', 'lldb', 'lldb-dap', 'gdb'] as const;
export type CompanionType = (typeof COMPANION_TYPES)[number];

/** The program that a configuration starts; undefined where it names none. */
export function programOf(config: Configuration): string | undefined {
  // The extension "Native Debug" calls it target.
  const program = config['program'] ?? (config['type'] === 'gdb' ? config['target'] : undefined);
  return typeof program === 'string' && program !== '' ? program : undefined;
}

/** Fields of a configuration whose program runs on another machine than its debugger's window. */
const ELSEWHERE = ['pipeTransport', 'miDebuggerServerAddress', 'gdb-remote-port', 'ssh', 'remote'];

/** The field by which a configuration has its program run elsewhere; undefined where it runs here. */
export function elsewhere(config: Configuration): string | undefined {
  return ELSEWHERE.find(
    (field) => config[field] !== undefined && config[field] !== false && config[field] !== '',
  );
}

/** The variables that a configuration sets for its program, however it writes them. */
export function environmentOf(config: Configuration): Record<string, string> {
  const result: Record<string, string> = {};
  for (const value of [config['environment'], config['env']]) {
    if (Array.isArray(value)) {
      for (const item of value as unknown[]) {
        const [name, text] = pairOf(item);
        if (name !== undefined) {
          result[name] = text;
        }
      }
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, text] of Object.entries(value)) {
        result[name] = String(text);
      }
    }
  }
  return result;
}

/** "NAME=value" or {name, value}. */
function pairOf(item: unknown): [name: string | undefined, value: string] {
  if (typeof item === 'string') {
    const at = item.indexOf('=');
    return at < 0 ? [item, ''] : [item.slice(0, at), item.slice(at + 1)];
  }
  const { name, value } = (item ?? {}) as { name?: unknown; value?: unknown };
  return [typeof name === 'string' ? name : undefined, typeof value === 'string' ? value : ''];
}

/**
 * gdb hands its environment to a shell, which then runs the program: the library would be loaded into the shell,
 * and take itself out of the environment there. A wrapper brings it into the program alone.
 */
function wrapper(environment: Environment): string {
  const words = Object.entries(environment).map(([name, value]) =>
    value === null ? `-u ${shellWord(name)}` : shellWord(`${name}=${value}`),
  );
  return `set exec-wrapper env ${words.join(' ')}`;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

/** Adds commands of gdb that run before the program starts. */
function withGdbCommand(config: Configuration, command: string): Configuration {
  if (config['type'] === 'cppdbg') {
    return { ...config, setupCommands: [...listOf(config['setupCommands']), { text: command }] };
  }
  // "Native Debug" takes autorun, the gdb extension of Eclipse CDT initCommands; either ignores the other's.
  const field = typeof config['target'] === 'string' ? 'autorun' : 'initCommands';
  return { ...config, [field]: [...listOf(config[field]), command] };
}

/** Adds variables in the shape that the configuration has already, else in the one that is understood everywhere. */
function withVariables(config: Configuration, field: string, environment: Environment): Configuration {
  const present = config[field];
  const set = Object.entries(environment).filter((pair): pair is [string, string] => pair[1] !== null);
  if (field === 'environment') {
    const kept = listOf(present).filter((item) => !((pairOf(item)[0] ?? '') in environment));
    return { ...config, [field]: [...kept, ...set.map(([name, value]) => ({ name, value }))] };
  }
  if (config['type'] === 'lldb-dap' && !isObject(present)) {
    const kept = listOf(present).filter((item) => !((pairOf(item)[0] ?? '') in environment));
    return { ...config, [field]: [...kept, ...set.map(([name, value]) => `${name}=${value}`)] };
  }
  return { ...config, [field]: { ...(isObject(present) ? present : {}), ...Object.fromEntries(set) } };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The configuration with these variables for its program, of one of COMPANION_TYPES. */
export function inject(config: Configuration, environment: Environment): Configuration {
  switch (config['type']) {
    case 'cppdbg':
      return config['MIMode'] === 'lldb'
        ? withVariables(config, 'environment', environment)
        : withGdbCommand(config, wrapper(environment));
    case 'gdb':
      return withGdbCommand(config, wrapper(environment));
    default:
      return withVariables(config, 'env', environment);
  }
}
