/** Tables and profiles as files: `spaces/export`. */
import type { Cancellable } from './asking';
import type { LeaksArguments } from './leaks';
import type { EntriesArguments, GroupsArguments } from './lists';
import type { DiffArguments } from './snapshots';
import type { Address } from './values';

/** A table written to a file by the adapter, row by row, all of it. */
export type ExportArguments = Cancellable & {
  /** Absolute; an existing file is replaced. */
  path: string;
} & (
    | { what: 'entries'; format: 'csv' | 'json'; query?: Omit<EntriesArguments, 'start' | 'count' | 'token'> }
    | { what: 'groups'; format: 'csv' | 'json'; query: Omit<GroupsArguments, 'start' | 'count' | 'token'> }
    | { what: 'diff'; format: 'csv' | 'json'; query: Omit<DiffArguments, 'start' | 'count' | 'token'> }
    | { what: 'leaks'; format: 'csv' | 'json'; query: Omit<LeaksArguments, 'start' | 'count' | 'token'> }
    | { what: 'chunks' | 'reports' | 'history'; format: 'csv' | 'json' }
    /** Live blocks and bytes by allocation stack. pprof is gzipped profile.proto. */
    | { what: 'stacks'; format: 'pprof' | 'speedscope'; query?: { chunk?: Address } }
  );
export interface ExportResponse {
  path: string;
  rows: number;
  /** Length of the file. */
  bytes: number;
}
