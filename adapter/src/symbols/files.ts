/**
 * Function, file and line of addresses of a process that no gdb holds: each
 * module is looked at in its file, by a gdb in batch mode.
 *
 *   address → mapping: file offset → ELF load segment: linked address → info line
 */
import { spawn } from 'node:child_process';
import { readElf, type LoadSegment } from '../launch/elf';
import { messageOf } from '../errors';
import { parseInfoLine, type CodeLocation, type LineSource } from './lines';
import type { ModuleMap } from './modules';

const BATCH_TIMEOUT_MS = 30_000;
const SEPARATOR = '--- spaces ---';

/** The address a file offset was linked for. */
export function linkedAddress(loads: readonly LoadSegment[], offset: number): number | undefined {
  const load = loads.find((one) => offset >= one.offset && offset < one.offset + one.fileSize);
  return load && offset - load.offset + load.address;
}

export class FileLines implements LineSource {
  constructor(
    private readonly gdb: string,
    private readonly modules: ModuleMap,
    private readonly log: (text: string) => void,
  ) {}

  async lookup(addresses: readonly bigint[]): Promise<CodeLocation[]> {
    await this.modules.refresh(addresses);
    const byModule = new Map<string, { index: number; offset: number }[]>();
    addresses.forEach((address, index) => {
      const mapping = this.modules.at(address);
      if (mapping?.path.startsWith('/')) {
        const offset = Number(address - mapping.start + mapping.offset);
        byModule.set(mapping.path, [...(byModule.get(mapping.path) ?? []), { index, offset }]);
      }
    });
    const result: CodeLocation[] = addresses.map(() => ({ function: '' }));
    for (const [module, wanted] of byModule) {
      try {
        const locations = await this.ask(
          module,
          wanted.map(({ offset }) => offset),
        );
        wanted.forEach(({ index }, position) => {
          result[index] = locations[position] ?? { function: '' };
        });
      } catch (error) {
        this.log(`symbols of ${module}: ${messageOf(error)}`);
      }
    }
    return result;
  }

  private async ask(module: string, offsets: readonly number[]): Promise<CodeLocation[]> {
    const loads = (await readElf(module))?.loads ?? [];
    const commands = [
      'set width 0',
      'set confirm off',
      'set print asm-demangle on',
      'set filename-display absolute',
      ...offsets.flatMap((offset) => {
        const address = linkedAddress(loads, offset);
        return [
          ...(address === undefined ? [] : [`info line *0x${address.toString(16)}`]),
          `echo \\n${SEPARATOR}\\n`,
        ];
      }),
    ];
    const output = await this.batch(module, commands.join('\n'));
    return output.split(`\n${SEPARATOR}\n`).slice(0, offsets.length).map(parseInfoLine);
  }

  private batch(module: string, script: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const gdb = spawn(this.gdb, ['-nx', '-q', '-batch', '-x', '/dev/stdin', module], {
        stdio: ['pipe', 'pipe', 'ignore'],
        timeout: BATCH_TIMEOUT_MS,
      });
      const chunks: Buffer[] = [];
      gdb.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
      gdb.on('error', reject);
      gdb.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
      gdb.stdin.on('error', (error) => this.log(`symbols of ${module}: ${error.message}`));
      gdb.stdin.end(script);
    });
  }
}
