/** What a process is called where there are several. */
import * as fs from 'node:fs';

/** "name (id)" of a process, as far as the system still tells its name. */
export function processName(pid: number): string {
  try {
    return `${fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (${pid})`;
  } catch {
    return `process ${pid}`;
  }
}
