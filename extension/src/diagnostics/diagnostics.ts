/** The Problems that reports make: kept until the next run begins, or until they are cleared by hand. */
import * as vscode from 'vscode';
import type { Report } from '../../../adapter/src/protocol';
import { formatCount, formatSize } from '../../../adapter/src/protocol/sizes';
import type { Severity } from '../../../adapter/src/protocol/words';
import type { Sessions } from '../session/sessions';
import { problemsOf, type Place, type Problem } from './problems';

export const DIAGNOSTIC_SOURCE = 'Spaces';

const SEVERITIES: Record<Severity, vscode.DiagnosticSeverity> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  info: vscode.DiagnosticSeverity.Information,
};

export class Diagnostics implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('spaces');
  private readonly disposables: vscode.Disposable[] = [this.collection];
  private readonly hidden = new WeakSet<Report>();
  private problems: Problem[] = [];
  private update = Promise.resolve();

  constructor(private readonly sessions: Sessions) {
    this.disposables.push(
      sessions.onDidStartRun(() => this.refresh()),
      sessions.onDidReport(() => this.refresh()),
    );
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  /** Takes away the problems shown now; later reports show again. */
  clear(): void {
    this.sessions.reports.forEach((report) => this.hidden.add(report));
    this.refresh();
  }

  /** Takes away the problem of one report. */
  hide(report: Report): void {
    this.hidden.add(report);
    this.refresh();
  }

  /** The newest report behind a diagnostic of ours. */
  reportOf(uri: vscode.Uri, diagnostic: vscode.Diagnostic): Report | undefined {
    return this.problems.find(
      (problem) =>
        problem.path === uri.fsPath &&
        problem.line - 1 === diagnostic.range.start.line &&
        problem.kind === diagnostic.code &&
        messageOf(problem) === diagnostic.message,
    )?.reports[0];
  }

  private refresh(): void {
    this.problems = problemsOf(this.sessions.reports.filter((report) => !this.hidden.has(report)));
    const problems = this.problems;
    this.update = this.update.then(() => this.show(problems));
  }

  private async show(problems: Problem[]): Promise<void> {
    const byFile = new Map<string, vscode.Diagnostic[]>();
    for (const problem of problems) {
      const diagnostics = byFile.get(problem.path) ?? [];
      diagnostics.push(await diagnosticOf(problem));
      byFile.set(problem.path, diagnostics);
    }
    if (problems !== this.problems) {
      return;
    }
    this.collection.clear();
    byFile.forEach((diagnostics, path) => this.collection.set(vscode.Uri.file(path), diagnostics));
  }
}

async function diagnosticOf(problem: Problem): Promise<vscode.Diagnostic> {
  const diagnostic = new vscode.Diagnostic(
    await lineRange(problem),
    messageOf(problem),
    SEVERITIES[problem.severity],
  );
  diagnostic.source = DIAGNOSTIC_SOURCE;
  diagnostic.code = problem.kind;
  diagnostic.relatedInformation = await Promise.all(
    problem.related.map(
      async (related) =>
        new vscode.DiagnosticRelatedInformation(
          new vscode.Location(vscode.Uri.file(related.path), await lineRange(related)),
          related.event === 'allocated' ? vscode.l10n.t('allocated here') : vscode.l10n.t('freed here'),
        ),
    ),
  );
  return diagnostic;
}

function messageOf({ kind, message, reports }: Problem): string {
  if (reports.length === 1) {
    return message;
  }
  if (kind === 'leak') {
    const bytes = reports.reduce((sum, { size }) => sum + size, 0);
    const count = reports.reduce((sum, { leak }) => sum + (leak ? leak.count + leak.indirectCount : 1), 0);
    return vscode.l10n.t('Leak: {0} blocks of {1} in all.', formatCount(count), formatSize(bytes));
  }
  return vscode.l10n.t('{0} ({1} times)', message, reports.length);
}

/** The text of a line without its indentation; the start of the line where the file cannot be read. */
async function lineRange(place: Place): Promise<vscode.Range> {
  const line = Math.max(0, place.line - 1);
  try {
    const document = await vscode.workspace.openTextDocument(vscode.Uri.file(place.path));
    const text = document.lineAt(Math.min(line, document.lineCount - 1));
    return new vscode.Range(
      text.lineNumber,
      text.firstNonWhitespaceCharacterIndex,
      text.lineNumber,
      text.text.trimEnd().length,
    );
  } catch {
    return new vscode.Range(line, 0, line, 0);
  }
}
