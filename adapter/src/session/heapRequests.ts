/** Which part answers which spaces/* request, and how each is called in the progress that people see. */
import * as errors from '../errors';
import * as parse from '../heap/arguments';
import type { HeapService } from '../heap/service';
import type { Task } from '../heap/task';
import { MAX_WATCHED_BYTES, type SpacesCommand } from '../protocol';
import type { BlockWatches } from '../watches/blockWatches';
import type { GrowthWatches } from './growth';
import type { SnapshotPlaces } from './snapshotPlaces';

export interface HeapParts {
  heap: HeapService;
  /** Absent where another debugger holds the program, which does not stop or pass by at our places. */
  growth?: GrowthWatches;
  watches?: BlockWatches;
  places?: SnapshotPlaces;
  /** Run `work` with the program paused, which gdb needs to change breakpoints. */
  paused: <T>(work: () => Promise<T>) => Promise<T>;
  snapshotTaken: (value: unknown, task: Task) => Promise<object>;
}

/** A part that only our own debugger has, for `what`. */
function needed<T>(part: T | undefined, what: string): T {
  if (part === undefined) {
    throw errors.needsOwnDebugger(what);
  }
  return part;
}

type Answer = (parts: HeapParts, value: unknown, task: Task) => object | Promise<object>;

const ANSWERS: Partial<Record<SpacesCommand, { title: string; answer: Answer }>> = {
  'spaces/heap': { title: 'Reading the heap', answer: ({ heap }) => heap.heap() },
  'spaces/entries': {
    title: 'Listing blocks',
    answer: ({ heap }, value, task) => heap.lists.entries(value, task),
  },
  'spaces/groups': {
    title: 'Grouping blocks',
    answer: ({ heap }, value, task) => heap.lists.groups(value, task),
  },
  'spaces/callTree': {
    title: 'Building the call tree',
    answer: ({ heap }, value, task) => heap.lists.callTree(value, task),
  },
  'spaces/lines': {
    title: 'Adding up lines',
    answer: ({ heap }, value, task) => heap.lists.lines(value, task),
  },
  'spaces/locate': {
    title: 'Looking up an address',
    answer: ({ heap }, value) => heap.looking.locate(value),
  },
  'spaces/pointers': {
    title: 'Looking up pointers',
    answer: ({ heap }, value) => heap.looking.pointers(value),
  },
  'spaces/block': { title: 'Looking at a block', answer: ({ heap }, value) => heap.looking.block(value) },
  'spaces/map': {
    title: 'Drawing the heap map',
    answer: ({ heap }, value, task) => heap.looking.map(value, task),
  },
  'spaces/slab': {
    title: 'Looking at a slab',
    answer: ({ heap }, value, task) => heap.looking.slab(value, task),
  },
  'spaces/check': { title: 'Checking the heap', answer: ({ heap }, value, task) => heap.check(value, task) },
  'spaces/set': { title: 'Changing a setting', answer: ({ heap }, value) => heap.settings.set(value) },
  'spaces/snapshot': {
    title: 'Taking a snapshot',
    answer: ({ snapshotTaken }, value, task) => snapshotTaken(value, task),
  },
  'spaces/snapshots': { title: 'Listing snapshots', answer: ({ heap }) => heap.snapshots.list() },
  'spaces/dropSnapshot': {
    title: 'Dropping a snapshot',
    answer: ({ heap }, value) => heap.snapshots.drop(value),
  },
  'spaces/snapshotAt': {
    title: 'Setting the places of snapshots',
    answer: ({ places, paused }, value) => {
      const wanted = parse.snapshotPlaces(value);
      const placed = needed(places, 'Taking a snapshot at a place');
      return paused(() => placed.set(wanted));
    },
  },
  'spaces/diff': {
    title: 'Comparing snapshots',
    answer: ({ heap }, value, task) => heap.snapshots.diff(value, task),
  },
  'spaces/breakOnGrowth': {
    title: 'Watching a chunk',
    answer: async ({ heap, growth }, value) => {
      const args = parse.growthArguments(value);
      const watching = needed(growth, 'Stopping when a chunk grows');
      await heap.access.open('Watching a chunk');
      return watching.set(args, async (chunk) => {
        const raw = await heap.access.rawChunk(BigInt(chunk));
        const label = (await heap.access.chunks([raw]))[0]?.label ?? chunk;
        return { label, footprint: raw.footprint, footprintAt: raw.footprintAt };
      });
    },
  },
  'spaces/leaks': {
    title: 'Looking for leaks',
    answer: ({ heap }, value, task) => heap.leaks.leaks(value, task),
  },
  'spaces/watchBlock': {
    title: 'Watching a block',
    answer: async ({ heap, watches }, value) => {
      const { address, on, offset = 0, bytes } = parse.watchBlockArguments(value);
      const block = await heap.looking.liveBlock(BigInt(address));
      const left = block.size - offset;
      if (on === 'write' && (left < 1 || (bytes ?? 1) > left)) {
        throw errors.requestFailed(`These bytes are not in the block, which has ${block.size}.`);
      }
      const range = { offset, bytes: bytes ?? (left > MAX_WATCHED_BYTES ? 8 : left) };
      return needed(watches, 'Watching a block').watchBlock(block, on, range);
    },
  },
  'spaces/watchSite': {
    title: 'Watching a place of allocation',
    answer: async ({ heap, watches }, value) => {
      const { frames, pass } = parse.watchSiteArguments(value);
      await heap.access.open('Watching a place of allocation');
      const stack = await heap.access.framesOfAddresses(frames.map((frame) => BigInt(frame)));
      const site = heap.access.siteOf(stack);
      const frame = stack.find(({ user }) => user) ?? stack[0];
      const where = frame?.source && frame.line !== undefined ? `${frame.source.path}:${frame.line}` : '';
      return needed(watches, 'Watching a place of allocation').watchSite(
        site ?? '0x0',
        pass,
        where || (frame?.function ?? frames[0] ?? ''),
      );
    },
  },
  'spaces/watches': { title: 'Listing watches', answer: ({ watches }) => watches?.list() ?? { watches: [] } },
  'spaces/unwatch': {
    title: 'Removing a watch',
    answer: async ({ heap, watches }, value) => {
      const { id } = parse.unwatchArguments(value);
      await heap.access.open('Removing a watch');
      return needed(watches, 'Removing a watch').remove(id);
    },
  },
  'spaces/export': {
    title: 'Exporting',
    answer: ({ heap }, value, task) => heap.exports.export(value, task),
  },
};

function requestOf(command: string): { title: string; answer: Answer } | undefined {
  return Object.hasOwn(ANSWERS, command) ? ANSWERS[command as SpacesCommand] : undefined;
}

/** How the request is called while it runs; throws where there is no such request. */
export function titleOf(command: string): string {
  const request = requestOf(command);
  if (!request) {
    throw errors.unsupportedRequest(`The request "${command}"`);
  }
  return request.title;
}

/** The answer to a request. */
export async function answerHeapRequest(
  parts: HeapParts,
  command: string,
  value: unknown,
  task: Task,
): Promise<object> {
  const request = requestOf(command);
  if (!request) {
    throw errors.unsupportedRequest(`The request "${command}"`);
  }
  return request.answer(parts, value, task);
}
