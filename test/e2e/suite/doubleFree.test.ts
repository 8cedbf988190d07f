/** The main job, asserted through the extension's API: from F5 to a caught double free. */
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Frame, Report } from '../../../adapter/src/protocol';
import type { SpacesApi } from '../../../extension/src/api';
import { lineOf } from '../harness/source';
import { until } from '../harness/until';
import { WatchedSession, addBreakpoint, api, inWorkspace } from './session';

const LIVE_SESSIONS = 8;

function userLine(frames: Frame[]): { path: string | undefined; line: number | undefined } {
  const frame = frames.find((candidate) => candidate.user && candidate.source);
  return { path: frame?.source?.path, line: frame?.line };
}

function problems(file: vscode.Uri): vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(file).filter((problem) => problem.source === 'Spaces');
}

describe('double free', function () {
  this.bail(true);
  let spaces: SpacesApi;
  let session: WatchedSession;
  let source: vscode.Uri;
  let report: Report;
  let lines: { call: number; allocation: number; firstFree: number; secondFree: number };

  before(async () => {
    spaces = await api();
    session = new WatchedSession();
    source = inWorkspace('double-free/main.c');
    lines = {
      call: lineOf(source.fsPath, 'log_out_everyone(&cache)'),
      allocation: lineOf(source.fsPath, 'calloc('),
      firstFree: lineOf(source.fsPath, 'free(session)', 'drop_oldest'),
      secondFree: lineOf(source.fsPath, 'free(session)', 'log_out'),
    };
  });
  after(() => session.dispose());

  it('stops at a breakpoint', async () => {
    await vscode.window.showTextDocument(source);
    addBreakpoint(source, lines.call);
    await session.start('Double free');
    const stop = await session.stop();
    assert.equal(stop.reason, 'breakpoint');
    const [top] = await session.frames(stop.threadId ?? 0);
    assert.equal(top?.line, lines.call);
    assert.ok(top?.source?.path?.endsWith('/double-free/main.c'), top?.source?.path);
    await until('the state "stopped"', () => spaces.state() === 'stopped');
  });

  it('reads the heap', async () => {
    const heap = await spaces.heap();
    assert.ok(heap, 'there is a heap');
    assert.equal(heap.build, 'debug');
    const chunk = heap.chunks.find((candidate) => candidate.kind === 'default');
    assert.ok(chunk, 'there is a default chunk');
    assert.ok(chunk.liveCount >= LIVE_SESSIONS, `${chunk.liveCount} live blocks`);
    assert.ok(chunk.liveBytes > 0 && chunk.liveBytes <= chunk.footprint, `${chunk.liveBytes} live bytes`);
    assert.equal(chunk.status, 'ok');
  });

  it('lists the live sessions with the line that allocated them', async () => {
    const { entries, total } = await spaces.request('spaces/entries', { state: 'live', count: 1000 });
    assert.equal(entries.length, total);
    const ours = entries.filter((entry) => userLine(entry.site).line === lines.allocation);
    assert.equal(ours.length, LIVE_SESSIONS);
    assert.ok(ours.every((entry) => entry.inUse && userLine(entry.site).path === source.fsPath));
    assert.equal(new Set(ours.map((entry) => entry.address)).size, LIVE_SESSIONS);
    assert.equal(new Set(ours.map((entry) => entry.requested)).size, 1);
  });

  it('finds the heap undamaged', async () => {
    const { blocks, reports } = await spaces.request('spaces/check', {});
    assert.ok(blocks >= LIVE_SESSIONS);
    assert.deepEqual(reports, []);
  });

  it('shows the default chunk in the tree', async () => {
    const rows = await until('rows in the tree', async () => {
      const found = await spaces.tree();
      return found.length > 0 && found;
    });
    const row = rows.find((candidate) => /default/i.test(candidate.label));
    assert.ok(row, `rows: ${rows.map((candidate) => candidate.label).join(', ')}`);
    const groups = await row.children();
    assert.ok(
      groups.some((group) => group.label.includes('open_session')),
      `groups: ${groups.map((group) => group.label).join(', ')}`,
    );
    assert.equal(spaces.badge(), 0);
  });

  it('stops at the second free, on the line of the program', async () => {
    await session.continue();
    const stop = await session.stop();
    assert.equal(stop.reason, 'exception');
    assert.match(stop.description ?? '', /double free/i);
    await until('the editor on the second free', () => {
      const editor = vscode.window.activeTextEditor;
      return (
        editor?.document.uri.fsPath === source.fsPath && editor.selection.active.line === lines.secondFree - 1
      );
    });
    const frames = await session.frames(stop.threadId ?? 0);
    const shown = frames.findIndex((frame) => frame.presentationHint !== 'subtle');
    assert.equal(frames[shown]?.name.replace(/\(.*/, ''), 'log_out');
    assert.equal(frames[shown]?.line, lines.secondFree);
    assert.ok(shown > 0, 'the allocator stands above it, subdued');
  });

  it('reports it with three stacks', async () => {
    report = await until('the report', () => spaces.reports()[0]);
    assert.equal(spaces.reports().length, 1);
    assert.equal(report.kind, 'double-free');
    assert.equal(userLine(report.detected).line, lines.secondFree);
    assert.equal(userLine(report.allocated).line, lines.allocation);
    assert.equal(userLine(report.freed).line, lines.firstFree);
    assert.equal(spaces.badge(), 1);
  });

  it('makes it a problem with related information', async () => {
    const [problem] = await until('the problem', () => {
      const found = problems(source);
      return found.length > 0 && found;
    });
    assert.ok(problem);
    assert.equal(problems(source).length, 1);
    assert.equal(problem.severity, vscode.DiagnosticSeverity.Error);
    assert.equal(problem.range.start.line, lines.secondFree - 1);
    const related = (problem.relatedInformation ?? []).map(({ location }) => location.range.start.line + 1);
    assert.deepEqual(related, [lines.allocation, lines.firstFree]);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      source,
      problem.range,
    );
    assert.ok(actions.length >= 2, `quick fixes: ${actions.map(({ title }) => title).join(', ')}`);
  });

  it('lets the program go on to its end, and keeps the problem', async () => {
    await session.continue();
    await session.ended();
    assert.equal(session.exitCode, 0);
    assert.match(session.output.join(''), /9 sessions were closed/);
    assert.equal(problems(source).length, 1);
    assert.equal(spaces.state(), 'ended');
  });

  it('clears the problem when the next run starts', async () => {
    vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
    addBreakpoint(source, lines.call);
    await session.start('Double free');
    await session.stop();
    assert.equal(problems(source).length, 0);
    assert.equal(spaces.reports().length, 0);
    assert.equal(spaces.badge(), 0);
  });
});
