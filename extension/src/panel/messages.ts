/** Narrows what comes out of the webview to the messages of the contract. */
import type {
  ExportRequest,
  Frame,
  LeakDetails,
  PanelMessage,
  SpacesCommand,
} from '../../../adapter/src/protocol';

const COMMANDS: Record<SpacesCommand, true> = {
  'spaces/heap': true,
  'spaces/entries': true,
  'spaces/groups': true,
  'spaces/callTree': true,
  'spaces/lines': true,
  'spaces/locate': true,
  'spaces/pointers': true,
  'spaces/block': true,
  'spaces/map': true,
  'spaces/slab': true,
  'spaces/check': true,
  'spaces/set': true,
  'spaces/reports': true,
  'spaces/snapshot': true,
  'spaces/snapshots': true,
  'spaces/dropSnapshot': true,
  'spaces/snapshotAt': true,
  'spaces/diff': true,
  'spaces/history': true,
  'spaces/breakOnGrowth': true,
  'spaces/leaks': true,
  'spaces/export': true,
  'spaces/findWrite': true,
  'spaces/watchBlock': true,
  'spaces/watchSite': true,
  'spaces/watches': true,
  'spaces/unwatch': true,
  'spaces/cancel': true,
};

const ADDRESS = /^0x[0-9a-f]{1,16}$/;

/** The message, or undefined where it is none of ours. */
export function asPanelMessage(value: unknown): PanelMessage | undefined {
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  const message = value as Record<string, unknown>;
  switch (message['type']) {
    case 'ready':
    case 'startDebugging':
      return { type: message['type'] };
    case 'request': {
      const { seq, command, arguments: args } = message;
      return Number.isSafeInteger(seq) && typeof command === 'string' && Object.hasOwn(COMMANDS, command)
        ? { type: 'request', seq: seq as number, command: command as SpacesCommand, arguments: args }
        : undefined;
    }
    case 'openSource': {
      const { path, line } = message;
      return typeof path === 'string' && path.startsWith('/') && Number.isSafeInteger(line)
        ? { type: 'openSource', path, line: line as number }
        : undefined;
    }
    case 'viewMemory': {
      const { address, length } = message;
      return typeof address === 'string' && ADDRESS.test(address) && Number.isSafeInteger(length)
        ? { type: 'viewMemory', address, length: length as number }
        : undefined;
    }
    case 'findWrite':
      return Number.isSafeInteger(message['report'])
        ? { type: 'findWrite', report: message['report'] as number }
        : undefined;
    case 'markIntended': {
      const { allocated, leak } = message;
      return isStack(allocated) && isLeak(leak) ? { type: 'markIntended', allocated, leak } : undefined;
    }
    case 'copyTable':
    case 'export': {
      const table = asExportRequest(message['table']);
      return table && { type: message['type'], table };
    }
    case 'copy':
      return typeof message['text'] === 'string' ? { type: 'copy', text: message['text'] } : undefined;
    default:
      return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

function isStack(value: unknown): value is Frame[] {
  return (
    Array.isArray(value) &&
    value.every(
      (frame: unknown) =>
        isObject(frame) && typeof frame['function'] === 'string' && typeof frame['user'] === 'boolean',
    )
  );
}

function isLeak(value: unknown): value is LeakDetails {
  return (
    isObject(value) &&
    typeof value['class'] === 'string' &&
    ['count', 'bytes', 'indirectCount', 'indirectBytes'].every((name) => Number.isSafeInteger(value[name]))
  );
}

const FORMATS: Record<ExportRequest['what'], readonly string[]> = {
  entries: ['csv', 'json'],
  groups: ['csv', 'json'],
  diff: ['csv', 'json'],
  leaks: ['csv', 'json'],
  chunks: ['csv', 'json'],
  reports: ['csv', 'json'],
  history: ['csv', 'json'],
  stacks: ['pprof', 'speedscope'],
};

/** A table that the adapter can write; what its query may hold, the adapter checks. */
function asExportRequest(value: unknown): ExportRequest | undefined {
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  const { what, format, query } = value as Record<string, unknown>;
  return typeof what === 'string' &&
    Object.hasOwn(FORMATS, what) &&
    FORMATS[what as ExportRequest['what']].includes(String(format)) &&
    (query === undefined || (typeof query === 'object' && query !== null))
    ? (value as ExportRequest)
    : undefined;
}
