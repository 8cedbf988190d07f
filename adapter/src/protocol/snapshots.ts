/** The heap as it was, and what changed since: `spaces/snapshot`, `snapshots`, `dropSnapshot`, `snapshotAt`, `diff`. */
import type { Cancellable } from './asking';
import type { GroupBy } from './lists';
import type { Address, Frame } from './values';

export interface SnapshotArguments extends Cancellable {
  /** A name for people; "Snapshot 3" where absent. */
  name?: string;
}
export interface Snapshot {
  id: number;
  name: string;
  /** Milliseconds since the epoch. */
  time: number;
  generation: number;
  /** Live blocks and their bytes. */
  count: number;
  bytes: number;
  /** Where the program was, for one taken at a place. */
  place?: string;
}
export interface SnapshotsResponse {
  snapshots: Snapshot[];
  /** Memory that they take in the adapter. */
  memory: number;
}
/** Forget it. */
export interface DropSnapshotArguments {
  id: number;
}

/** Places at which a snapshot is taken without stopping; the whole list each time. */
export interface SnapshotAtArguments {
  places: SnapshotPlace[];
}
export type SnapshotPlace = ({ path: string; line: number } | { function: string }) & {
  name?: string;
  /** At most so many of this place; 10 where absent. */
  most?: number;
};
export interface SnapshotAtResponse {
  /** In the order of `places`. */
  places: { verified: boolean; message?: string; line?: number }[];
}

export interface DiffArguments extends Cancellable {
  from: number;
  /** Absent: the heap as it is now. */
  to?: number;
  by: GroupBy;
  chunk?: Address;
  sort?: { by: 'bytes' | 'count' | 'key' | 'allocated' | 'freed'; descending?: boolean };
  text?: string;
  start?: number;
  count?: number;
}
export interface Amount {
  count: number;
  bytes: number;
}
export interface DiffGroup {
  key: string;
  frames: Frame[];
  before: Amount;
  after: Amount;
  /** Blocks live in `to` and not in `from`, and the other way round. */
  allocated: Amount;
  freed: Amount;
}
export interface DiffResponse {
  total: number;
  all: number;
  /** Sums over the groups that match. */
  before: Amount;
  after: Amount;
  allocated: Amount;
  freed: Amount;
  groups: DiffGroup[];
}
