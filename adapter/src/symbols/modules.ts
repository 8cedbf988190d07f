/** Which file of a process an address belongs to, from /proc/PID/maps. */
import * as fs from 'node:fs';

export interface Mapping {
  start: bigint;
  end: bigint;
  /** Offset of `start` in the file. */
  offset: bigint;
  path: string;
}

/** The mappings of files in the text of /proc/PID/maps, by address. */
export function parseMaps(text: string): Mapping[] {
  const mappings: Mapping[] = [];
  for (const line of text.split('\n')) {
    const match = /^([0-9a-f]+)-([0-9a-f]+) \S{4} ([0-9a-f]+) \S+ \d+ +(\S.*)$/.exec(line);
    const [, start, end, offset, path] = match ?? [];
    if (start === undefined || end === undefined || offset === undefined || path === undefined) {
      continue;
    }
    if (path.startsWith('/') || path === '[vdso]') {
      mappings.push({
        start: BigInt(`0x${start}`),
        end: BigInt(`0x${end}`),
        offset: BigInt(`0x${offset}`),
        path: path.replace(/ \(deleted\)$/, ''),
      });
    }
  }
  return mappings;
}

/**
 * Writable data of the files that `wanted` chooses, in the text of
 * /proc/PID/maps: their initialised data, and the zeroed data behind it.
 */
export function parseData(
  text: string,
  wanted: (path: string) => boolean,
): { address: bigint; length: number }[] {
  const ranges: { address: bigint; length: number }[] = [];
  let last: { end: string; path: string } | undefined;
  for (const line of text.split('\n')) {
    const match = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \d+ *(.*)$/.exec(line);
    const [, start, end, permissions = '', path = ''] = match ?? [];
    if (start === undefined || end === undefined) {
      continue;
    }
    const file: string = path === '' && last?.end === start ? last.path : path;
    if (permissions.startsWith('rw') && file.startsWith('/') && wanted(file)) {
      const address = BigInt(`0x${start}`);
      ranges.push({ address, length: Number(BigInt(`0x${end}`) - address) });
    }
    last = { end, path: file };
  }
  return ranges;
}

/** All memory that can be written, in the text of /proc/PID/maps. */
export function parseWritable(text: string): { address: bigint; length: number }[] {
  return [...text.matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw/gm)].map(([, start = '0', end = '0']) => {
    const address = BigInt(`0x${start}`);
    return { address, length: Number(BigInt(`0x${end}`) - address) };
  });
}

/** Where the text of /proc/PID/maps comes from; both throw where it is to be had no more. */
export interface MapsSource {
  read(): Promise<string>;
  readNow(): string;
}

/** The mappings of a process that lives. */
export function mapsOf(pid: number): MapsSource {
  const file = `/proc/${pid}/maps`;
  return {
    read: () => fs.promises.readFile(file, 'utf8'),
    readNow: () => fs.readFileSync(file, 'utf8'),
  };
}

/** The mappings of one process; the last that could be read outlive it. */
export class ModuleMap {
  private mappings: Mapping[] = [];
  private stale = true;

  constructor(private readonly source: MapsSource) {}

  /** Libraries came or went: read again before the next answer. */
  invalidate(): void {
    this.stale = true;
  }

  /** Read the mappings if they are stale, or if one of `addresses` lies in none. */
  async refresh(addresses: readonly bigint[]): Promise<void> {
    if (!this.stale && addresses.every((address) => this.at(address) !== undefined)) {
      return;
    }
    try {
      this.take(await this.source.read());
    } catch {
      // The process is gone; what was read before still holds.
    }
  }

  /** Read the mappings at once: the process may end at any moment. */
  readNow(): void {
    try {
      this.take(this.source.readNow());
    } catch {
      // The process is gone already.
    }
  }

  /** The lowest address of the module that an address lies in; 0 where it lies in none. */
  startOf(address: bigint): bigint {
    const path = this.at(address)?.path;
    let start = 0n;
    for (const mapping of this.mappings) {
      if (mapping.start > address) {
        break;
      }
      if (mapping.path === path && (mapping.offset === 0n || start === 0n)) {
        start = mapping.start;
      }
    }
    return path === undefined ? 0n : start;
  }

  /** Nothing could ever be read. */
  get empty(): boolean {
    return this.mappings.length === 0;
  }

  at(address: bigint): Mapping | undefined {
    let low = 0;
    let high = this.mappings.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const mapping = this.mappings[middle];
      if (mapping === undefined) {
        return undefined;
      }
      if (address < mapping.start) {
        high = middle - 1;
      } else if (address >= mapping.end) {
        low = middle + 1;
      } else {
        return mapping;
      }
    }
    return undefined;
  }

  private take(text: string): void {
    const mappings = parseMaps(text);
    // A process that has ended but was not waited for has none.
    if (mappings.length > 0) {
      this.mappings = mappings;
      this.stale = false;
    }
  }
}
