/** The arguments of spaces/* requests, as the contract has them. */
import * as path from 'node:path';
import { malformedRequest } from '../errors';
import {
  GROUP_BYS,
  LEAK_CLASSES,
  MAX_BLOCK_BYTES,
  MAX_CELLS,
  MAX_POINTERS,
  MAX_WATCHED_BYTES,
  type BlockArguments,
  type BreakOnGrowthArguments,
  type CallTreeArguments,
  type CheckArguments,
  type DiffArguments,
  type EntriesArguments,
  type EntryFilter,
  type ExportArguments,
  type FindWriteArguments,
  type GroupsArguments,
  type LeaksArguments,
  type LinesArguments,
  type LocateArguments,
  type MapArguments,
  type PointersArguments,
  type SetArguments,
  type SlabArguments,
  type SnapshotArguments,
  type SnapshotPlace,
  type SpacesCommand,
  type UnwatchArguments,
  type WatchBlockArguments,
  type WatchSiteArguments,
} from '../protocol';
import {
  address,
  bounded,
  choice,
  count,
  flag,
  limit,
  list,
  nested,
  object,
  page,
  present,
  required,
  sorting,
  text,
  type Raw,
} from './fields';

/** Arguments with what may be absent filled in. */
type Filled<T, K extends keyof T> = T & Required<Pick<T, K>>;

const NAME_LENGTH = 200;
const MAX_NODES = 20_000;
const MAX_PLACES = 100;
const MAX_FRAMES = 32;

function chunkOf(command: SpacesCommand, raw: Raw): { chunk?: string } {
  return present({ chunk: address(command, raw, 'chunk') });
}

function filter(command: SpacesCommand, value: unknown, path: string): EntryFilter {
  const raw = nested(command, value, path);
  const group = `${path}.group`;
  const grouped = raw[group] === undefined ? undefined : nested(command, raw[group], group);
  return present({
    minSize: count(command, raw, `${path}.minSize`),
    maxSize: count(command, raw, `${path}.maxSize`),
    address: address(command, raw, `${path}.address`),
    text: text(command, raw, `${path}.text`),
    damaged: flag(command, raw, `${path}.damaged`),
    group: grouped && {
      by: required(command, choice(command, grouped, `${group}.by`, GROUP_BYS), `${group}.by`),
      key: required(command, text(command, grouped, `${group}.key`), `${group}.key`),
    },
  });
}

