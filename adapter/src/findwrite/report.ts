/** The report whose write is to be found, as it comes back in a launch configuration, which may hold anything. */
import { unfindable, type Frame, type Report } from '../protocol';
import { isReportKind } from '../reports/decode';

const ADDRESS = /^0x[0-9a-f]{1,16}$/;
const COUNTS = ['code', 'size', 'offset', 'sequence', 'thread', 'pid', 'time'] as const;

function isFrame(value: unknown): value is Frame {
  const frame = value as Frame | null;
  return (
    typeof frame === 'object' &&
    typeof frame?.address === 'string' &&
    ADDRESS.test(frame.address) &&
    typeof frame.function === 'string' &&
    typeof frame.module === 'string' &&
    typeof frame.user === 'boolean'
  );
}

/** The report, or what is wrong with it. */
export function parseReport(value: unknown): Report | string {
  if (typeof value !== 'object' || value === null) {
    return 'must be a report, as spaces/reports lists them';
  }
  const raw = value as Record<string, unknown>;
  if (!isReportKind(raw['kind'])) {
    return 'is no report: it has no "kind"';
  }
  const missing = COUNTS.find((name) => !Number.isSafeInteger(raw[name]));
  if (missing !== undefined) {
    return `is no report: "${missing}" is no whole number`;
  }
  for (const name of ['address', 'chunk', 'site']) {
    const given = raw[name] ?? (name === 'site' ? '0x0' : undefined);
    if (typeof given !== 'string' || !ADDRESS.test(given)) {
      return `is no report: "${name}" is no address`;
    }
  }
  if (raw['pass'] !== undefined && !Number.isSafeInteger(raw['pass'])) {
    return 'is no report: "pass" is no whole number';
  }
  for (const name of ['detected', 'allocated', 'freed']) {
    if (!Array.isArray(raw[name]) || !(raw[name] as unknown[]).every(isFrame)) {
      return `is no report: "${name}" is no stack`;
    }
  }
  if (typeof raw['message'] !== 'string' || typeof raw['bytes'] !== 'string') {
    return 'is no report: it has no message';
  }
  const report = value as Report;
  switch (unfindable(report)) {
    case 'kind':
      return `is a report of kind "${report.kind}", which no write has made; it must be overflow, underflow or write-after-free`;
    case 'allocation':
      return 'does not say which allocation its block came from; run the program with "allocator": "debug" and "track": "all"';
    default:
      return report;
  }
}
