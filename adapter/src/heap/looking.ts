/** What an address is: its verdict, its block with bytes and neighbours, its slab, and the heap as a picture. */
import * as errors from '../errors';
import { hex } from '../gdb/mi';
import type {
  BlockResponse,
  Entry,
  Frame,
  LocateResponse,
  MapResponse,
  Pointer,
  PointersResponse,
  SlabResponse,
} from '../protocol';
import { SLAB_KIND, VERDICT, type RawBlock, type RawFilter, type RawLocations } from '../reader/native';
import { isReportKind } from '../reports/decode';
import type { HeapAccess } from './access';
import * as parse from './arguments';
import { toCells, toEntries, toSlabBlocks } from './convert';
import type { Lists } from './lists';
import type { ObjectTypes } from './objects';
import type { ScopePointer } from './pointers';
import { UNWATCHED, type Task } from './task';

/** The pointers in scope of a frame. */
export type FindPointers = (
  frameId: number,
) => Promise<{ pointers: ScopePointer[]; source?: { path: string; line: number } }>;

interface Located {
  verdict: (typeof VERDICT)[number];
  entry?: Entry;
  offset: number;
  freed: Frame[];
}

export class Looking {
  constructor(
    private readonly access: HeapAccess,
    private readonly lists: Lists,
    private readonly objects: ObjectTypes,
    private readonly findPointers: FindPointers,
  ) {}

  /** Number of the allocation that the block at an address is, or was, of; 0 where it is none. */
  async sequenceAt(address: bigint): Promise<number> {
    await this.access.open('Looking up an address');
    const raw = await this.access.ask('Looking up an address', (native) =>
      native.locate(BigUint64Array.of(address)),
    );
    const [located] = await this.located(raw);
    return located?.entry?.sequence ?? 0;
  }

  /** The live block that an address lies in; throws where there is none. */
  async liveBlock(address: bigint): Promise<{ address: bigint; size: number; sequence: number }> {
    const { verdict, entry } = await this.locate({ address: hex(address) });
    if (!entry || (verdict !== 'live' && verdict !== 'interior')) {
      throw errors.requestFailed(`There is no live block at ${hex(address)}.`);
    }
    return { address: BigInt(entry.address), size: entry.requested, sequence: entry.sequence };
  }

  async locate(value: unknown): Promise<LocateResponse> {
    const args = parse.locateArguments(value);
    await this.access.open('Looking up an address');
    const address = await this.addressOf(args);
    const raw = await this.access.ask('Looking up an address', (native) =>
      native.locate(BigUint64Array.of(address)),
    );
    const [located] = await this.located(raw);
    if (!located?.entry) {
      return { address: hex(address), verdict: 'wild' };
    }
    const { verdict, entry, offset, freed } = located;
    const chunk = await this.access.chunk(BigInt(entry.chunk));
    return {
      address: hex(address),
      verdict,
      entry,
      ...(chunk ? { chunk } : {}),
      offset,
      ...(freed.length > 0 ? { freed } : {}),
    };
  }

  /** Verdicts for many addresses, or for all pointers in scope of a frame. */
  async pointers(value: unknown): Promise<PointersResponse> {
    const args = parse.pointersArguments(value);
    const { generation } = this.access;
    await this.access.open('Looking up pointers');
    const scope: Awaited<ReturnType<FindPointers>> =
      'frameId' in args
        ? await this.findPointers(args.frameId)
        : { pointers: args.addresses.map((address) => ({ name: '', address: BigInt(address) })) };
    const raw = await this.access.ask('Looking up pointers', (native) =>
      native.locate(BigUint64Array.from(scope.pointers, ({ address }) => address)),
    );
    const located = await this.located(raw);
    const labels = new Map(
      (await this.access.chunks(await this.access.rawChunks())).map(({ id, label }) => [id, label]),
    );
    const pointers = scope.pointers.map((pointer, row): Pointer => {
      const { verdict = 'wild', entry, offset, freed = [] } = located[row] ?? {};
      const chunk = entry && labels.get(entry.chunk);
      return {
        ...pointer,
        address: hex(pointer.address),
        verdict,
        dangling: verdict === 'free' && (entry?.state === 'free' || entry?.state === 'quarantined'),
        ...(entry ? { entry } : {}),
        ...(entry && offset !== undefined ? { offset } : {}),
        ...(chunk === undefined ? {} : { chunk }),
        ...(freed.length > 0 ? { freed } : {}),
      };
    });
    return { pointers, ...(scope.source ? { source: scope.source } : {}), generation };
  }

