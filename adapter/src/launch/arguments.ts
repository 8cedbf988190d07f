/**
 * From a launch configuration, which may hold anything, to settings that hold:
 * every field checked, defaults filled in, sizes in bytes.
 */
import * as path from 'node:path';
import { badLaunchArgument, envNameInvalid } from '../errors';
import { parseReport } from '../findwrite/report';
import { SIZE_PATTERN, SIZE_UNITS, type LaunchArguments, type Report, type SnapshotPlace } from '../protocol';

/** A launch configuration after its checks. */
export interface LaunchSettings {
  /** Absolute path; '' where the core file or process is to tell it. */
  program: string;
  /** The core file to open. */
  core?: string;
  args: string[];
  cwd: string;
  /** null removes a variable from the environment. */
  env: Record<string, string | null>;
  stopOnEntry: boolean;
  console: NonNullable<LaunchArguments['console']>;
  gdb: string;
  setupCommands: string[];
  sourceFileMap: Record<string, string>;
  allocator: NonNullable<LaunchArguments['allocator']>;
  heapLimit?: number;
  ceiling?: number;
  track: NonNullable<LaunchArguments['track']>;
  checkOnStop: boolean;
  guard: NonNullable<LaunchArguments['guard']>;
  guardLimit?: number;
  checkCalls: boolean;
  describePointers: boolean;
  followChildren: boolean;
  /** Places at which a snapshot is taken. */
  snapshotAt: SnapshotPlace[];
  leaks: NonNullable<LaunchArguments['leaks']>;
  /** Path of the file of leaks that are intended. */
  suppressions?: string;
  noDebug: boolean;
  /** The program is run to find the write of this report. */
  findWrite?: Report;
}

/** An attach configuration after its checks. */
export interface AttachSettings extends LaunchSettings {
  pid: number;
  /** The report socket of the session that follows this process as a child of its own. */
  followedFrom?: string;
}

/** Bytes of a size: a number, or what people write, such as "256MB". Undefined where it is none. */
export function parseSize(value: unknown): number | undefined {
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  }
  const match = typeof value === 'string' ? SIZE_PATTERN.exec(value) : null;
  if (!match) {
    return undefined;
  }
  const unit = match[2] === undefined ? 1 : (SIZE_UNITS[match[2].toLowerCase()] ?? NaN);
  const bytes = Math.round(Number(match[1]) * unit);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Reads one field after another from a configuration, with an error that names the field. */
class Fields {
  constructor(private readonly raw: Record<string, unknown>) {}

  string(name: string, fallback: string): string {
    const value = this.raw[name] ?? fallback;
    if (typeof value !== 'string') {
      throw badLaunchArgument(name, 'must be a string');
    }
    if (value.includes('\0')) {
      throw badLaunchArgument(name, 'holds a NUL character');
    }
    return value;
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.raw[name] ?? fallback;
    if (typeof value !== 'boolean') {
      throw badLaunchArgument(name, 'must be true or false');
    }
    return value;
  }

  strings(name: string): string[] {
    const value = this.raw[name] ?? [];
    const items = Array.isArray(value) ? (value as unknown[]) : undefined;
    if (!items?.every((item): item is string => typeof item === 'string')) {
      throw badLaunchArgument(name, 'must be a list of strings');
    }
    if (items.some((item) => item.includes('\0'))) {
      throw badLaunchArgument(name, 'holds a NUL character');
    }
    return items;
  }

  map(name: string, mayBeNull: boolean): Record<string, string | null> {
    const value = this.raw[name] ?? {};
    if (typeof value !== 'object' || Array.isArray(value)) {
      throw badLaunchArgument(name, 'must be an object whose values are strings');
    }
    const result: Record<string, string | null> = {};
    for (const [key, item] of Object.entries(value as Record<string, unknown>)) {
      const fits = typeof item === 'string' ? !item.includes('\0') : mayBeNull && item === null;
      if (!fits) {
        throw badLaunchArgument(`${name}.${key}`, 'must be a string');
      }
      result[key] = item as string | null;
    }
    return result;
  }

  choice<T extends string>(name: string, choices: readonly [T, ...T[]]): T {
    const value = this.raw[name] ?? choices[0];
    const choice = choices.find((one) => one === value);
    if (choice === undefined) {
      throw badLaunchArgument(name, `must be one of ${choices.map((one) => `"${one}"`).join(', ')}`);
    }
    return choice;
  }

  report(name: 'findWrite'): { findWrite?: Report } {
    const value = this.raw[name] ?? undefined;
    const report = value === undefined ? undefined : parseReport(value);
    if (typeof report === 'string') {
      throw badLaunchArgument(name, report);
    }
    if (report && this.raw['noDebug'] === true) {
      throw badLaunchArgument(name, 'needs the debugger: run it without "noDebug"');
    }
    return report ? { [name]: report } : {};
  }

