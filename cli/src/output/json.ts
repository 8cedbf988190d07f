/** A run as JSON: the reports are those of the wire contract, with a count. */
import { version } from '../version';
import type { RunResult } from './result';

/** Version of this format. */
const FORMAT = 1;

export function toJson(result: RunResult): object {
  return {
    format: FORMAT,
    tool: { name: 'Spaces', version },
    program: result.program,
    arguments: result.arguments,
    directory: result.directory,
    allocator: result.allocator,
    started: result.started.toISOString(),
    ended: result.ended.toISOString(),
    exit: { code: result.exit.code, signal: result.exit.signal ?? null },
    processes: result.processes.map(({ pid, build, version: library }) => ({ pid, build, version: library })),
    reports: result.reports,
  };
}
