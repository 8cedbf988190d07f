/** gdb as the adapter starts it, and the settings every session begins with. */
import { GDBFileSystemProcessManager } from 'cdt-gdb-adapter/dist/desktop/processManagers/GDBFileSystemProcessManager';
import { GDBBackend } from 'cdt-gdb-adapter/dist/gdb/GDBBackend';
import type { IGDBBackendFactory, IGDBProcessManager } from 'cdt-gdb-adapter/dist/types/gdb';
import * as errors from '../errors';
import { GdbConsole } from '../gdb/console';
import { miString, type Gdb } from '../gdb/mi';
import { CStringParser } from '../gdb/parser';
import type { LaunchSettings } from '../launch/arguments';

/** A gdb that can be ended without being asked, and whose strings are read as it means them. */
export class LocalBackend extends GDBBackend {
  protected override parser = new CStringParser(this);

  /** End gdb at once; the kernel ends the program it traces with it. */
  kill(): void {
    this.proc?.kill('SIGKILL');
  }
}

/** Makes backends on a gdb process of this machine. */
export const backendFactory: IGDBBackendFactory = {
  createGDBManager: () => Promise.resolve(new GDBFileSystemProcessManager() as IGDBProcessManager),
  createBackend: (_session, manager) => Promise.resolve(new LocalBackend(manager)),
};

/** Settings that the adapter relies on; those of an older gdb that lacks one are passed over. */
const SETTINGS = [
  'confirm off',
  'pagination off',
  'width 0',
  'height 0',
  'debuginfod enabled off',
  'breakpoint pending on',
  'startup-with-shell on',
  'detach-on-fork on',
  'follow-fork-mode parent',
  'unwindonsignal on',
  'print asm-demangle on',
  'filename-display absolute',
  'max-value-size 67108864',
];

/**
 * Functions through which a step would enter the allocator. With debug
 * information gdb would stop in them; the user means the line after the call.
 */
const ALLOCATOR_FUNCTIONS =
  '^(spaces_.*|(__libc_)?(malloc|calloc|realloc|free|memalign)|reallocarray|cfree|aligned_alloc|posix_memalign|valloc|pvalloc|malloc_usable_size|malloc_trim|operator (new|delete).*)$';

/** The allocator calls it for each error, before its handler. */
export const ERROR_FUNCTION = 'spaces_on_error';

async function setUp(gdb: Gdb): Promise<void> {
  await Promise.all(SETTINGS.map((setting) => gdb.sendCommand(`-gdb-set ${setting}`).catch(() => undefined)));
}

/** Ready gdb for a program: settings, symbols, source paths, and the user's own commands. */
export async function prepareGdb(gdb: Gdb, console: GdbConsole, settings: LaunchSettings): Promise<void> {
  await setUp(gdb);
  await gdb.sendCommand('-enable-pretty-printing');
  if (settings.program !== '') {
    await gdb.sendCommand(`-file-exec-and-symbols ${miString(settings.program)}`);
  }
  for (const [from, to] of Object.entries(settings.sourceFileMap)) {
    await console.run(`set substitute-path ${miString(from)} ${miString(to)}`);
  }
  for (const command of settings.setupCommands) {
    try {
      await (command.startsWith('-') ? gdb.sendCommand(command) : console.run(command));
    } catch (error) {
      throw errors.setupCommandFailed(command, error);
    }
  }
}

/** Show a core file. Its path holds nothing that a gdb of any version would take for a quote. */
export async function openCore(gdb: Gdb, path: string): Promise<void> {
  await gdb.sendCommand(`-target-select core ${path}`);
}

/** Keep steps out of the allocator, and stop at its errors. Resolves to the number of that breakpoint. */
export async function watchAllocator(gdb: Gdb, console: GdbConsole): Promise<string> {
  await console.run(`skip -rfu '${ALLOCATOR_FUNCTIONS}'`);
  const { bkpt } = await gdb.sendCommand<{ bkpt: { number: string } }>(
    `-break-insert -f --function ${ERROR_FUNCTION}`,
  );
  return bkpt.number;
}

/** The allocator calls it when the program's exit handlers have run. */
const EXIT_FUNCTION = 'spaces_at_exit';

/** Stop when the program is about to end. Resolves to the number of that breakpoint. */
export async function watchExit(gdb: Gdb): Promise<string> {
  const { bkpt } = await gdb.sendCommand<{ bkpt: { number: string } }>(
    `-break-insert -f --function ${EXIT_FUNCTION}`,
  );
  return bkpt.number;
}

/** Stop at the first line of the program. Resolves to the number of the breakpoint, undefined where main is unknown. */
export async function breakAtMain(gdb: Gdb): Promise<string | undefined> {
  try {
    const { bkpt } = await gdb.sendCommand<{ bkpt: { number: string } }>('-break-insert -t --function main');
    return bkpt.number;
  } catch {
    return undefined;
  }
}
