/** Fields of the arguments of spaces/* requests, checked one by one: a client may send anything. */
import { malformedRequest } from '../errors';
import { MAX_PAGE, type SpacesCommand } from '../protocol';

export type Raw = Record<string, unknown>;

const ADDRESS = /^0x[0-9a-f]{1,16}$/i;

export function object(command: SpacesCommand, value: unknown): Raw {
  if (value === undefined || value === null) {
    return {};
  }
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw malformedRequest(command, 'its arguments are no object');
  }
  return value as Raw;
}

/** The fields of an object inside the arguments, each by its whole name: `filter.text`. */
export function nested(command: SpacesCommand, value: unknown, path: string): Raw {
  return Object.fromEntries(
    Object.entries(object(command, value)).map(([name, field]) => [`${path}.${name}`, field]),
  );
}

export function address(command: SpacesCommand, raw: Raw, name: string): string | undefined {
  const value = raw[name] ?? undefined;
  if (value === undefined) {
    return undefined;
  }
  if (typeof value !== 'string' || !ADDRESS.test(value)) {
    throw malformedRequest(command, `"${name}" is no address such as "0x7f0012345678"`);
  }
  return value.toLowerCase();
}

export function count(command: SpacesCommand, raw: Raw, name: string): number | undefined {
  const value = raw[name] ?? undefined;
  if (value === undefined) {
    return undefined;
  }
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw malformedRequest(command, `"${name}" is no whole number from 0`);
  }
  return value;
}

export function choice<T extends string>(
  command: SpacesCommand,
  raw: Raw,
  name: string,
  choices: readonly T[],
): T | undefined {
  const value = raw[name] ?? undefined;
  if (value === undefined) {
    return undefined;
  }
  const found = choices.find((one) => one === value);
  if (found === undefined) {
    throw malformedRequest(command, `"${name}" is none of ${choices.join(', ')}`);
  }
  return found;
}

export function limit(command: SpacesCommand, raw: Raw, name: string): number | null | undefined {
  return raw[name] === null ? null : count(command, raw, name);
}

/** Only the fields that are there. */
export function present<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

export function page(command: SpacesCommand, raw: Raw): { start?: number; count?: number } {
  const fields = present({ start: count(command, raw, 'start'), count: count(command, raw, 'count') });
  if ((fields.count ?? 0) > MAX_PAGE) {
    throw malformedRequest(command, `"count" is more than ${MAX_PAGE}`);
  }
  return fields;
}

/** A text; an empty one counts as absent. */
export function text(command: SpacesCommand, raw: Raw, name: string): string | undefined {
  const value = raw[name] ?? undefined;
  if (value !== undefined && typeof value !== 'string') {
    throw malformedRequest(command, `"${name}" is no string`);
  }
  return value === '' ? undefined : value;
}

export function flag(command: SpacesCommand, raw: Raw, name: string): boolean | undefined {
  const value = raw[name] ?? undefined;
  if (value !== undefined && typeof value !== 'boolean') {
    throw malformedRequest(command, `"${name}" is neither true nor false`);
  }
  return value;
}

/** A count of at most `most`; `fallback` where it is absent. */
export function bounded(
  command: SpacesCommand,
  raw: Raw,
  name: string,
  fallback: number,
  most: number,
): number {
  const value = count(command, raw, name) ?? fallback;
  if (value > most) {
    throw malformedRequest(command, `"${name}" is more than ${most}`);
  }
  return value;
}

export function list(command: SpacesCommand, raw: Raw, name: string, most: number): unknown[] {
  const value = raw[name];
  if (!Array.isArray(value)) {
    throw malformedRequest(command, `"${name}" is no list`);
  }
  if (value.length > most) {
    throw malformedRequest(command, `"${name}" has more than ${most} elements`);
  }
  return value as unknown[];
}

/** A field that must be there. */
export function required<T>(command: SpacesCommand, value: T | undefined, name: string): T {
  if (value === undefined) {
    throw malformedRequest(command, `"${name}" is missing`);
  }
  return value;
}

/** `{by, descending}`. */
export function sorting<T extends string>(
  command: SpacesCommand,
  raw: Raw,
  choices: readonly T[],
): { by: T; descending: boolean } | undefined {
  const sort = object(command, raw['sort']);
  const by = choice(command, sort, 'by', choices);
  return by && { by, descending: flag(command, sort, 'descending') ?? false };
}