  async block(value: unknown): Promise<BlockResponse> {
    const args = parse.blockArguments(value);
    const { generation } = this.access;
    await this.access.open('The block');
    const address = await this.addressOf(args);
    const raw = await this.access.ask('The block', (native) => native.block(address, args.start, args.count));
    const [located] = await this.located(raw.location);
    if (!located?.entry) {
      return { address: hex(address), verdict: 'wild', generation };
    }
    const { verdict, entry, freed } = located;
    const chunk = await this.access.chunk(BigInt(entry.chunk));
    const around = toEntries(raw.neighbours, await this.access.framesOf([...raw.neighbours.stack]));
    await this.objects.enter(around, UNWATCHED);
    const previous = raw.hasPrevious ? around[0] : undefined;
    const next = raw.hasNext ? around[raw.hasPrevious ? 1 : 0] : undefined;
    const freedThread = raw.location.freeThread[0] ?? 0;
    return {
      address: hex(address),
      verdict,
      entry,
      ...(chunk ? { chunk } : {}),
      from: hex(raw.from),
      length: raw.length,
      parts: partsOf(raw, entry),
      bytes: Buffer.from(raw.bytes).toString('hex'),
      start: raw.start,
      ...(raw.damage
        ? {
            damage: {
              kind: isReportKind(raw.damage.kind) ? raw.damage.kind : 'metadata',
              message: raw.damage.message,
              offset: raw.damage.offset + Number(raw.damage.address - raw.from),
            },
          }
        : {}),
      ...(freed.length > 0 ? { freed } : {}),
      ...(freedThread === 0 ? {} : { freedThread }),
      ...(previous ? { previous: { entry: previous, gap: raw.gapBefore } } : {}),
      ...(next ? { next: { entry: next, gap: raw.gapAfter } } : {}),
      generation,
    };
  }

  async map(value: unknown, task: Task): Promise<MapResponse> {
    const args = parse.mapArguments(value);
    const { generation } = this.access;
    const find = await this.find(args.find, task);
    const chunk = args.chunk === undefined ? undefined : BigInt(args.chunk);
    const raw = await this.access.ask(
      'The heap map',
      (native) => native.picture(chunk, args.start, args.count, args.cells, find),
      task,
    );
    return {
      total: raw.total,
      slabBytes: raw.slabBytes,
      start: raw.start,
      count: raw.count,
      cells: toCells(raw),
      segments: Array.from(raw.segmentStart, (start, row) => ({
        start,
        address: hex(raw.segmentAddress[row] ?? 0n),
        bytes: (raw.segmentSlabs[row] ?? 0) * raw.slabBytes,
      })),
      generation,
    };
  }

  async slab(value: unknown, task: Task): Promise<SlabResponse> {
    const args = parse.slabArguments(value);
    const { generation } = this.access;
    const find = await this.find(args.find, task);
    const raw = await this.access.ask(
      'The slab',
      (native) => native.slab(BigInt(args.address), args.start, args.count, find),
      task,
    );
    return {
      address: hex(raw.address),
      bytes: raw.bytes,
      carvedBytes: raw.carved,
      kind: SLAB_KIND[raw.kind] ?? 'free',
      blockSize: raw.blockSize,
      ...(raw.chunk === 0n ? {} : { chunk: hex(raw.chunk) }),
      thread: raw.thread,
      status: raw.damaged ? 'damaged' : 'ok',
      total: raw.total,
      blocks: toSlabBlocks(raw),
      generation,
    };
  }

  private async find(
    filter: Parameters<Lists['filter']>[0] | undefined,
    task: Task,
  ): Promise<RawFilter | undefined> {
    return filter && this.lists.filter(filter, {}, task);
  }

  private async addressOf(
    args: { address: string } | { expression: string; frameId: number },
  ): Promise<bigint> {
    return 'address' in args
      ? BigInt(args.address)
      : this.access.host.evaluateAddress(args.expression, args.frameId);
  }

  private async located(raw: RawLocations): Promise<Located[]> {
    const [sites, freed] = [
      await this.access.framesOf([...raw.entries.stack], UNWATCHED),
      await this.access.framesOf([...raw.freeStack], UNWATCHED),
    ];
    const entries = toEntries(raw.entries, sites);
    await this.objects.enter(entries, UNWATCHED);
    return entries.map((entry, row) => {
      const verdict = VERDICT[raw.verdict[row] ?? 3] ?? 'wild';
      return {
        verdict,
        ...(verdict === 'wild' ? {} : { entry }),
        offset: raw.offset[row] ?? 0,
        freed: freed[row] ?? [],
      };
    });
  }
}

/** The parts of a block, from its first byte. */
export function partsOf(
  raw: Pick<RawBlock, 'length' | 'front' | 'redzones'>,
  entry: Pick<Entry, 'inUse' | 'size'>,
): BlockResponse['parts'] {
  const payload = entry.inUse ? ('payload' as const) : ('free' as const);
  if (!raw.redzones) {
    return [{ part: payload, start: 0, length: raw.length }];
  }
  const behind = raw.front + entry.size;
  return [
    { part: 'front-redzone' as const, start: 0, length: raw.front },
    { part: payload, start: raw.front, length: entry.size },
    { part: 'back-redzone' as const, start: behind, length: raw.length - behind },
  ].filter(({ length }) => length > 0);
}
