/**
 * The task "spaces: build active file": one C or C++ file with debug
 * information, for F5 without a launch.json and for tasks.json.
 */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { PROBLEM_MATCHER, TASK_TYPE } from '../ids';
import { buildArguments, compilersFor, findOnPath } from './compilers';
import { programBeside } from './programs';

interface BuildDefinition extends vscode.TaskDefinition {
  file?: string;
  output?: string;
  args?: string[];
}

export class BuildTaskProvider implements vscode.TaskProvider {
  async provideTasks(): Promise<vscode.Task[]> {
    const source = activeSource();
    const compiler = source && (await findOnPath(compilersFor(source)));
    return source && compiler ? [buildTask({ type: TASK_TYPE, file: source }, source, compiler)] : [];
  }

  async resolveTask(task: vscode.Task): Promise<vscode.Task | undefined> {
    const definition = task.definition as BuildDefinition;
    const source = definition.file ?? activeSource();
    if (!source || source.includes('${')) {
      const active = activeSource();
      const compiler = active && (await findOnPath(compilersFor(active)));
      return active && compiler ? buildTask(definition, active, compiler, task.scope) : undefined;
    }
    const compiler = await findOnPath(compilersFor(source));
    return compiler ? buildTask(definition, source, compiler, task.scope) : undefined;
  }
}

/** Builds `source`; resolves to the program, or to undefined after the user was told why there is none. */
export async function buildProgram(source: string): Promise<string | undefined> {
  const names = compilersFor(source);
  const compiler = await findOnPath(names);
  if (!compiler) {
    void vscode.window.showErrorMessage(
      vscode.l10n.t(
        'No compiler for {0} was found on PATH (looked for {1}). Install one, on Debian and Ubuntu with "sudo apt install build-essential", or build the program yourself and name it as "program" in launch.json.',
        path.basename(source),
        names.join(', '),
      ),
    );
    return undefined;
  }
  const output = programBeside(source);
  const code = await run(buildTask({ type: TASK_TYPE, file: source }, source, compiler));
  if (code === 0) {
    return output;
  }
  void vscode.window.showErrorMessage(
    vscode.l10n.t(
      'Building {0} failed: the terminal says why. A program of several files needs a build task of its own and a "program" in launch.json.',
      path.basename(source),
    ),
  );
  return undefined;
}

function buildTask(
  definition: BuildDefinition,
  source: string,
  compiler: string,
  scope: vscode.WorkspaceFolder | vscode.TaskScope | undefined = vscode.TaskScope.Workspace,
): vscode.Task {
  const output = definition.output ?? programBeside(source);
  const task = new vscode.Task(
    definition,
    scope,
    'build active file',
    'spaces',
    new vscode.ProcessExecution(compiler, [...buildArguments(source, output), ...(definition.args ?? [])], {
      cwd: path.dirname(source),
    }),
    `$${PROBLEM_MATCHER}`,
  );
  task.group = vscode.TaskGroup.Build;
  task.detail = vscode.l10n.t('{0} with debug information', path.basename(compiler));
  task.presentationOptions = {
    reveal: vscode.TaskRevealKind.Silent,
    panel: vscode.TaskPanelKind.Shared,
    clear: true,
  };
  return task;
}

async function run(task: vscode.Task): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    let execution: vscode.TaskExecution | undefined;
    const listener = vscode.tasks.onDidEndTaskProcess((event) => {
      if (event.execution === execution || event.execution.task === task) {
        listener.dispose();
        resolve(event.exitCode);
      }
    });
    vscode.tasks.executeTask(task).then(
      (started) => {
        execution = started;
      },
      (error: unknown) => {
        listener.dispose();
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}

/** The C or C++ source file in the active editor. */
export function activeSource(): string | undefined {
  const document = vscode.window.activeTextEditor?.document;
  return document?.uri.scheme === 'file' && compilersFor(document.fileName).length > 0
    ? document.fileName
    : undefined;
}
