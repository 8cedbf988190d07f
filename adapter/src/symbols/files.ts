/**
 * Function, file and line of addresses of a process that no gdb holds: each
 * module is looked at in its file, by a gdb in batch mode.
 *
 *   address → mapping: file offset → ELF load segment: linked address → info line
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { readElf, type LoadSegment } from '../launch/elf';
import { messageOf } from '../errors';
import { parseInfoLine, type CodeLocation, type LineSource } from './lines';
import type { ModuleMap } from './modules';

const BATCH_TIMEOUT_MS = 30_000;
const SEPARATOR = '--- spaces ---';
/** Addresses asked of one gdb. */
const BATCH = 1000;
const OUTPUT_LIMIT = 64 * 2 ** 20;
const SETTINGS = ['set width 0', 'set print asm-demangle on', 'set filename-display absolute'];

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
    const locations: CodeLocation[] = [];
    for (let at = 0; at < offsets.length; at += BATCH) {
      const commands = offsets.slice(at, at + BATCH).flatMap((offset) => {
        const address = linkedAddress(loads, offset);
        return [
          ...(address === undefined ? [] : [`info line *0x${address.toString(16)}`]),
          `echo \\n${SEPARATOR}\\n`,
        ];
      });
      const output = await this.batch(module, [...SETTINGS, ...commands]);
      locations.push(...output.split(`\n${SEPARATOR}\n`).slice(0, BATCH).map(parseInfoLine));
    }
    return locations;
  }

  private async batch(module: string, commands: readonly string[]): Promise<string> {
    const options = ['-nx', '-q', '-batch', ...commands.flatMap((command) => ['-ex', command]), module];
    const { stdout } = await promisify(execFile)(this.gdb, options, {
      timeout: BATCH_TIMEOUT_MS,
      maxBuffer: OUTPUT_LIMIT,
    });
    return stdout;
  }
}
