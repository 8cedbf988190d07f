/** The other samples: each tells what its README promises. */
import * as assert from 'node:assert/strict';
import type * as vscode from 'vscode';
import type { Report } from '../../../adapter/src/protocol';
import type { SpacesApi } from '../../../extension/src/api';
import { lineOf } from '../harness/source';
import { until } from '../harness/until';
import { WatchedSession, addBreakpoint, api, inWorkspace } from './session';

/** Lines of the user's frames in that file, innermost first. */
function linesIn(frames: Report['detected'], file: vscode.Uri): (number | undefined)[] {
  return frames.filter((frame) => frame.user && frame.source?.path === file.fsPath).map(({ line }) => line);
}

describe('samples', () => {
  let spaces: SpacesApi;
  let session: WatchedSession;

  before(async () => {
    spaces = await api();
  });
  beforeEach(() => {
    session = new WatchedSession();
  });
  afterEach(() => session.dispose());

  it('overflow: stops where the line is printed, with the byte past the end', async () => {
    const source = inWorkspace('overflow/main.c');
    await session.start('Overflow');
    assert.equal((await session.stop()).reason, 'exception');
    const report = await until('the report', () => spaces.reports()[0]);
    assert.equal(report.kind, 'overflow');
    assert.equal(report.offset, report.size);
    assert.equal(linesIn(report.detected, source)[0], lineOf(source.fsPath, 'printf("%s'));
    assert.equal(linesIn(report.allocated, source)[0], lineOf(source.fsPath, 'malloc('));
  });

  it('C++: tells the access to a deleted shape', async () => {
    const source = inWorkspace('cpp/main.cpp');
    addBreakpoint(source, lineOf(source.fsPath, 'return 0;'));
    await session.start('C++: write after free');
    await session.stop();
    const report = await until('the report', () => spaces.reports()[0]);
    assert.equal(report.kind, 'use-after-free');
    assert.equal(linesIn(report.allocated, source)[0], lineOf(source.fsPath, 'canvas.add("door"'));
    // The innermost line is that of the destructor, which the compiler wrote.
    assert.ok(linesIn(report.freed, source).includes(lineOf(source.fsPath, 'shapes_.erase(')));
  });

  it('regions: shows a chunk with a ceiling, and the request that it refused', async () => {
    const source = inWorkspace('regions/main.c');
    addBreakpoint(source, lineOf(source.fsPath, 'spaces_chunk_destroy('));
    await session.start('Regions of its own');
    await session.stop();
    const heap = await spaces.heap();
    const region = heap?.chunks.find((chunk) => chunk.kind === 'variable');
    assert.equal(region?.ceiling, 256 * 1024);
    assert.equal(region?.liveCount, 400);
  });
});
