/**
 * The `spaces` block of other debuggers' configurations: before such a session starts, a companion is started
 * for it, and the program's environment filled in; at its end both are gone.
 */
import * as vscode from 'vscode';
import { ERROR_FUNCTION } from '../../../adapter/src/protocol';
import { SETTINGS } from '../ids';
import { checkLaunch } from '../launch/validate';
import { messageOf } from '../session/heapSession';
import { Companion } from './companion';
import { elsewhere, COMPANION_TYPES, environmentOf, inject, programOf, type CompanionType } from './inject';

/** The block in a configuration, and in its place the number of the companion. */
const BLOCK = 'spaces';
const NUMBER = '__spacesCompanion';
/** A session that has not begun after this long never will. */
const PATIENCE_MS = 120_000;

/** What may stand in the block. */
const FIELDS: ReadonlySet<string> = new Set([
  'allocator',
  'heapLimit',
  'ceiling',
  'track',
  'checkOnStop',
  'followChildren',
  'leaks',
  'suppressions',
  'gdb',
]);

function isErrorBreakpoint(breakpoint: vscode.Breakpoint): boolean {
  return breakpoint instanceof vscode.FunctionBreakpoint && breakpoint.functionName === ERROR_FUNCTION;
}

/** What is wrong with a block, in sentences; its sizes become numbers. */
export function blockProblems(
  type: string,
  request: string,
  program: string | undefined,
  fields: Record<string, unknown>,
): string[] {
  if (request !== 'launch') {
    return [
      '"spaces" needs "request": "launch": the allocator must be in the program from its start. For a process that runs under Spaces already, use a configuration of "type": "spaces".',
    ];
  }
  const unknown = Object.keys(fields).filter((name) => !FIELDS.has(name));
  const problems = unknown.map(
    (name) =>
      `"spaces" holds "${name}", which means nothing beside "${type}"; there are: ${[...FIELDS].join(', ')}.`,
  );
  if (fields['allocator'] === 'none') {
    problems.push('"spaces" with "allocator": "none" has nothing to show: leave the block out.');
  }
  return [...problems, ...checkLaunch({ ...fields, program })];
}

export class Companions implements vscode.DebugConfigurationProvider, vscode.Disposable {
  private readonly waiting = new Map<number, Companion>();
  private readonly live = new Set<Companion>();
  private readonly registrations: vscode.Disposable[];
  private numbered = 0;

  constructor(
    private readonly adapter: string,
    private readonly log: vscode.LogOutputChannel,
  ) {
    // One that a window left behind when it was closed in the middle of a session.
    this.removeErrorBreakpoint();
    this.registrations = COMPANION_TYPES.map((type: CompanionType) =>
      vscode.debug.registerDebugConfigurationProvider(type, this),
    );
  }

  dispose(): void {
    [...this.waiting.values(), ...this.live].forEach((companion) => companion.dispose());
    this.removeErrorBreakpoint();
    vscode.Disposable.from(...this.registrations).dispose();
  }

  async resolveDebugConfigurationWithSubstitutedVariables(
    folder: vscode.WorkspaceFolder | undefined,
    config: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration | null | undefined> {
    const block: unknown = config[BLOCK];
    if (block === undefined || block === false || !vscode.workspace.isTrusted) {
      return config;
    }
    const rest = Object.fromEntries(Object.entries(config).filter(([name]) => name !== BLOCK));
    const fields = typeof block === 'object' && block !== null ? { ...block } : {};
    const program = programOf(config);
    const remote = elsewhere(config);
    const problems =
      remote === undefined
        ? blockProblems(config.type, config.request, program, fields)
        : [
            `"spaces" needs the program on this machine, and "${remote}" runs it elsewhere. Open the folder there (Remote - SSH, a container) and debug it from that window.`,
          ];
    if (problems.length > 0 || program === undefined) {
      this.refuse(config.name, problems.join(' '));
      return undefined;
    }
    const gdb = vscode.workspace.getConfiguration(SETTINGS.section, folder).get<string>(SETTINGS.gdbPath);
    const cwd: unknown = config['cwd'];
    let companion: Companion | undefined;
    try {
      companion = await Companion.start(this.adapter, this.log);
      const { environment, warnings } = await companion.request('spaces/companion', {
        ...(gdb ? { gdb } : {}),
        ...fields,
        program,
        env: environmentOf(config),
        ...(typeof cwd === 'string' && cwd !== '' ? { cwd } : {}),
      });
      warnings.forEach((warning) => this.log.warn(`${config.name}: ${warning}`));
      const number = ++this.numbered;
      this.keep(number, companion);
      return { ...inject(rest, environment), [NUMBER]: number } as unknown as vscode.DebugConfiguration;
    } catch (error) {
      companion?.dispose();
      this.refuse(config.name, messageOf(error));
      return undefined;
    }
  }

  /** The companion of a session that begins; undefined where it has none. */
  take(session: vscode.DebugSession): Companion | undefined {
    const number: unknown = session.configuration[NUMBER];
    const companion = typeof number === 'number' ? this.waiting.get(number) : undefined;
    if (companion && typeof number === 'number') {
      this.waiting.delete(number);
      this.live.add(companion);
    }
    return companion;
  }

  /** The session of a companion has ended. */
  async end(companion: Companion): Promise<void> {
    await companion.follow('ended');
    this.live.delete(companion);
    if (this.live.size + this.waiting.size === 0) {
      this.removeErrorBreakpoint();
    }
  }

  private keep(number: number, companion: Companion): void {
    this.waiting.set(number, companion);
    if (!vscode.debug.breakpoints.some(isErrorBreakpoint)) {
      vscode.debug.addBreakpoints([new vscode.FunctionBreakpoint(ERROR_FUNCTION)]);
    }
    setTimeout(() => {
      if (this.waiting.delete(number)) {
        void this.end(companion);
      }
    }, PATIENCE_MS);
  }

  private removeErrorBreakpoint(): void {
    vscode.debug.removeBreakpoints(vscode.debug.breakpoints.filter(isErrorBreakpoint));
  }

  private refuse(name: string, problem: string): void {
    this.log.error(`${name}: ${problem}`);
    void vscode.window.showErrorMessage(vscode.l10n.t('Launch configuration "{0}": {1}', name, problem));
  }
}
