/** Knobs of the stopped program: set by calling the allocator's own setters in it, then read back. */
import * as errors from '../errors';
import type { ChunkSettings, SetArguments, SetResponse } from '../protocol';
import type { RawChunk, RawSummary } from '../reader/native';
import type { HeapAccess } from './access';
import * as parse from './arguments';
import { limit, SMALL_ALLOCATORS } from './convert';

/** Calls a function of the allocator in the stopped program; resolves to what gdb prints of its value. */
export type CallAllocator = (prototype: string, name: string, args: readonly string[]) => Promise<string>;

type Field = Exclude<keyof SetArguments, 'chunk'>;
type Value = SetArguments[Field];

interface Knob {
  /** The setter, without its prefix. */
  setter: string;
  /** Type of its value in C. */
  type: 'size_t' | 'unsigned' | 'unsigned short' | 'int';
  /** In words, for errors. */
  name: string;
  /** Why it may not have taken the value. */
  hint?: (now: RawChunk) => string;
}

const SIZE_MAX = 2n ** 64n - 1n;
const C_TYPES = {
  size_t: 'unsigned long',
  unsigned: 'unsigned int',
  'unsigned short': 'unsigned short',
  int: 'int',
};

const CHUNK_KNOBS: Partial<Record<Field, Knob & { read: (chunk: RawChunk) => Value }>> = {
  // The floor first: a ceiling below it has no effect.
  floor: { setter: 'set_floor', type: 'size_t', name: 'The floor', read: (chunk) => chunk.floor },
  ceiling: {
    setter: 'set_ceiling',
    type: 'size_t',
    name: 'The ceiling',
    read: (chunk) => limit(chunk.ceiling),
    hint: (chunk) => `${chunk.footprint} bytes are in use, and the floor is ${chunk.floor}`,
  },
  freeBytes: {
    setter: 'set_free_bytes',
    type: 'size_t',
    name: 'The capacity kept free',
    read: (chunk) => limit(chunk.freeBytes),
  },
  growIncrement: {
    setter: 'set_grow_increment',
    type: 'size_t',
    name: 'The grow increment',
    read: (chunk) => chunk.growIncrement,
  },
  pageSize: {
    setter: 'set_page_size',
    type: 'unsigned',
    name: 'The page size',
    read: (chunk) => chunk.pageSize,
  },
  maxSuballoc: {
    setter: 'set_max_suballoc',
    type: 'unsigned',
    name: 'The largest block of a slab',
    read: (chunk) => chunk.maxSuballoc,
  },
  maxSubchunks: {
    setter: 'set_max_subchunks',
    type: 'unsigned',
    name: 'The number of sub-chunks',
    read: (chunk) => chunk.maxSubchunks,
  },
  smallBlockSize: {
    setter: 'set_small_block_size',
    type: 'unsigned short',
    name: 'The small-block size',
    read: (chunk) => chunk.smallBlockSize,
  },
  smallAllocator: {
    setter: 'set_small_allocator',
    type: 'unsigned',
    name: 'The small-block algorithm',
    read: (chunk) => SMALL_ALLOCATORS[chunk.smallAllocator],
    hint: () => 'areas and shared chunks pack all their blocks: theirs is "none"',
  },
  serialized: {
    setter: 'set_serialization',
    type: 'int',
    name: 'Serialisation',
    read: (chunk) => chunk.serialized,
  },
  pageResizing: {
    setter: 'set_page_resizing',
    type: 'int',
    name: 'Page resizing',
    read: (chunk) => chunk.pageResizing,
  },
};

const PROCESS_KNOBS: Partial<Record<Field, Knob & { read: (summary: RawSummary) => Value }>> = {
  heapLimit: {
    setter: 'set_heap_limit',
    type: 'size_t',
    name: 'The heap limit',
    read: (process) => limit(process.heapLimit),
  },
  growIncrement: {
    setter: 'set_grow_increment',
    type: 'size_t',
    name: 'The grow increment',
    read: (process) => process.growIncrement,
  },
  freeBytes: {
    setter: 'set_free_bytes',
    type: 'size_t',
    name: 'The free memory kept',
    read: (process) => limit(process.freeBytes),
  },
  largeThreshold: {
    setter: 'set_large_threshold',
    type: 'size_t',
    name: 'The large-block threshold',
    read: (process) => process.largeThreshold,
  },
  useMunmap: {
    setter: 'use_munmap',
    type: 'int',
    name: 'Giving back address space',
    read: (process) => process.useMunmap,
  },
  coalesce: {
    setter: 'coalesce_allocs',
    type: 'int',
    name: 'Joining freed regions',
    read: (process) => process.coalesce,
  },
};

