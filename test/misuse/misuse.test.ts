/**
 * Every program of the corpus through the real adapter: its misuse is told, once, with the right kind and lines; of its
 * correct twin nothing is; and where a block was damaged, a search stops on the line that wrote, at the first attempt.
 */
import * as assert from 'node:assert/strict';
import type { Frame, LaunchArguments, Report } from '../../adapter/src/protocol';
import * as dap from '../dap/support/session';
import { corpus, type Misuse } from './corpus';

const LEAST = 6;

function userLine(frames: readonly Frame[]): number | undefined {
  return frames.find((frame) => frame.user)?.line;
}

function launchOf(misuse: Misuse, correct: boolean): LaunchArguments {
  const allocator = misuse.allocator ?? 'debug';
  return { program: misuse.compile(correct).path, allocator, checkOnStop: false };
}

/** Run to the error. */
async function told(misuse: Misuse): Promise<{ report: Report; search: LaunchArguments | undefined }> {
  const session = await dap.open();
  await dap.launch(session, launchOf(misuse, false));
  const stop = await dap.run(session);
  assert.equal(stop.reason, 'exception', stop.description);
  const reports = dap.spacesEvents(session, 'spaces/report');
  assert.deepEqual(
    reports.map(({ kind }) => kind),
    [misuse.kind],
  );
  const [report] = reports;
  assert.ok(report);
  const { at, allocated, freed, written } = misuse.lines;
  if (at !== undefined) {
    assert.equal(dap.topUserFrame(await dap.stack(session, stop.threadId))?.line, at, 'the line of the stop');
    assert.equal(userLine(report.detected), at, 'detected');
  }
  assert.equal(userLine(report.allocated), allocated, 'allocated');
  assert.equal(userLine(report.freed), freed, 'freed');
  const search =
    written === undefined
      ? undefined
      : (await dap.ask(session, 'spaces/findWrite', { report: report.id })).launch;
  await session.client.disconnectRequest();
  return { report, search };
}

async function nothingTold(misuse: Misuse): Promise<void> {
  const session = await dap.open();
  await dap.launch(session, { ...launchOf(misuse, true), noDebug: true });
  assert.equal(await dap.finish(session, () => session.client.configurationDoneRequest()), 0);
  assert.deepEqual(
    dap.spacesEvents(session, 'spaces/report').map(({ message }) => message),
    [],
    'the correct twin',
  );
}

async function findsWrite(misuse: Misuse, search: LaunchArguments): Promise<void> {
  const session = await dap.open();
  await dap.launch(session, search);
  const stop = await dap.run(session);
  assert.equal(stop.reason, 'data breakpoint', `the search: ${stop.description}`);
  assert.equal(
    dap.topUserFrame(await dap.stack(session, stop.threadId))?.line,
    misuse.lines.written,
    'the line that writes',
  );
  const [ended] = dap.spacesEvents(session, 'spaces/writeSearch');
  assert.deepEqual([ended?.found, ended?.attempts], [true, 1]);
}

describe('misuse', () => {
  afterEach(() => dap.closeAll());

  for (const [kind, programs] of corpus()) {
    describe(kind, () => {
      it(`has ${LEAST} programs, which expect it`, () => {
        assert.ok(programs.length >= LEAST, `${programs.length} programs`);
        assert.deepEqual(
          programs.filter((misuse) => misuse.kind !== kind).map(({ name }) => name),
          [],
        );
      });
      for (const misuse of programs) {
        it(misuse.name, async () => {
          await nothingTold(misuse);
          const { search } = await told(misuse);
          if (search) {
            await findsWrite(misuse, search);
          }
        });
      }
    });
  }
});
