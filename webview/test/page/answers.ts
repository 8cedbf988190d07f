/** Answers of a made-up adapter: groups, call paths, the map, blocks and snapshots of the heap in fixture.ts. */
import type {
  BlockArguments,
  BlockResponse,
  CallTreeNode,
  CallTreeResponse,
  DiffArguments,
  DiffResponse,
  Entry,
  Frame,
  Group,
  GroupsArguments,
  GroupsResponse,
  HistoryResponse,
  LeakRecord,
  LeaksArguments,
  LeaksResponse,
  MapArguments,
  MapResponse,
  SlabArguments,
  SlabResponse,
  Snapshot,
  SnapshotsResponse,
} from '../../../adapter/src/protocol';
import { frame, makeEntry } from './fixture';

const KB = 1024;
const MB = 1024 * KB;
const CHUNKS = ['0x7ffff6000001', '0x7ffff6000004', '0x7ffff6000005', '0x7ffff6000006'];

const FILES: [string, string[]][] = [
  ['order.c', ['order_new', 'order_lines_grow', 'order_copy']],
  ['customer.c', ['customer_load', 'customer_name_copy']],
  ['cart.cpp', ['std::vector<LineItem>::reserve', 'Cart::add', 'Cart::merge']],
  ['json.c', ['json_parse_string', 'json_parse_object', 'json_array_push', 'json_buffer_grow']],
  ['index.c', ['index_insert', 'index_split', 'index_node_new']],
  ['cache.c', ['cache_put', 'cache_resize']],
];

const SITES: Frame[] = FILES.flatMap(([file, functions], fileIndex) =>
  functions.map((name, index) => frame(name, file, 30 + fileIndex * 40 + index * 17)),
);

function bytesOf(index: number): number {
  return Math.round((5.2 * MB) / (1 + index * 0.55));
}

export function makeGroups(): Group[] {
  return SITES.map((site, index) => ({
    key: `${site.function} ${site.source?.path ?? ''}:${site.line ?? 0}`,
    count: Math.round(bytesOf(index) / (48 + index * 24)),
    bytes: bytesOf(index),
    frames: [
      frame('malloc', '', 0, false),
      site,
      frame('handle_request', 'server.c', 310),
      frame('main', 'main.c', 88),
    ],
  }));
}

export function answerGroups(args: GroupsArguments): GroupsResponse {
  const all = makeGroups();
  const text = args.text?.toLowerCase();
  const found = text ? all.filter((group) => group.key.toLowerCase().includes(text)) : all;
  const by = args.sort?.by ?? 'bytes';
  const sorted = [...found].sort((a, b) => {
    const order = by === 'key' ? a.key.localeCompare(b.key) : a[by] - b[by];
    return args.sort?.descending === false ? order : -order;
  });
  const start = args.start ?? 0;
  return {
    total: found.length,
    all: all.length,
    count: found.reduce((sum, group) => sum + group.count, 0),
    bytes: found.reduce((sum, group) => sum + group.bytes, 0),
    groups: sorted.slice(start, start + (args.count ?? 100)),
    generation: 3,
  };
}

export function makeCallTree(): CallTreeResponse {
  const nodes: CallTreeNode[] = [];
  const add = (parent: number, one: Frame | undefined, bytes: number): number => {
    nodes.push({ parent, count: Math.round(bytes / 90), bytes, ...(one ? { frame: one } : {}) });
    return nodes.length - 1;
  };
  const total = SITES.reduce((sum, _site, index) => sum + bytesOf(index), 0);
  const root = add(-1, undefined, total);
  const main = add(root, frame('main', 'main.c', 88), total);
  let at = 0;
  for (const [file, functions] of FILES) {
    const own = functions.map((_name, index) => bytesOf(at + index));
    const sum = own.reduce((all, one) => all + one, 0);
    const entry = add(main, frame(`handle_${file.split('.')[0] ?? ''}`, 'server.c', 300 + at), sum);
    const middle = add(entry, frame(`${file.split('.')[0] ?? ''}_run`, file, 20), sum);
    functions.forEach((name, index) => {
      const leaf = add(middle, frame(name, file, 30 + index * 17), own[index] ?? 0);
      add(leaf, frame('malloc', '', 0, false), own[index] ?? 0);
    });
    at += functions.length;
  }
  return { nodes, omitted: 214, generation: 3 };
}

export const MAP_SLABS = 9_600;

