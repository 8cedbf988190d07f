/** What a program starts: one session a process where that is asked for, and errors told in any case. */
import * as assert from 'node:assert/strict';
import { compile } from './support/programs';
import * as dap from './support/session';

describe('children of the program', () => {
  const program = compile('children.c');
  let parent: dap.Session;

  afterEach(() => dap.closeAll());

  const launch = { program: program.path, followChildren: true };

  it('have a session each, forked or executed, from their first line on', async () => {
    parent = await dap.open({}, {}, { supportsStartDebuggingRequest: true });
    const ended: Promise<{ who: string; code: number }>[] = [];
    const stops: string[] = [];
    dap.serveSessions(parent, async ({ request, configuration }) => {
      assert.equal(request, 'attach');
      const child = await dap.open();
      const initialized = dap.waitFor(child, 'initialized');
      await child.client.attachRequest(configuration);
      await initialized;
      await child.client.setBreakpointsRequest({
        source: { path: program.source },
        breakpoints: [{ line: program.line('@work') }],
      });
      ended.push(
        (async () => {
          const stop = await dap.run(child);
          const [top] = await dap.stack(child, stop.threadId);
          const who = (await dap.locals(child, top?.id ?? 0)).find(({ name }) => name === 'who')?.value ?? '';
          assert.equal(top?.line, program.line('@work'));
          const heap = await dap.ask(child, 'spaces/heap', {});
          assert.equal(heap.pid, (configuration as { pid: number }).pid);
          const error = await dap.resume(child, stop.threadId);
          assert.equal(error.description, 'Double free');
          assert.equal(
            dap.topUserFrame(await dap.stack(child, error.threadId))?.line,
            program.line('@twice'),
          );
          const report = dap.spacesEvents(child, 'spaces/report')[0];
          assert.equal(report?.pid, heap.pid);
          assert.equal(report?.process, undefined);
          stops.push(who);
          const code = await dap.finish(child, () =>
            child.client.continueRequest({ threadId: error.threadId ?? 1 }),
          );
          return { who, code };
        })(),
      );
    });
    await dap.launch(parent, launch);
    const code = await dap.finish(parent, () => parent.client.configurationDoneRequest());
    assert.equal(code, 0);
    const children = await Promise.all(ended);
    assert.deepEqual(
      children.map(({ who, code: own }) => [/"(\w+)"/.exec(who)?.[1], own]),
      [
        ['forked', 4],
        ['executed', 3],
      ],
    );
    assert.match(dap.output(parent), /children ended with 4 and 3/);
  });

  it('go on, and tell their errors by name, where the client starts no sessions', async () => {
    parent = await dap.open();
    await dap.launch(parent, launch);
    await dap.finish(parent, () => parent.client.configurationDoneRequest());
    const reports = dap.spacesEvents(parent, 'spaces/report');
    assert.equal(reports.length, 2);
    for (const report of reports) {
      assert.equal(report.kind, 'double-free');
      assert.match(report.process ?? '', new RegExp(`\\(${report.pid}\\)$|^process ${report.pid}$`));
      assert.equal(report.detected.find(({ user }) => user)?.line, program.line('@twice'));
    }
  });

  it('go on where the client refuses their sessions', async () => {
    parent = await dap.open({}, {}, { supportsStartDebuggingRequest: true });
    let asked = 0;
    dap.serveSessions(parent, () => {
      asked++;
      return Promise.reject(new Error('no'));
    });
    await dap.launch(parent, launch);
    const code = await dap.finish(parent, () => parent.client.configurationDoneRequest());
    assert.equal(code, 0);
    assert.equal(asked, 2);
    assert.equal(dap.spacesEvents(parent, 'spaces/report').length, 2);
  });

  it('without being followed run as they always did', async () => {
    parent = await dap.open({}, {}, { supportsStartDebuggingRequest: true });
    dap.serveSessions(parent, () => Promise.reject(new Error('nobody asked')));
    await dap.launch(parent, { ...launch, followChildren: false });
    await dap.finish(parent, () => parent.client.configurationDoneRequest());
    // The forked child shares the library; the executed one has none.
    assert.equal(dap.spacesEvents(parent, 'spaces/report').length, 1);
    assert.doesNotMatch(dap.output(parent, 'console'), /nobody asked/);
  });
});
