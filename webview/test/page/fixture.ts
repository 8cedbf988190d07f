/**
 * A heap to look at without a program: a default chunk with thread heaps, user
 * chunks with and without ceilings, a million entries made up row by row from
 * their index, and reports of several kinds.
 */
import {
  PROTOCOL_VERSION,
  type Chunk,
  type EntriesArguments,
  type EntriesResponse,
  type Entry,
  type Frame,
  type HeapResponse,
  type Report,
} from '../../../adapter/src/protocol';

const KB = 1024;
const MB = 1024 * KB;

export function frame(name: string, file: string, line: number, user = true): Frame {
  return {
    address: `0x${(0x555555555000 + line * 16).toString(16)}`,
    function: name,
    module: user ? '/home/dev/shop/build/shop' : '/lib/x86_64-linux-gnu/libc.so.6',
    user,
    ...(user ? { source: { path: `/home/dev/shop/src/${file}` }, line } : {}),
  };
}

function chunk(id: number, part: Partial<Chunk>): Chunk {
  return {
    id: `0x7ffff6${id.toString(16).padStart(6, '0')}`,
    label: `Chunk ${id}`,
    kind: 'variable',
    flags: 0,
    liveCount: 100 * id,
    liveBytes: 6400 * id,
    footprint: 64 * KB * id,
    peak: 80 * KB * id,
    ceiling: null,
    floor: 0,
    pageSize: 16 * KB,
    smallBlockSize: 512,
    blockSize: 0,
    thread: 0,
    lockDepth: 0,
    created: [frame('open_session', 'session.c', 41), frame('main', 'main.c', 88)],
    status: 'ok',
    ...part,
  };
}

export function makeHeap(generation = 3, growth = 1): HeapResponse {
  const chunks = [
    chunk(1, {
      label: 'Default chunk',
      kind: 'default',
      liveCount: 48_211,
      liveBytes: Math.round(11.3 * MB * growth),
      footprint: Math.round(14 * MB * growth),
      peak: 18 * MB,
      created: [],
    }),
    chunk(2, {
      label: 'Thread 48212',
      kind: 'thread',
      thread: 48_212,
      parent: '0x7ffff6000001',
      created: [],
    }),
    chunk(3, {
      label: 'Thread 48213',
      kind: 'thread',
      thread: 48_213,
      parent: '0x7ffff6000001',
      created: [],
    }),
    chunk(4, {
      label: 'orders (session.c:41)',
      liveCount: 9_120,
      liveBytes: 3.6 * MB,
      footprint: 3.75 * MB,
      peak: 3.9 * MB,
      ceiling: 4 * MB,
      floor: 256 * KB,
    }),
    chunk(5, {
      label: 'parse tree (parse.c:12)',
      liveCount: 2_003,
      liveBytes: 700 * KB,
      footprint: 1.7 * MB,
      peak: 1.8 * MB,
      ceiling: 2 * MB,
    }),
    chunk(6, {
      label: 'line items (cart.c:77)',
      kind: 'fixed',
      blockSize: 48,
      liveCount: 31_007,
      liveBytes: 1.42 * MB,
      footprint: 1.5 * MB,
      peak: 1.6 * MB,
      ceiling: 8 * MB,
      floor: 1 * MB,
    }),
    chunk(7, { label: 'cache <b>bold</b> (cache.c:9)', kind: 'shared', status: 'damaged', lockDepth: 1 }),
  ];
  const own = chunks.filter((candidate) => candidate.parent === undefined);
  return {
    protocol: PROTOCOL_VERSION,
    pid: 48_211,
    build: 'debug',
    version: '0.1.0',
    generation,
    via: 'process',
    process: {
      heapTotal: own.reduce((sum, one) => sum + one.footprint, 0) + 3 * MB,
      heapLimit: 32 * MB,
      totalFree: 2.6 * MB,
      growIncrement: 4 * MB,
      freeBytes: 1 * MB,
      largeThreshold: 8 * MB,
      useMunmap: true,
      coalesce: true,
    },
    chunks,
  };
}