  size(name: string): number | undefined {
    const value = this.raw[name] ?? undefined;
    if (value === undefined) {
      return undefined;
    }
    const bytes = parseSize(value);
    if (bytes === undefined) {
      throw badLaunchArgument(name, 'must be a number of bytes or a size such as "256MB"');
    }
    return bytes;
  }
}

/** "file.c:120", or the name of a function. */
export function snapshotPlace(text: string): SnapshotPlace {
  const line = /^(.*[^:]):(\d+)$/.exec(text.trim());
  if (line?.[1] !== undefined) {
    return { path: line[1], line: Number(line[2]) };
  }
  if (!/^[A-Za-z_~][\w:~<>, *&()]*$/.test(text.trim())) {
    throw badLaunchArgument('snapshotAt', `holds "${text}", which is neither "file.c:120" nor a function`);
  }
  return { function: text.trim() };
}

function fieldsOf(raw: unknown, first: string): Fields {
  if (typeof raw !== 'object' || raw === null) {
    throw badLaunchArgument(first, 'is missing');
  }
  return new Fields(raw as Record<string, unknown>);
}

/** What launching and attaching have in common. */
function settingsOf(
  fields: Fields,
  allocators: readonly [LaunchSettings['allocator'], ...LaunchSettings['allocator'][]],
): LaunchSettings {
  const program = fields.string('program', '');
  const core = fields.string('core', '');
  const cwd = fields.string('cwd', '');
  const base = cwd === '' ? process.cwd() : path.resolve(cwd);
  const absolute = program === '' ? '' : path.resolve(base, program);
  const env = fields.map('env', true);
  for (const name of Object.keys(env)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw envNameInvalid(name);
    }
  }
  const heapLimit = fields.size('heapLimit');
  const ceiling = fields.size('ceiling');
  const guardLimit = fields.size('guardLimit');
  const suppressions = fields.string('suppressions', '');
  return {
    program: absolute,
    ...(core === '' ? {} : { core: path.resolve(base, core) }),
    args: fields.strings('args'),
    cwd: cwd === '' && absolute !== '' ? path.dirname(absolute) : base,
    env,
    stopOnEntry: fields.boolean('stopOnEntry', false),
    console: fields.choice('console', ['internalConsole', 'integratedTerminal']),
    gdb: fields.string('gdb', '') || 'gdb',
    setupCommands: fields.strings('setupCommands'),
    sourceFileMap: fields.map('sourceFileMap', false) as Record<string, string>,
    allocator: fields.choice('allocator', allocators),
    ...(heapLimit === undefined ? {} : { heapLimit }),
    ...(ceiling === undefined ? {} : { ceiling }),
    track: fields.choice('track', ['all', 'sampled', 'off']),
    checkOnStop: fields.boolean('checkOnStop', true),
    guard: fields.choice('guard', ['auto', 'sampled', 'all', 'off']),
    ...(guardLimit === undefined ? {} : { guardLimit }),
    checkCalls: fields.boolean('checkCalls', true),
    describePointers: fields.boolean('describePointers', true),
    followChildren: fields.boolean('followChildren', false),
    snapshotAt: fields.strings('snapshotAt').map(snapshotPlace),
    leaks: fields.choice('leaks', ['atExit', 'off']),
    ...(suppressions === '' ? {} : { suppressions: path.resolve(base, suppressions) }),
    noDebug: fields.boolean('noDebug', false),
    ...fields.report('findWrite'),
  };
}

/** The settings of a launch configuration. Throws an error that names the field which does not hold. */
export function parseLaunchArguments(raw: unknown): LaunchSettings {
  const settings = settingsOf(fieldsOf(raw, 'program'), ['debug', 'fast', 'linked', 'none']);
  if (settings.program === '' && settings.core === undefined) {
    throw badLaunchArgument('program', 'is missing; set it to the path of the executable');
  }
  return settings;
}

/** The settings of an attach configuration, likewise. */
export function parseAttachArguments(raw: unknown): AttachSettings {
  const fields = fieldsOf(raw, 'pid');
  const given = (raw as Record<string, unknown>)['pid'];
  const pid = typeof given === 'string' && /^\s*\d+\s*$/.test(given) ? Number(given) : given;
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0) {
    throw badLaunchArgument('pid', 'must be the id of a process');
  }
  const followedFrom = fields.string('followedFrom', '');
  return {
    ...settingsOf(fields, ['linked', 'none']),
    noDebug: false,
    pid,
    ...(followedFrom === '' ? {} : { followedFrom }),
  };
}