/** A number from 0 to 1 that is the same for the same index every time. */
function noise(index: number): number {
  const value = Math.sin(index * 12.9898) * 43758.5453;
  return value - Math.floor(value);
}

export function answerMap(args: MapArguments): MapResponse {
  const start = args.start ?? 0;
  const count = Math.min(args.count ?? MAP_SLABS, MAP_SLABS - start);
  const wanted = Math.min(args.cells ?? 1024, count);
  const cells = Array.from({ length: wanted }, (_, index) => {
    const from = start + Math.floor((index * count) / wanted);
    const next = start + Math.floor(((index + 1) * count) / wanted);
    const slabs = next - from;
    const empty = from > MAP_SLABS * 0.9 || noise(Math.floor(from / 40)) < 0.12;
    const header = from % 64 === 0 && slabs === 1;
    const share = empty ? 0 : 0.15 + 0.85 * noise(Math.floor(from / 9));
    const used = empty || header ? 0 : slabs;
    const liveBytes = Math.round(used * 65536 * share);
    return {
      start: from,
      count: slabs,
      address: `0x${(0x7ffff0000000 + from * 65536).toString(16)}`,
      used,
      liveCount: Math.round(liveBytes / 96),
      liveBytes,
      kind: header ? ('header' as const) : empty ? ('free' as const) : ('small' as const),
      blockSize: empty ? 0 : 96,
      ...(used > 0 ? { chunk: CHUNKS[Math.floor(from / 700) % 4] ?? '' } : {}),
      chunks: used > 0 ? 1 + (slabs > 5 && noise(from) > 0.8 ? 1 : 0) : 0,
      damaged: from <= 4_321 && next > 4_321,
      hits: args.find && noise(from * 3) > 0.96 && used > 0 ? 3 : 0,
    };
  });
  return {
    total: MAP_SLABS,
    slabBytes: 65536,
    start,
    count,
    cells,
    segments: [{ start: 0, address: '0x7ffff0000000', bytes: 4 * MB }],
    generation: 3,
  };
}

export function answerSlab(args: SlabArguments): SlabResponse {
  const total = 580;
  return {
    address: args.address,
    bytes: 65536,
    carvedBytes: 57344,
    kind: 'small',
    blockSize: 96,
    chunk: '0x7ffff6000001',
    thread: 48_211,
    status: 'ok',
    total,
    blocks: Array.from({ length: total }, (_, index) => ({
      address: `0x${(BigInt(args.address) + BigInt(index * 112 + 16)).toString(16)}`,
      start: index * 112,
      length: 112,
      size: 40 + Math.floor(noise(index) * 56),
      state:
        index > 500
          ? ('unused' as const)
          : noise(index * 7) < 0.15
            ? ('free' as const)
            : noise(index * 5) < 0.1
              ? ('quarantined' as const)
              : ('live' as const),
      damaged: index === 133,
      hit: args.find !== undefined && noise(index * 11) > 0.94,
    })),
    generation: 3,
  };
}

function neighbour(offset: number): Entry {
  return { ...makeEntry(4), address: `0x${(0x7ffff5001240 + offset).toString(16)}` };
}

export function answerBlock(args: BlockArguments): BlockResponse {
  const looked = 'address' in args ? args.address : '0x7ffff5001248';
  if (looked === '0x10') {
    return { address: looked, verdict: 'wild', generation: 3 };
  }
  const bytes = new Uint8Array(80).fill(0xa5);
  bytes.fill(0xb5, 0, 16);
  new TextEncoder().encodeInto('Customer number 1048576, Berlin, Germany', bytes.subarray(16));
  return {
    address: looked,
    verdict: looked === '0x7ffff5001240' ? 'live' : 'interior',
    entry: { ...makeEntry(3), address: '0x7ffff5001240', size: 40, requested: 36 },
    from: '0x7ffff5001230',
    length: 80,
    parts: [
      { part: 'front-redzone', start: 0, length: 16 },
      { part: 'payload', start: 16, length: 36 },
      { part: 'back-redzone', start: 52, length: 28 },
    ],
    bytes: Buffer.from(bytes).toString('hex'),
    start: 0,
    damage: {
      kind: 'overflow',
      message: 'Overflow: 4 bytes were written past the end of this block of 36 bytes.',
      offset: 52,
    },
    previous: { entry: neighbour(-80), gap: 0 },
    next: { entry: { ...neighbour(80), state: 'quarantined', inUse: false }, gap: 0 },
    generation: 3,
  };
}

const TAKEN = 1_763_842_800_000;