const SITES: [string, string, number][] = [
  ['order_new', 'order.c', 33],
  ['customer_load', 'customer.c', 104],
  ['std::vector<LineItem>::reserve', 'cart.cpp', 71],
  ['json_parse_string', 'json.c', 512],
  ['index_insert', 'index.c', 220],
];

export const ENTRY_TOTAL = 1_000_000;

export function makeEntry(index: number, start = 0x7ffff5000000): Entry {
  const [name, file, line] = SITES[index % SITES.length] ?? ['main', 'main.c', 1];
  const requested = 24 + ((index * 37) % 4000);
  return {
    address: `0x${(start + index * 64).toString(16)}`,
    size: Math.ceil(requested / 16) * 16,
    requested,
    type: index % 11 === 0 ? 'fixed' : 'variable',
    ...(index === 0 ? { object: 'order[3]' } : {}),
    inUse: true,
    state: 'live',
    chunk: index % 7 === 0 ? '0x7ffff6000004' : '0x7ffff6000001',
    sequence: index + 1,
    age: ENTRY_TOTAL - index - 1,
    thread: 48_211,
    site: [
      frame('malloc', '', 0, false),
      frame(name, file, line),
      frame('handle_request', 'server.c', 310),
      frame('main', 'main.c', 88),
    ],
    status: index === 3 ? 'damaged' : 'ok',
  };
}

export function answerEntries(args: EntriesArguments, total = ENTRY_TOTAL): EntriesResponse {
  const narrow = args.filter?.text ? 0.2 : 1;
  const count = Math.round(total * narrow);
  const start = args.start ?? 0;
  const rows = Math.max(0, Math.min(args.count ?? 100, count - start));
  return {
    total: count,
    bytes: 2048 * count,
    all: total,
    generation: 3,
    entries: Array.from({ length: rows }, (_, row) => makeEntry(start + row)),
  };
}

function report(id: number, part: Partial<Report>): Report {
  return {
    id,
    kind: 'double-free',
    code: -10,
    message: 'Double free: this block of 40 bytes was freed before.',
    address: '0x7ffff5001240',
    size: 40,
    offset: 0,
    chunk: '0x7ffff6000001',
    sequence: 1_204,
    thread: 48_211,
    pid: 48_211,
    time: 1_763_842_800_000 + id * 4000,
    detected: [
      frame('free', '', 0, false),
      frame('order_release', 'order.c', 61),
      frame('cart_clear', 'cart.c', 95),
      frame('main', 'main.c', 97),
      frame('__libc_start_main', '', 1, false),
    ],
    allocated: [
      frame('malloc', '', 0, false),
      frame('order_new', 'order.c', 33),
      frame('main', 'main.c', 91),
    ],
    freed: [frame('free', '', 0, false), frame('index_drop', 'index.c', 120), frame('main', 'main.c', 94)],
    bytes: '',
    ...part,
  };
}

/** Bytes as an overflow leaves them: front redzone, block, a string that runs over its end. */
function overflowBytes(): string {
  const bytes = new Uint8Array(64).fill(0xa5);
  bytes.fill(0xb5, 0, 16);
  new TextEncoder().encodeInto('Customer number 1048576, Berlin', bytes.subarray(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function makeReports(): Report[] {
  return [
    report(1, {
      kind: 'overflow',
      message:
        'Overflow: 7 bytes were written past the end of this block of 24 bytes, first noticed when it was freed.',
      size: 24,
      offset: 24,
      bytes: overflowBytes(),
      bytesOffset: -16,
      byCheck: true,
      freed: [],
    }),
    report(2, {}),
    report(3, {
      kind: 'ceiling',
      address: '0x0',
      size: 0,
      sequence: 0,
      message: 'The ceiling of 4 MB of orders (session.c:41) is reached: 96 more bytes were refused.',
      freed: [],
      allocated: [],
    }),
    report(4, {
      kind: 'leak',
      message: 'Leak: <img src=x onerror=alert(1)> 12 blocks are no longer reachable.',
      freed: [],
    }),
  ];
}
