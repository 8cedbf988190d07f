/**
 * Checks a launch configuration before anything starts and brings its sizes to
 * bytes. Every problem is one sentence that names the field and the remedy.
 */
import type { LaunchArguments } from '../../../adapter/src/protocol';
import { parseSize } from '../../../adapter/src/protocol/sizes';

/** A configuration as it comes out of launch.json: anything may stand in any field. */
export type LaunchFields = { [field in keyof LaunchArguments]?: unknown } & Record<string, unknown>;

const CHOICES = {
  console: ['internalConsole', 'integratedTerminal'],
  allocator: ['debug', 'fast', 'linked', 'none'],
  track: ['all', 'sampled', 'off'],
  guard: ['auto', 'sampled', 'all', 'off'],
  leaks: ['atExit', 'off'],
} as const;

const FLAGS = ['stopOnEntry', 'checkOnStop', 'checkCalls', 'describePointers', 'followChildren'] as const;
const TEXTS = ['program', 'core', 'cwd', 'gdb', 'suppressions'] as const;
const MAPS = ['env', 'sourceFileMap'] as const;
const LISTS = ['args', 'setupCommands'] as const;
const SIZES = ['heapLimit', 'ceiling', 'guardLimit'] as const;

/** Says what is wrong with `fields`; sizes that are right become numbers in `fields`. */
export function checkLaunch(fields: LaunchFields): string[] {
  const problems: string[] = [];
  if (fields['request'] === 'attach') {
    if (!/^\d+$/.test(String(fields['pid']))) {
      problems.push('"pid" is missing: give the id of a process, or "${command:pickProcess}" to be asked.');
    }
  } else if ((fields.program === undefined || fields.program === '') && !fields.core) {
    problems.push('"program" is missing: give the path of the program to debug.');
  }
  for (const field of TEXTS) {
    if (fields[field] !== undefined && typeof fields[field] !== 'string') {
      problems.push(`"${field}" must be a string.`);
    }
  }
  for (const field of FLAGS) {
    if (fields[field] !== undefined && typeof fields[field] !== 'boolean') {
      problems.push(`"${field}" must be true or false.`);
    }
  }
  for (const field of LISTS) {
    if (fields[field] !== undefined && !isStringList(fields[field])) {
      problems.push(`"${field}" must be an array of strings, one element an argument: ["-n", "two words"].`);
    }
  }
  for (const field of MAPS) {
    if (fields[field] !== undefined && !isStringMap(fields[field])) {
      problems.push(`"${field}" must be an object whose values are strings.`);
    }
  }
  for (const [field, choices] of Object.entries(CHOICES)) {
    const value = fields[field];
    if (value !== undefined && !(choices as readonly unknown[]).includes(value)) {
      problems.push(`"${field}" is ${quote(value)}; it must be one of ${choices.map(quote).join(', ')}.`);
    }
  }
  for (const field of SIZES) {
    const problem = resolveSize(fields, field);
    if (problem) {
      problems.push(problem);
    }
  }
  return problems;
}

function resolveSize(fields: LaunchFields, field: (typeof SIZES)[number]): string | undefined {
  const value = fields[field];
  if (value === undefined) {
    return undefined;
  }
  const bytes =
    typeof value === 'string'
      ? parseSize(value)
      : typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
        ? value
        : undefined;
  if (bytes === undefined) {
    return `"${field}" is ${quote(value)}, which is no size: write a number of bytes, or a number with KB, MB or GB, such as "256MB".`;
  }
  if (bytes === 0) {
    return `"${field}" is 0: leave it out for no limit.`;
  }
  fields[field] = bytes;
  return undefined;
}

function isStringList(value: unknown): boolean {
  return Array.isArray(value) && value.every((element) => typeof element === 'string');
}

function isStringMap(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((element) => typeof element === 'string')
  );
}

function quote(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