function place(
  command: SpacesCommand,
  raw: Raw,
): { address: string } | { expression: string; frameId: number } {
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

export function entriesArguments(
  value: unknown,
  command: SpacesCommand = 'spaces/entries',
): Filled<EntriesArguments, 'filter'> {
  const raw = object(command, value);
  return {
    ...chunkOf(command, raw),
    ...present({
      state: choice(command, raw, 'state', ['live', 'free', 'all'] as const),
      sort: sorting(command, raw, ['address', 'size', 'age', 'site'] as const),
    }),
    filter: filter(command, raw['filter'], 'filter'),
    ...page(command, raw),
  };
}

export function groupsArguments(value: unknown, command: SpacesCommand = 'spaces/groups'): GroupsArguments {
  const raw = object(command, value);
  return {
    by: required(command, choice(command, raw, 'by', GROUP_BYS), 'by'),
    ...chunkOf(command, raw),
    ...present({
      sort: sorting(command, raw, ['bytes', 'count', 'key'] as const),
      text: text(command, raw, 'text'),
    }),
    ...page(command, raw),
  };
}

export function callTreeArguments(value: unknown): Filled<CallTreeArguments, 'nodes' | 'order'> {
  const command = 'spaces/callTree';
  const raw = object(command, value);
  return {
    ...chunkOf(command, raw),
    order: choice(command, raw, 'order', ['callers', 'callees'] as const) ?? 'callers',
    nodes: Math.max(1, bounded(command, raw, 'nodes', 2000, MAX_NODES)),
  };
}

export function linesArguments(value: unknown): LinesArguments {
  const command = 'spaces/lines';
  return { path: required(command, text(command, object(command, value), 'path'), 'path') };
}

export function locateArguments(value: unknown): LocateArguments {
  return place('spaces/locate', object('spaces/locate', value));
}

export function pointersArguments(value: unknown): PointersArguments {
  const command = 'spaces/pointers';
  const raw = object(command, value);
  if (raw['addresses'] === undefined) {
    return { frameId: required(command, count(command, raw, 'frameId'), 'frameId') };
  }
  const addresses = list(command, raw, 'addresses', MAX_POINTERS).map((one) =>
    required(command, address(command, { addresses: one }, 'addresses'), 'addresses'),
  );
  return { addresses };
}

export function blockArguments(value: unknown): Filled<BlockArguments, 'start' | 'count'> {
  const command = 'spaces/block';
  const raw = object(command, value);
  return {
    ...place(command, raw),
    start: count(command, raw, 'start') ?? 0,
    count: bounded(command, raw, 'count', 1024, MAX_BLOCK_BYTES),
  };
}

export function mapArguments(value: unknown): Filled<MapArguments, 'start' | 'count' | 'cells'> {
  const command = 'spaces/map';
  const raw = object(command, value);
  return {
    ...chunkOf(command, raw),
    start: count(command, raw, 'start') ?? 0,
    count: count(command, raw, 'count') ?? Number.MAX_SAFE_INTEGER,
    cells: Math.max(1, bounded(command, raw, 'cells', 1024, MAX_CELLS)),
    ...(raw['find'] === undefined ? {} : { find: filter(command, raw['find'], 'find') }),
  };
}

export function slabArguments(value: unknown): Filled<SlabArguments, 'start' | 'count'> {
  const command = 'spaces/slab';
  const raw = object(command, value);
  return {
    address: required(command, address(command, raw, 'address'), 'address'),
    start: count(command, raw, 'start') ?? 0,
    count: bounded(command, raw, 'count', MAX_CELLS, MAX_CELLS),
    ...(raw['find'] === undefined ? {} : { find: filter(command, raw['find'], 'find') }),
  };
}

export function checkArguments(value: unknown): CheckArguments {
  return chunkOf('spaces/check', object('spaces/check', value));
}

export function setArguments(value: unknown): SetArguments {
  const command = 'spaces/set';
  const raw = object(command, value);
  return {
    ...chunkOf(command, raw),
    ...present({
      ceiling: limit(command, raw, 'ceiling'),
      floor: count(command, raw, 'floor'),
      freeBytes: limit(command, raw, 'freeBytes'),
      growIncrement: count(command, raw, 'growIncrement'),
      pageSize: count(command, raw, 'pageSize'),
      maxSuballoc: count(command, raw, 'maxSuballoc'),
      maxSubchunks: count(command, raw, 'maxSubchunks'),
      smallBlockSize: count(command, raw, 'smallBlockSize'),
      smallAllocator: choice(command, raw, 'smallAllocator', ['none', 'v3', 'v5'] as const),
      serialized: flag(command, raw, 'serialized'),
      pageResizing: flag(command, raw, 'pageResizing'),
      heapLimit: limit(command, raw, 'heapLimit'),
      largeThreshold: count(command, raw, 'largeThreshold'),
      useMunmap: flag(command, raw, 'useMunmap'),
      coalesce: flag(command, raw, 'coalesce'),
    }),
  };
}

export function snapshotArguments(value: unknown): SnapshotArguments {
  const command = 'spaces/snapshot';
  const name = text(command, object(command, value), 'name');
  return present({ name: name?.slice(0, NAME_LENGTH) });
}

export function snapshotId(command: SpacesCommand, value: unknown, name = 'id'): number {
  return required(command, count(command, object(command, value), name), name);
}

export function snapshotPlaces(value: unknown): SnapshotPlace[] {
  const command = 'spaces/snapshotAt';
  return list(command, object(command, value), 'places', MAX_PLACES).map((one) => {
    const raw = object(command, one);
    const more = present({
      name: text(command, raw, 'name')?.slice(0, NAME_LENGTH),
      most: count(command, raw, 'most'),
    });
    const named = text(command, raw, 'function');
    return named === undefined
      ? {
          path: required(command, text(command, raw, 'path'), 'path'),
          line: required(command, count(command, raw, 'line'), 'line'),
          ...more,
        }
      : { function: named, ...more };
  });
}

export function diffArguments(value: unknown, command: SpacesCommand = 'spaces/diff'): DiffArguments {
  const raw = object(command, value);
  return {
    from: snapshotId(command, value, 'from'),
    by: required(command, choice(command, raw, 'by', GROUP_BYS), 'by'),
    ...chunkOf(command, raw),
    ...present({
      to: count(command, raw, 'to'),
      sort: sorting(command, raw, ['bytes', 'count', 'key', 'allocated', 'freed'] as const),
      text: text(command, raw, 'text'),
    }),
    ...page(command, raw),
  };
}

export function leaksArguments(value: unknown, command: SpacesCommand = 'spaces/leaks'): LeaksArguments {
  const raw = object(command, value);
  const kinds =
    raw['kinds'] === undefined
      ? undefined
      : list(command, raw, 'kinds', LEAK_CLASSES.length).map((one) =>
          required(command, choice(command, { kinds: one }, 'kinds', LEAK_CLASSES), 'kinds'),
        );
  return {
    ...chunkOf(command, raw),
    ...present({ kinds, since: count(command, raw, 'since') }),
    ...page(command, raw),
  };
}

export function historyArguments(value: unknown): { since: number } {
  const command = 'spaces/history';
  return { since: count(command, object(command, value), 'since') ?? 0 };
}

export function findWriteArguments(value: unknown): FindWriteArguments {
  const command = 'spaces/findWrite';
  return { report: required(command, count(command, object(command, value), 'report'), 'report') };
}

export function watchBlockArguments(value: unknown): WatchBlockArguments {
  const command = 'spaces/watchBlock';
  const raw = object(command, value);
  const bytes = count(command, raw, 'bytes');
  if (bytes !== undefined && (bytes < 1 || bytes > MAX_WATCHED_BYTES)) {
    throw malformedRequest(command, `"bytes" is not between 1 and ${MAX_WATCHED_BYTES}`);
  }
  return {
    address: required(command, address(command, raw, 'address'), 'address'),
    on: required(command, choice(command, raw, 'on', ['free', 'resize', 'write']), 'on'),
    ...present({ offset: count(command, raw, 'offset'), bytes }),
  };
}

export function watchSiteArguments(value: unknown): WatchSiteArguments {
  const command = 'spaces/watchSite';
  const raw = object(command, value);
  const frames = list(command, raw, 'frames', MAX_FRAMES).map((one) =>
    required(command, address(command, { frames: one }, 'frames'), 'frames'),
  );
  const pass = count(command, raw, 'pass');
  if (frames.length === 0 || pass === 0) {
    throw malformedRequest(command, pass === 0 ? '"pass" counts from 1' : '"frames" is empty');
  }
  return { frames, ...present({ pass }) };
}

export function unwatchArguments(value: unknown): UnwatchArguments {
  const command = 'spaces/unwatch';
  return { id: required(command, count(command, object(command, value), 'id'), 'id') };
}

export function growthArguments(value: unknown): BreakOnGrowthArguments {
  const command = 'spaces/breakOnGrowth';
  const raw = object(command, value);
  return {
    chunk: required(command, address(command, raw, 'chunk'), 'chunk'),
    enabled: required(command, flag(command, raw, 'enabled'), 'enabled'),
    ...present({ above: count(command, raw, 'above') }),
  };
}

export function exportArguments(value: unknown): ExportArguments {
  const command = 'spaces/export';
  const raw = object(command, value);
  const file = required(command, text(command, raw, 'path'), 'path');
  if (!path.isAbsolute(file)) {
    throw malformedRequest(command, '"path" is not absolute');
  }
  const whats = ['entries', 'groups', 'diff', 'leaks', 'chunks', 'reports', 'history', 'stacks'] as const;
  const what = required(command, choice(command, raw, 'what', whats), 'what');
  const query = raw['query'];
  if (what === 'stacks') {
    const format = choice(command, raw, 'format', ['pprof', 'speedscope'] as const);
    return {
      path: file,
      what,
      format: required(command, format, 'format'),
      query: chunkOf(command, object(command, query)),
    };
  }
  const format = required(command, choice(command, raw, 'format', ['csv', 'json'] as const), 'format');
  switch (what) {
    case 'entries':
      return { path: file, what, format, query: entriesArguments(query, command) };
    case 'groups':
      return { path: file, what, format, query: groupsArguments(query, command) };
    case 'diff':
      return { path: file, what, format, query: diffArguments(query, command) };
    case 'leaks':
      return { path: file, what, format, query: leaksArguments(query, command) };
    default:
      return { path: file, what, format };
  }
}

/** The client's name for a request. */
export function tokenOf(command: SpacesCommand, value: unknown): string | undefined {
  return text(command, object(command, value), 'token');
}
