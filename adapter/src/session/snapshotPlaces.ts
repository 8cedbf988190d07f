/** Places at which a snapshot is taken without stopping: breakpoints of ours that the program runs on from. */
import { basename } from 'node:path';
import { messageOf } from '../errors';
import { miString, type Gdb, type MiBreakpoint } from '../gdb/mi';
import type { SnapshotAtResponse, SnapshotPlace } from '../protocol';
import { describeBreakpoint, sourceLocation } from './breakpoints';

/** Snapshots of one place where its number is not given. */
const MOST = 10;

interface Kept {
  name: string;
  left: number;
  taken: number;
}

function titleOf(place: SnapshotPlace): string {
  return place.name ?? ('function' in place ? place.function : `${basename(place.path)}:${place.line}`);
}

export class SnapshotPlaces {
  private readonly kept = new Map<string, Kept>();

  constructor(private readonly gdb: Gdb) {}

  has(number: string): boolean {
    return this.kept.has(number);
  }

  /** Make these the places. */
  async set(places: readonly SnapshotPlace[]): Promise<SnapshotAtResponse> {
    if (this.kept.size > 0) {
      await this.gdb.sendCommand(`-break-delete ${[...this.kept.keys()].join(' ')}`);
      this.kept.clear();
    }
    const result: SnapshotAtResponse['places'] = [];
    for (const place of places) {
      result.push(await this.insert(place));
    }
    return { places: result };
  }

  /**
   * The program stopped at a breakpoint: the name of the snapshot to take if it
   * is one of ours, '' where this place has had its number.
   */
  hit(number: string): string | undefined {
    const kept = this.kept.get(number);
    if (!kept) {
      return undefined;
    }
    if (kept.left === 0) {
      return '';
    }
    kept.left--;
    kept.taken++;
    return `${kept.name} #${kept.taken}`;
  }

  private async insert(place: SnapshotPlace): Promise<SnapshotAtResponse['places'][number]> {
    const location =
      'function' in place ? `--function ${miString(place.function)}` : sourceLocation(place.path, place.line);
    try {
      const { bkpt } = await this.gdb.sendCommand<{ bkpt: MiBreakpoint | MiBreakpoint[] }>(
        `-break-insert -f ${location}`,
      );
      const breakpoint = Array.isArray(bkpt) ? bkpt[0] : bkpt;
      if (!breakpoint) {
        return { verified: false, message: 'gdb made no breakpoint.' };
      }
      this.kept.set(breakpoint.number, { name: titleOf(place), left: place.most ?? MOST, taken: 0 });
      const { verified, message, line } = describeBreakpoint(breakpoint);
      return {
        verified,
        ...(message === undefined ? {} : { message }),
        ...(line === undefined ? {} : { line }),
      };
    } catch (error) {
      return { verified: false, message: messageOf(error) };
    }
  }
}
