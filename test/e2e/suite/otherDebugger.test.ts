/** Beside lldb-dap: a `spaces` block brings the heap, the stop at an error and its problem into its session. */
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { ERROR_FUNCTION } from '../../../adapter/src/protocol';
import type { SpacesApi } from '../../../extension/src/api';
import { lineOf } from '../harness/source';
import { until } from '../harness/until';
import { WatchedSession, addBreakpoint, api, inWorkspace } from './session';

describe('beside lldb-dap', function () {
  this.bail(true);
  let spaces: SpacesApi;
  let session: WatchedSession;
  let source: vscode.Uri;

  before(async () => {
    spaces = await api();
    session = new WatchedSession('lldb-dap');
    source = inWorkspace('double-free/main.c');
    await vscode.window.showTextDocument(source);
  });
  after(() => session.dispose());

  it('shows the heap at a breakpoint of the other debugger', async () => {
    addBreakpoint(source, lineOf(source.fsPath, 'log_out_everyone(&cache)'));
    const program = inWorkspace('double-free/bin/main').fsPath;
    await session.start({
      type: 'lldb-dap',
      request: 'launch',
      name: 'Beside lldb-dap',
      program,
      preLaunchTask: 'build double-free',
      spaces: { allocator: 'debug', heapLimit: '256MB' },
    });
    await session.stop();
    const heap = await until('the heap', () => spaces.heap());
    assert.equal(heap.build, 'debug');
    assert.equal(heap.process.heapLimit, 256 << 20);
    const rows = await until('rows in the tree', async () => {
      const found = await spaces.tree();
      return found.length > 0 && found;
    });
    const groups = await rows.find(({ label }) => /default/i.test(label))?.children();
    assert.ok(
      groups?.some(({ label }) => label.includes('open_session')),
      groups?.map(({ label }) => label).join(', '),
    );
  });

  it('looks a pointer up that the other debugger evaluates', async () => {
    const active = vscode.debug.activeDebugSession;
    const { threads } = (await active?.customRequest('threads')) as { threads: { id: number }[] };
    const [top] = await session.frames(threads[0]?.id ?? 0);
    const located = await spaces.request('spaces/locate', {
      expression: 'cache.oldest',
      frameId: top?.id ?? 0,
    });
    assert.equal(located.verdict, 'live');
  });

  it('stops at the second free, with the line of the program in the editor', async () => {
    await session.continue();
    const stop = await session.stop();
    const line = lineOf(source.fsPath, 'free(session)', 'log_out');
    await until('the editor on the second free', () => {
      const editor = vscode.window.activeTextEditor;
      return editor?.document.uri.fsPath === source.fsPath && editor.selection.active.line === line - 1;
    });
    const frames = await session.frames(stop.threadId ?? 0);
    assert.match(frames[0]?.name ?? '', new RegExp(ERROR_FUNCTION));
    const [report] = await until('the report', () => spaces.reports().length > 0 && spaces.reports());
    assert.equal(report?.kind, 'double-free');
    const [problem] = await until('the problem', () => {
      const found = vscode.languages.getDiagnostics(source).filter((one) => one.source === 'Spaces');
      return found.length > 0 && found;
    });
    assert.equal(problem?.range.start.line, line - 1);
    assert.equal(problem?.relatedInformation?.length, 2);
    assert.equal(spaces.badge(), 1);
  });

  it('lets it go on to its end, and takes its own breakpoint away again', async () => {
    await session.continue();
    await session.ended();
    assert.equal(session.exitCode, 0);
    await until('the breakpoint is gone', () =>
      vscode.debug.breakpoints.every(
        (one) => !(one instanceof vscode.FunctionBreakpoint && one.functionName === ERROR_FUNCTION),
      ),
    );
    assert.equal(spaces.state(), 'ended');
  });

  it('leaves a configuration without the block alone', async () => {
    vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
    const program = inWorkspace('double-free/bin/main').fsPath;
    await session.start({ type: 'lldb-dap', request: 'launch', name: 'Without', program });
    // The C library's own malloc ends the program at the double free: a signal is where lldb stops.
    assert.equal((await session.stop()).reason, 'exception');
    await vscode.debug.stopDebugging();
    await session.ended();
    assert.equal(spaces.reports().length, 1, 'the reports of the run before');
  });
});
