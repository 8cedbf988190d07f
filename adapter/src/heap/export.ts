/** Tables written to files, row by row, and allocation sites in the formats of profilers. */
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as errors from '../errors';
import type {
  Chunk,
  DiffGroup,
  Entry,
  ExportArguments,
  ExportResponse,
  Frame,
  Group,
  HistoryResponse,
  LeakRecord,
  Report,
} from '../protocol';
import type { HeapAccess } from './access';
import * as parse from './arguments';
import { csvLine, type Column } from './csv';
import { toEntries } from './convert';
import { siteOf } from './groups';
import type { Lists } from './lists';
import { pprofOf, speedscopeOf, type Sample } from './profiles';
import type { Snapshots } from './snapshots';
import { throwIfCancelled, type Task } from './task';

/** Where the rows come from. */
export interface ExportSources {
  lists: Lists;
  snapshots: Snapshots;
  access: HeapAccess;
  heap(): Promise<{ chunks: Chunk[] }>;
  reports(): readonly Report[];
  history(): HistoryResponse['samples'];
  leaks(query: unknown, task: Task): Promise<LeakRecord[]>;
}

/** Blocks asked of the reader at a time. */
const BATCH = 10_000;

const place = (frames: readonly Frame[]): [string, string, number | ''] => {
  const site = siteOf(frames);
  return [site?.function ?? '', site?.source?.path ?? '', site?.line ?? ''];
};
const siteColumns = <T>(frames: (row: T) => readonly Frame[]): Column<T>[] => [
  ['function', (row) => place(frames(row))[0]],
  ['file', (row) => place(frames(row))[1]],
  ['line', (row) => place(frames(row))[2]],
];

const ENTRY_COLUMNS: Column<Entry>[] = [
  ['address', (row) => row.address],
  ['size', (row) => row.size],
  ['requested', (row) => row.requested],
  ['type', (row) => row.type],
  ['state', (row) => row.state],
  ['chunk', (row) => row.chunk],
  ['sequence', (row) => row.sequence],
  ['age', (row) => row.age],
  ['thread', (row) => row.thread],
  ['status', (row) => row.status],
  ...siteColumns<Entry>((row) => row.site),
];
const GROUP_COLUMNS: Column<Group>[] = [
  ['key', (row) => row.key],
  ['count', (row) => row.count],
  ['bytes', (row) => row.bytes],
  ...siteColumns<Group>((row) => row.frames),
];
const DIFF_COLUMNS: Column<DiffGroup>[] = [
  ['key', (row) => row.key],
  ...(['before', 'after', 'allocated', 'freed'] as const).flatMap((part): Column<DiffGroup>[] => [
    [`${part} count`, (row) => row[part].count],
    [`${part} bytes`, (row) => row[part].bytes],
  ]),
  ...siteColumns<DiffGroup>((row) => row.frames),
];
const LEAK_COLUMNS: Column<LeakRecord>[] = [
  ['class', (row) => row.class],
  ['count', (row) => row.count],
  ['bytes', (row) => row.bytes],
  ['indirect count', (row) => row.indirectCount],
  ['indirect bytes', (row) => row.indirectBytes],
  ['grown', (row) => row.grown ?? ''],
  ['chunk', (row) => row.chunk],
  ['first block', (row) => row.examples[0] ?? ''],
  ['intended', (row) => row.suppressed ?? ''],
  ...siteColumns<LeakRecord>((row) => row.frames),
];
const CHUNK_COLUMNS: Column<Chunk>[] = [
  ['id', (row) => row.id],
  ['label', (row) => row.label],
  ['kind', (row) => row.kind],
  ['live count', (row) => row.liveCount],
  ['live bytes', (row) => row.liveBytes],
  ['footprint', (row) => row.footprint],
  ['peak', (row) => row.peak],
  ['floor', (row) => row.floor],
  ['ceiling', (row) => row.ceiling ?? ''],
  ['thread', (row) => row.thread],
  ['status', (row) => row.status],
  ['parent', (row) => row.parent ?? ''],
  ...siteColumns<Chunk>((row) => row.created),
];
const REPORT_COLUMNS: Column<Report>[] = [
  ['id', (row) => row.id],
  ['kind', (row) => row.kind],
  ['message', (row) => row.message],
  ['address', (row) => row.address],
  ['size', (row) => row.size],
  ['offset', (row) => row.offset],
  ['chunk', (row) => row.chunk],
  ['thread', (row) => row.thread],
  ['time', (row) => new Date(row.time).toISOString()],
  ...siteColumns<Report>((row) => row.detected),
];
const HISTORY_COLUMNS: Column<HistoryResponse['samples'][number]>[] = [
  ['time', (row) => new Date(row.time).toISOString()],
  ['running', (row) => String(row.running)],
  ['heap total', (row) => row.heapTotal],
  ['heap limit', (row) => row.heapLimit ?? ''],
  ['total free', (row) => row.totalFree],
  ['footprint', (row) => row.footprint],
  ['live count', (row) => row.liveCount],
  ['live bytes', (row) => row.liveBytes],
];

