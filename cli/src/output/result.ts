/** What a run leaves behind, for every format of report. */
import type { AgentHello, Report } from '../../../adapter/src/protocol';

/** A report, and how often the same was told. */
export interface CountedReport extends Report {
  count: number;
}

export interface RunResult {
  program: string;
  arguments: string[];
  /** Working directory; paths in text are relative to it. */
  directory: string;
  /** Folder that paths in SARIF are relative to. */
  sourceRoot: string;
  allocator: string;
  started: Date;
  ended: Date;
  exit: { code: number; signal?: string };
  reports: CountedReport[];
  /** Processes in which the allocator has reported in. */
  processes: readonly AgentHello[];
}
