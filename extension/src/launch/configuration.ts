/**
 * Launch configurations: fills in what F5 without a launch.json leaves open,
 * and refuses what cannot work before an adapter is started.
 */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { DEBUG_TYPE, SUPPRESSIONS_PATH } from '../../../adapter/src/protocol';
import { SETTINGS } from '../ids';
import type { AdapterFactory } from './adapterFactory';
import { activeSource, buildProgram } from './buildTask';
import { programOfCore } from './core';
import { findPrograms, type BuiltProgram } from './programs';
import { checkLaunch } from './validate';

export class ConfigurationProvider implements vscode.DebugConfigurationProvider {
  constructor(
    private readonly log: vscode.LogOutputChannel,
    private readonly adapter: AdapterFactory,
  ) {}

  /** The "Spaces" entries of the debug view's list: programs built from the active file. */
  async provideDebugConfigurations(
    folder: vscode.WorkspaceFolder | undefined,
  ): Promise<vscode.DebugConfiguration[]> {
    const source = activeSource();
    if (!source) {
      return [];
    }
    const programs = await findPrograms(source, rootOf(source, folder));
    return programs.map(({ path: program }) => launchOf(program));
  }

  async resolveDebugConfiguration(
    folder: vscode.WorkspaceFolder | undefined,
    config: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration | null | undefined> {
    if (!(await this.trusted())) {
      return undefined;
    }
    const empty = !config.type && !config.request && !config.name;
    if (!empty && (config.request === 'attach' || ['program', 'core'].some((one) => one in config))) {
      return config;
    }
    const source = activeSource();
    if (!source) {
      return this.askForLaunchJson(empty);
    }
    const program = await this.programFor(source, folder);
    return program === undefined
      ? undefined
      : { ...config, ...launchOf(program), ...(config.name ? { name: config.name } : {}) };
  }

  async resolveDebugConfigurationWithSubstitutedVariables(
    folder: vscode.WorkspaceFolder | undefined,
    config: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration | null | undefined> {
    const problems = checkLaunch(config);
    if (problems.length > 0) {
      problems.forEach((problem) => this.log.error(`Launch configuration "${config.name}": ${problem}`));
      void this.showProblems(config.name, problems);
      return undefined;
    }
    const settings = vscode.workspace.getConfiguration(SETTINGS.section, folder);
    const gdb = settings.get<string>(SETTINGS.gdbPath);
    if (config['gdb'] === undefined && gdb) {
      config['gdb'] = gdb;
    }
    const core = config['core'] as string | undefined;
    if (core !== undefined && !config['program']) {
      const program = await programOfCore(core, this.adapter);
      if (program === undefined) {
        return undefined;
      }
      config['program'] = program;
    }
    config['describePointers'] ??= settings.get<boolean>(SETTINGS.describePointers, true);
    if (folder) {
      config['suppressions'] ??= path.join(folder.uri.fsPath, SUPPRESSIONS_PATH);
    }
    config['cwd'] ??= folder?.uri.fsPath ?? path.dirname((core ?? config['program'] ?? '') as string);
    return config;
  }

  /** Nothing of an untrusted workspace is ever started. */
  private async trusted(): Promise<boolean> {
    if (vscode.workspace.isTrusted) {
      return true;
    }
    const manage = vscode.l10n.t('Manage Workspace Trust');
    const answer = await vscode.window.showErrorMessage(
      vscode.l10n.t('Spaces starts no program in a workspace that is not trusted. Trust it first.'),
      manage,
    );
    if (answer === manage) {
      await vscode.commands.executeCommand('workbench.trust.manage');
    }
    return false;
  }

  private async askForLaunchJson(empty: boolean): Promise<null | undefined> {
    const create = vscode.l10n.t('Open launch.json');
    const answer = await vscode.window.showErrorMessage(
      empty
        ? vscode.l10n.t('There is nothing to debug: open a C or C++ file, or write a launch.json.')
        : vscode.l10n.t('The configuration has no "program", and no C or C++ file is open to find one for.'),
      create,
    );
    return answer === create ? null : undefined;
  }

  /** The program of `source`: found, built on request, or undefined where the user gave up. */
  private async programFor(
    source: string,
    folder: vscode.WorkspaceFolder | undefined,
  ): Promise<string | undefined> {
    const [newest] = byFreshness(await findPrograms(source, rootOf(source, folder)));
    if (newest && !newest.outdated) {
      return newest.path;
    }
    const build = vscode.l10n.t('Build and Debug');
    const anyway = vscode.l10n.t('Debug Anyway');
    const name = path.basename(source);
    const answer = newest
      ? await vscode.window.showWarningMessage(
          vscode.l10n.t('{0} is older than {1}.', path.basename(newest.path), name),
          build,
          anyway,
        )
      : await vscode.window.showInformationMessage(
          vscode.l10n.t('No program built from {0} was found. Build it with debug information?', name),
          build,
        );
    if (answer === build) {
      return buildProgram(source);
    }
    return answer === anyway ? newest?.path : undefined;
  }

  private async showProblems(name: string, problems: string[]): Promise<void> {
    const open = vscode.l10n.t('Open launch.json');
    const answer = await vscode.window.showErrorMessage(
      vscode.l10n.t('Launch configuration "{0}": {1}', name, problems.join(' ')),
      open,
    );
    if (answer === open) {
      await vscode.commands.executeCommand('workbench.action.debug.configure');
    }
  }
}

function launchOf(program: string): vscode.DebugConfiguration {
  return {
    type: DEBUG_TYPE,
    request: 'launch',
    name: vscode.l10n.t('Debug {0} with Spaces', path.basename(program)),
    program,
  };
}

function byFreshness(programs: BuiltProgram[]): BuiltProgram[] {
  return [...programs].sort((a, b) => Number(a.outdated) - Number(b.outdated));
}

function rootOf(source: string, folder: vscode.WorkspaceFolder | undefined): string | undefined {
  return (vscode.workspace.getWorkspaceFolder(vscode.Uri.file(source)) ?? folder)?.uri.fsPath;
}