/** Values that the allocator rounds; what holds in the end is told, not refused. */
const ROUNDED = new Set<Field>(['pageSize', 'growIncrement', 'maxSuballoc', 'smallBlockSize', 'floor']);

/** A value as an argument in C. */
function argument(knob: Knob, value: Value): string {
  const number =
    value === null
      ? SIZE_MAX
      : typeof value === 'boolean'
        ? Number(value)
        : typeof value === 'string'
          ? { none: 0, v3: 3, v5: 5 }[value satisfies ChunkSettings['smallAllocator']]
          : value;
  return `(${C_TYPES[knob.type]}) ${number}`;
}

function prototype(knob: Knob, ofChunk: boolean): string {
  const value = C_TYPES[knob.type];
  return `${value} (*)(${ofChunk ? 'void *, ' : ''}${value})`;
}

function fieldsOf(args: SetArguments): Field[] {
  const order = [...Object.keys(CHUNK_KNOBS), ...Object.keys(PROCESS_KNOBS)] as Field[];
  return [...new Set(order)].filter((field) => args[field] !== undefined);
}

export class HeapSettings {
  constructor(
    private readonly access: HeapAccess,
    private readonly call: CallAllocator,
    /** The heap was changed by us. */
    private readonly changed: () => void,
  ) {}

  async set(value: unknown): Promise<SetResponse> {
    const args = parse.setArguments(value);
    const fields = fieldsOf(args);
    const knobs = args.chunk === undefined ? PROCESS_KNOBS : CHUNK_KNOBS;
    if (fields.length === 0) {
      throw errors.malformedRequest('spaces/set', 'it sets nothing');
    }
    const foreign = fields.find((field) => !knobs[field]);
    if (foreign !== undefined) {
      throw errors.malformedRequest(
        'spaces/set',
        args.chunk === undefined
          ? `"chunk" is missing, whose "${foreign}" is to be set`
          : `"${foreign}" is the process's; leave out "chunk"`,
      );
    }
    const reader = await this.access.open('Changing a setting');
    if (args.chunk !== undefined) {
      await this.access.rawChunk(BigInt(args.chunk));
    }
    for (const field of fields) {
      const knob = knobs[field] as Knob;
      const family = args.chunk === undefined ? 'spaces_process_' : 'spaces_chunk_';
      await this.call(prototype(knob, args.chunk !== undefined), family + knob.setter, [
        ...(args.chunk === undefined ? [] : [`(void *) ${args.chunk}`]),
        argument(knob, args[field]),
      ]);
    }
    reader.invalidate();
    this.changed();
    return this.readBack(args, fields);
  }

  private async readBack(args: SetArguments, fields: readonly Field[]): Promise<SetResponse> {
    const summary = await this.access.ask('Changing a setting', (native) => native.summary());
    const chunk = args.chunk === undefined ? undefined : await this.access.rawChunk(BigInt(args.chunk));
    const result: Record<string, Value> = {};
    for (const field of fields) {
      const now = chunk ? CHUNK_KNOBS[field]?.read(chunk) : PROCESS_KNOBS[field]?.read(summary);
      const knob = (chunk ? CHUNK_KNOBS[field] : PROCESS_KNOBS[field]) as Knob;
      if (now !== args[field] && !ROUNDED.has(field)) {
        const why = chunk && knob.hint ? knob.hint(chunk) : `it stays at ${now ?? 'no limit'}`;
        const used = field === 'heapLimit' ? `${summary.heapTotal} bytes are in use` : why;
        throw errors.setFailed(knob.name, used);
      }
      result[field] = now;
    }
    return result;
  }
}
