/**
 * The agent's wire format, read with suspicion: any process of the user can
 * connect to the socket, and a damaged program writes damaged records.
 *
 *   | u32 length, little-endian | `length` bytes of UTF-8 JSON | …
 */
import { REPORT_KINDS, type AgentRecord, type FollowerGo, type ReportKind } from '../protocol';

/** Longest record that is read; a report is a few KiB. */
export const RECORD_LIMIT = 1 << 20;

/** Splits a byte stream into records. */
export class FrameDecoder {
  private pending: Buffer = Buffer.alloc(0);

  /** The JSON texts that `bytes` completes. Throws where a length cannot be one of ours. */
  push(bytes: Buffer): string[] {
    this.pending = this.pending.length === 0 ? bytes : Buffer.concat([this.pending, bytes]);
    const texts: string[] = [];
    let at = 0;
    while (this.pending.length - at >= 4) {
      const length = this.pending.readUInt32LE(at);
      if (length === 0 || length > RECORD_LIMIT) {
        throw new Error(`a record of ${length} bytes`);
      }
      if (this.pending.length - at - 4 < length) {
        break;
      }
      texts.push(this.pending.toString('utf8', at + 4, at + 4 + length));
      at += 4 + length;
    }
    this.pending = this.pending.subarray(at);
    return texts;
  }
}

const ADDRESS = /^0x[0-9a-f]{1,16}$/;

function isAddress(value: unknown): value is string {
  return typeof value === 'string' && ADDRESS.test(value);
}

function isStack(value: unknown): value is string[] {
  return Array.isArray(value) && value.length <= 1024 && value.every(isAddress);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** Whether a value is one of the kinds of report. */
export function isReportKind(value: unknown): value is ReportKind {
  return REPORT_KINDS.some((kind) => kind === value);
}

/** The record that a JSON text holds. Throws where it is none. */
export function decodeRecord(text: string): AgentRecord | FollowerGo {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) {
    throw new Error('a record that is no object');
  }
  const record = value as Record<string, unknown>;
  if (record['v'] !== 1) {
    throw new Error(`a record of version ${String(record['v'])}`);
  }
  if (record['t'] === 'hello') {
    const valid =
      isCount(record['pid']) &&
      (record['build'] === 'debug' || record['build'] === 'fast') &&
      typeof record['version'] === 'string' &&
      isAddress(record['root']);
    if (!valid) {
      throw new Error('a hello with fields missing');
    }
    return value as AgentRecord;
  }
  if (record['t'] === 'report') {
    const valid =
      isReportKind(record['kind']) &&
      typeof record['message'] === 'string' &&
      typeof record['bytes'] === 'string' &&
      ['code', 'size', 'offset', 'sequence', 'thread', 'pid', 'time'].every((name) =>
        isCount(record[name]),
      ) &&
      (record['pass'] === undefined || isCount(record['pass'])) &&
      isAddress(record['address']) &&
      isAddress(record['chunk']) &&
      ['detected', 'allocated', 'freed'].every((name) => isStack(record[name]));
    if (!valid) {
      throw new Error('a report with fields missing');
    }
    return value as AgentRecord;
  }
  if (record['t'] === 'exit') {
    const valid =
      isCount(record['pid']) &&
      isCount(record['thread']) &&
      isAddress(record['root']) &&
      isAddress(record['stack']) &&
      isStack(record['registers']);
    if (!valid) {
      throw new Error('an exit with fields missing');
    }
    return value as AgentRecord;
  }
  if (record['t'] === 'go') {
    if (!isCount(record['pid']) || typeof record['socket'] !== 'string') {
      throw new Error('a go with fields missing');
    }
    return value as FollowerGo;
  }
  throw new Error(`a record of type ${String(record['t'])}`);
}