/** A file being written; one that does not get whole is removed. */
class Output {
  bytes = 0;
  rows = 0;

  constructor(private readonly stream: fs.WriteStream) {}

  async write(data: string | Uint8Array): Promise<void> {
    this.bytes += typeof data === 'string' ? Buffer.byteLength(data) : data.length;
    if (!this.stream.write(data)) {
      await once(this.stream, 'drain');
    }
  }
}

export class Exports {
  constructor(private readonly from: ExportSources) {}

  /** Write what is asked for. A file that could not be completed is removed. */
  async export(value: unknown, task: Task): Promise<ExportResponse> {
    const args = parse.exportArguments(value);
    const temporary = `${args.path}.part`;
    const stream = fs.createWriteStream(temporary);
    try {
      // Answers are awaited before the first write: opening the file may have failed by then.
      await once(stream, 'open').catch((error: unknown) => {
        throw errors.exportFailed(args.path, error);
      });
      const failed = once(stream, 'error').then(([error]) => {
        throw errors.exportFailed(args.path, error);
      });
      failed.catch(() => undefined);
      const output = new Output(stream);
      await Promise.race([this.write(args, output, task), failed]);
      throwIfCancelled(task);
      const closed = once(stream, 'close');
      stream.end();
      await Promise.race([closed, failed]);
      await fs.promises.rename(temporary, args.path).catch((error: unknown) => {
        throw errors.exportFailed(args.path, error);
      });
      return { path: args.path, rows: output.rows, bytes: output.bytes };
    } catch (error) {
      stream.destroy();
      await fs.promises.rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  private async write(args: ExportArguments, output: Output, task: Task): Promise<void> {
    switch (args.what) {
      case 'entries':
        return this.table(args.format, ENTRY_COLUMNS, this.entries(args.query, task), output);
      case 'groups':
        return this.rows(
          args.format,
          GROUP_COLUMNS,
          await this.from.lists.allGroups(args.query, task),
          output,
        );
      case 'diff':
        return this.rows(
          args.format,
          DIFF_COLUMNS,
          await this.from.snapshots.allGroups(args.query, task),
          output,
        );
      case 'leaks':
        return this.rows(args.format, LEAK_COLUMNS, await this.from.leaks(args.query, task), output);
      case 'chunks':
        return this.rows(args.format, CHUNK_COLUMNS, (await this.from.heap()).chunks, output);
      case 'reports':
        return this.rows(args.format, REPORT_COLUMNS, this.from.reports(), output);
      case 'history':
        return this.rows(args.format, HISTORY_COLUMNS, this.from.history(), output);
      default: {
        const samples = await this.samples(args.query?.chunk, task);
        output.rows = samples.length;
        return output.write(args.format === 'pprof' ? await pprofOf(samples) : speedscopeOf(samples));
      }
    }
  }

  private rows<T>(
    format: 'csv' | 'json',
    columns: readonly Column<T>[],
    rows: readonly T[],
    output: Output,
  ): Promise<void> {
    return this.table(format, columns, [rows], output);
  }

  private async table<T>(
    format: 'csv' | 'json',
    columns: readonly Column<T>[],
    batches: Iterable<readonly T[]> | AsyncIterable<readonly T[]>,
    output: Output,
  ): Promise<void> {
    if (format === 'csv') {
      await output.write(csvLine(columns.map(([name]) => name)));
      for await (const rows of batches) {
        output.rows += rows.length;
        await output.write(rows.map((row) => csvLine(columns.map(([, get]) => get(row)))).join(''));
      }
      return;
    }
    let before = '[\n';
    for await (const rows of batches) {
      for (const row of rows) {
        output.rows++;
        await output.write(before + JSON.stringify(row));
        before = ',\n';
      }
    }
    await output.write(before === '[\n' ? '[]\n' : '\n]\n');
  }

  private async *entries(value: unknown, task: Task): AsyncGenerator<Entry[]> {
    const args = parse.entriesArguments(value, 'spaces/export');
    const filter = await this.from.lists.filter(args.filter, args, task);
    for (let start = 0, total = 1; start < total; start += BATCH) {
      throwIfCancelled(task);
      const raw = await this.from.access.ask(
        'The export',
        (native) => native.entries({ ...filter, start, count: BATCH }),
        task,
      );
      total = raw.total;
      task.progress(start, total);
      yield toEntries(raw, await this.from.access.framesOf([...raw.stack], task));
    }
  }

  private async samples(chunk: string | undefined, task: Task): Promise<Sample[]> {
    const raw = await this.from.lists.rawGroups('stack', chunk, task);
    const frames = await this.from.access.framesOf([...raw.key], task);
    return frames.map((stack, row) => ({
      frames: stack,
      count: raw.count[row] ?? 0,
      bytes: raw.bytes[row] ?? 0,
    }));
  }
}
