/** What the allocator's agent tells the adapter over the report socket. */
import type { Address, Build, ReportKind } from './values';

/**
 * What the allocator's agent writes to the socket named by
 * SPACES_REPORT_SOCKET: a little-endian u32 length, then that many bytes of
 * UTF-8 JSON, one of these.
 */
export interface AgentHello {
  v: 1;
  t: 'hello';
  pid: number;
  build: Build;
  version: string;
  /** Address of `spaces_heap_root`. */
  root: Address;
}
export interface AgentReport {
  v: 1;
  t: 'report';
  kind: ReportKind;
  code: number;
  message: string;
  address: Address;
  size: number;
  offset: number;
  chunk: Address;
  sequence: number;
  pass?: number;
  thread: number;
  pid: number;
  time: number;
  /** Return addresses, innermost first. */
  detected: Address[];
  allocated: Address[];
  freed: Address[];
  bytes: string;
  bytesOffset?: number;
  byCheck?: boolean;
}
export type AgentRecord = AgentHello | AgentReport;
