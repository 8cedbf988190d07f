/** The words of gdb's machine interface that we say ourselves: quoting, and the records we read. */

/** The part of a gdb connection that most of the adapter needs. */
export interface Gdb {
  /** Send one MI command; resolves to its result record, rejects with gdb's message. */
  sendCommand<T>(command: string): Promise<T>;
}

/** A C string as MI reads it. */
export function miString(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t');
  return `"${escaped}"`;
}

/** A frame as gdb describes it. Numbers are strings, as everywhere in MI. */
export interface MiFrame {
  level: string;
  addr?: string;
  func?: string;
  file?: string;
  fullname?: string;
  line?: string;
  from?: string;
}

/** `*stopped` */
export interface MiStopped {
  reason?: string;
  'thread-id'?: string;
  'stopped-threads'?: string | string[];
  bkptno?: string;
  'signal-name'?: string;
  'signal-meaning'?: string;
  'exit-code'?: string;
  frame?: MiFrame;
  wpt?: MiWatchpoint;
  'hw-rwpt'?: MiWatchpoint;
  'hw-awpt'?: MiWatchpoint;
  wpnum?: string;
  value?: { old?: string; new?: string; value?: string };
}

export interface MiWatchpoint {
  number: string;
  exp: string;
}

/** A breakpoint, and each of its locations. */
export interface MiBreakpoint {
  number: string;
  type?: string;
  enabled?: string;
  addr?: string;
  func?: string;
  file?: string;
  fullname?: string;
  line?: string;
  pending?: string;
  times?: string;
  locations?: MiBreakpoint[];
}

export interface MiVarobj {
  name: string;
  exp?: string;
  numchild?: string;
  value?: string;
  type?: string;
  dynamic?: string;
  has_more?: string;
  displayhint?: string;
}

export interface MiThread {
  id: string;
  'target-id': string;
  name?: string;
}

/** Kernel thread id out of gdb's description: "Thread 0x7f… (LWP 4711)", "process 4711". */
export function kernelThreadId(targetId: string): number | undefined {
  const match = /\bLWP (\d+)/.exec(targetId) ?? /\bprocess (\d+)/.exec(targetId);
  return match ? Number(match[1]) : undefined;
}

/** What gdb prints for a pointer or integer: "0x4052a0 \"text\"", "(int *) 0x4052a0", "42". */
export function parseAddress(value: string): bigint | undefined {
  const hex = /0x[0-9a-f]+/i.exec(value)?.[0];
  if (hex !== undefined) {
    return BigInt(hex);
  }
  const decimal = /^\s*(\d+)/.exec(value)?.[1];
  return decimal === undefined ? undefined : BigInt(decimal);
}

export function hex(address: bigint): string {
  return `0x${address.toString(16)}`;
}
