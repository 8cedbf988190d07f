/** What the tests measured, kept in test/out/timings.json for people and for the next run to compare. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { testOut } from '../../../scripts/lib/paths.mjs';

const FILE = path.join(testOut, 'timings.json');

/** Records `seconds` under `name` and says so. */
export function record(name: string, seconds: number[]): void {
  const all = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, number[]>) : {};
  all[name] = seconds.map((value) => Math.round(value * 100) / 100);
  mkdirSync(testOut, { recursive: true });
  writeFileSync(FILE, `${JSON.stringify(all, null, 2)}\n`);
  console.log(`      ${name}: ${all[name]?.join(', ')} s`);
}
