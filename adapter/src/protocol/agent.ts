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
  parent?: number;
  /** It waits until the reader hangs up. */
  waits?: boolean;
}
/** From the session of a child to the session that follows: the child may go on, and reports to `socket`. */
export interface FollowerGo {
  v: 1;
  t: 'go';
  pid: number;
  socket: string;
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
/**
 * The program is about to end, its exit handlers have run (SPACES_LEAKS=1). It
 * waits, ten seconds at most, for the reader to close the connection, so that
 * its heap can be looked at.
 */
export interface AgentExit {
  v: 1;
  t: 'exit';
  pid: number;
  /** That ends the program; its stack is live from `stack` up. */
  thread: number;
  root: Address;
  stack: Address;
  /** What else that thread may hold. */
  registers: Address[];
}
export type AgentRecord = AgentHello | AgentReport | AgentExit;