export function makeSnapshots(): Snapshot[] {
  return [
    { id: 1, name: 'After start', time: TAKEN, generation: 1, count: 12_030, bytes: 3.1 * MB },
    {
      id: 2,
      name: 'Before requests',
      time: TAKEN + 9_000,
      generation: 2,
      count: 40_112,
      bytes: 9.8 * MB,
      place: 'server.c:310',
    },
  ];
}

export function answerSnapshots(): SnapshotsResponse {
  return { snapshots: makeSnapshots(), memory: 1.9 * MB };
}

export function answerDiff(args: DiffArguments): DiffResponse {
  const groups = makeGroups().map((group, index) => {
    const before = { count: Math.round(group.count * 0.6), bytes: Math.round(group.bytes * 0.6) };
    const shrinks = index % 4 === 3;
    const after = shrinks
      ? { count: Math.round(before.count * 0.4), bytes: Math.round(before.bytes * 0.4) }
      : { count: group.count, bytes: group.bytes };
    const allocated = shrinks
      ? { count: 0, bytes: 0 }
      : { count: after.count - before.count, bytes: after.bytes - before.bytes };
    const freed = shrinks
      ? { count: before.count - after.count, bytes: before.bytes - after.bytes }
      : { count: 0, bytes: 0 };
    return { key: group.key, frames: group.frames, before, after, allocated, freed };
  });
  const sum = (of: 'before' | 'after' | 'allocated' | 'freed'): { count: number; bytes: number } => ({
    count: groups.reduce((all, group) => all + group[of].count, 0),
    bytes: groups.reduce((all, group) => all + group[of].bytes, 0),
  });
  const start = args.start ?? 0;
  return {
    total: groups.length,
    all: groups.length + 40,
    before: sum('before'),
    after: sum('after'),
    allocated: sum('allocated'),
    freed: sum('freed'),
    groups: groups.slice(start, start + (args.count ?? 100)),
  };
}

export function makeHistory(): HistoryResponse {
  return {
    samples: Array.from({ length: 120 }, (_, index) => {
      const live = (2 + 9 * (index / 120) + Math.sin(index / 6)) * MB;
      return {
        time: TAKEN + index * 200,
        running: true,
        heapTotal: Math.ceil((live + 2 * MB) / (4 * MB)) * 4 * MB,
        heapLimit: 32 * MB,
        totalFree: 1 * MB,
        footprint: live + 1.2 * MB,
        liveCount: Math.round(live / 90),
        liveBytes: live,
      };
    }),
  };
}

const LEAK_KINDS = ['definite', 'definite', 'indirect', 'possible', 'reachable'] as const;

function makeLeak(site: Frame, index: number): LeakRecord {
  const kind = LEAK_KINDS[index % LEAK_KINDS.length] ?? 'definite';
  const count = 3 + index * 7;
  return {
    class: kind,
    count,
    bytes: count * (40 + index * 24),
    indirectCount: kind === 'definite' ? index * 3 : 0,
    indirectBytes: kind === 'definite' ? index * 3 * 64 : 0,
    frames: [frame('malloc', '', 0, false), site, frame('main', 'main.c', 88)],
    examples: [0, 1, 2].map((block) => `0x${(0x7ffff5001240 + (index * 8 + block) * 64).toString(16)}`),
    chunk: CHUNKS[index % CHUNKS.length] ?? '',
    ...(index === 5 ? { suppressed: 'kept for the whole run' } : {}),
  };
}

export function answerLeaks(args: LeaksArguments): LeaksResponse {
  const all = SITES.map(makeLeak);
  const kinds: readonly string[] = args.kinds ?? ['definite', 'indirect', 'possible'];
  const records = all
    .filter((record) => kinds.includes(record.class))
    .sort((a, b) => b.bytes + b.indirectBytes - a.bytes - a.indirectBytes);
  const sum = (kind: LeakRecord['class']): { count: number; bytes: number } =>
    all
      .filter((record) => record.class === kind)
      .reduce((to, { count, bytes }) => ({ count: to.count + count, bytes: to.bytes + bytes }), {
        count: 0,
        bytes: 0,
      });
  const start = args.start ?? 0;
  return {
    total: records.length,
    records: records.slice(start, start + (args.count ?? 100)),
    classes: {
      definite: sum('definite'),
      indirect: sum('indirect'),
      possible: sum('possible'),
      reachable: sum('reachable'),
    },
    generation: 3,
  };
}
