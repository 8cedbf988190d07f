/** Which processes run, read from /proc: how tests prove that nothing stayed behind. */
import { readFileSync, readdirSync } from 'node:fs';

/** Processes whose command line holds `text`, as `{pid, command}`; never this process. */
export function processesWith(text) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return command.includes(text) ? [{ pid: Number(name), command }] : [];
      } catch {
        return [];
      }
    });
}
