/** The arguments of spaces/* requests, checked: a client may send anything. */
import { malformedRequest } from '../errors';
import type {
  CheckArguments,
  EntriesArguments,
  GroupsArguments,
  LocateArguments,
  SetArguments,
  SpacesCommand,
} from '../protocol';

type Raw = Record<string, unknown>;

const MAX_COUNT = 1000;
const ADDRESS = /^0x[0-9a-f]{1,16}$/i;

function object(command: SpacesCommand, value: unknown): Raw {
  if (value === undefined || value === null) {
    return {};
  }
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw malformedRequest(command, 'its arguments are no object');
  }
  return value as Raw;
}

function address(command: SpacesCommand, raw: Raw, name: string): string | undefined {
  const value = raw[name] ?? undefined;
  if (value === undefined) {
    return undefined;
  }
  if (typeof value !== 'string' || !ADDRESS.test(value)) {
    throw malformedRequest(command, `"${name}" is no address such as "0x7f0012345678"`);
  }
  return value.toLowerCase();
}

function count(command: SpacesCommand, raw: Raw, name: string): number | undefined {
  const value = raw[name] ?? undefined;
  if (value === undefined) {
    return undefined;
  }
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw malformedRequest(command, `"${name}" is no whole number from 0`);
  }
  return value;
}

function choice<T extends string>(
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

function limit(command: SpacesCommand, raw: Raw, name: string): number | null | undefined {
  return raw[name] === null ? null : count(command, raw, name);
}

/** Only the fields that are there. */
function present<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function page(command: SpacesCommand, raw: Raw): { start?: number; count?: number } {
  const fields = present({ start: count(command, raw, 'start'), count: count(command, raw, 'count') });
  if ((fields.count ?? 0) > MAX_COUNT) {
    throw malformedRequest(command, `"count" is more than ${MAX_COUNT}`);
  }
  return fields;
}

export function entriesArguments(value: unknown): EntriesArguments {
  const command = 'spaces/entries';
  const raw = object(command, value);
  const sort = object(command, raw['sort']);
  const filter = object(command, raw['filter']);
  const by = choice(command, sort, 'by', ['address', 'size', 'age', 'site'] as const);
  const text = filter['text'] ?? undefined;
  if (text !== undefined && typeof text !== 'string') {
    throw malformedRequest(command, '"filter.text" is no string');
  }
  return {
    ...present({
      chunk: address(command, raw, 'chunk'),
      state: choice(command, raw, 'state', ['live', 'free', 'all'] as const),
    }),
    ...(by ? { sort: { by, descending: sort['descending'] === true } } : {}),
    filter: present({
      minSize: count(command, filter, 'minSize'),
      maxSize: count(command, filter, 'maxSize'),
      address: address(command, filter, 'address'),
      text: text === '' ? undefined : text,
    }),
    ...page(command, raw),
  };
}

export function groupsArguments(value: unknown): GroupsArguments {
  const command = 'spaces/groups';
  const raw = object(command, value);
  const by = choice(command, raw, 'by', [
    'site',
    'function',
    'file',
    'module',
    'size',
    'type',
    'thread',
  ] as const);
  if (!by) {
    throw malformedRequest(command, '"by" is missing');
  }
  return { by, ...present({ chunk: address(command, raw, 'chunk') }), ...page(command, raw) };
}

export function locateArguments(value: unknown): LocateArguments {
  const command = 'spaces/locate';
  const raw = object(command, value);
  const at = address(command, raw, 'address');
  if (at !== undefined) {
    return { address: at };
  }
  const expression = raw['expression'];
  const frameId = count(command, raw, 'frameId');
  if (typeof expression !== 'string' || frameId === undefined) {
    throw malformedRequest(command, 'it needs "address", or "expression" and "frameId"');
  }
  return { expression, frameId };
}

export function checkArguments(value: unknown): CheckArguments {
  return present({ chunk: address('spaces/check', object('spaces/check', value), 'chunk') });
}

export function setArguments(value: unknown): SetArguments {
  const command = 'spaces/set';
  const raw = object(command, value);
  const result: SetArguments = present({
    chunk: address(command, raw, 'chunk'),
    ceiling: limit(command, raw, 'ceiling'),
    floor: count(command, raw, 'floor'),
    heapLimit: limit(command, raw, 'heapLimit'),
  });
  if ((result.ceiling !== undefined || result.floor !== undefined) && result.chunk === undefined) {
    throw malformedRequest(command, '"chunk" is missing');
  }
  if (result.ceiling === undefined && result.floor === undefined && result.heapLimit === undefined) {
    throw malformedRequest(command, 'it sets nothing');
  }
  return result;
}
