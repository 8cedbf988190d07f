/** Leaks: told at the program's end, on demand at a stop, and those that are intended. */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { LeakRecord, Report } from '../../adapter/src/protocol';
import { compile } from './support/programs';
import * as dap from './support/session';

describe('leaks', () => {
  const program = compile('leaks.c');
  const launch = { program: program.path };
  let session: dap.Session;
  let directory: string;

  beforeEach(async () => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'spaces-leaks-'));
    session = await dap.open();
  });
  afterEach(async () => {
    await dap.closeAll();
    fs.rmSync(directory, { recursive: true });
  });

  const userLine = (frames: Report['allocated']) => frames.find(({ user }) => user)?.line;
  const summary = ({ class: kind, count, bytes, indirectCount, frames }: LeakRecord) => [
    kind,
    userLine(frames),
    count,
    bytes,
    indirectCount,
  ];
  const toEnd = async (more: object = {}) => {
    await dap.launch(session, { ...launch, ...more });
    const code = await dap.finish(session, () => session.client.configurationDoneRequest());
    assert.equal(code, 7);
    return dap.spacesEvents(session, 'spaces/report');
  };
  const suppressions = (text: string): string => {
    const file = path.join(directory, 'suppressions.json');
    fs.writeFileSync(file, text);
    return file;
  };

  for (const noDebug of [false, true]) {
    const how = noDebug ? 'without gdb' : 'in gdb';
    it(`are told at the end, at the lines that allocated them (${how})`, async () => {
      const reports = await toEnd({ noDebug });
      assert.deepEqual(
        reports.map(({ kind, message, size, leak, allocated }) => [
          kind,
          message,
          size,
          leak?.class,
          userLine(allocated),
        ]),
        [
          [
            'leak',
            'Leak: a block of 48 bytes is definitely lost, and with it 2 blocks of 96 bytes in all',
            144,
            'definite',
            program.line('@node'),
          ],
          [
            'leak',
            'Leak: a block of 100 bytes is definitely lost',
            100,
            'definite',
            program.line('@purpose'),
          ],
        ],
      );
      assert.match(
        dap.output(session, 'console'),
        /^Leaks: 244 bytes in 4 blocks, allocated at 2 places\.$/m,
      );
    });

    it(`are not looked for where that is off (${how})`, async () => {
      assert.deepEqual(await toEnd({ noDebug, leaks: 'off' }), []);
    });

    it(`are intended as the file says (${how})`, async () => {
      const file = suppressions(
        `{"version": 1, "suppressions": [
          {"kind": "leak", "frames": ["lose_on_purpose", "main"], "count": 1},
          {"kind": "leak", "frames": ["nowhere"]}]}`,
      );
      const reports = await toEnd({ noDebug, suppressions: file });
      assert.deepEqual(
        reports.map(({ allocated }) => userLine(allocated)),
        [program.line('@node')],
      );
      const text = dap.output(session, 'console');
      assert.match(text, /^Leaks that are intended: 100 bytes in 1 block\.$/m);
      assert.match(text, /^suppressions\.json:3: no leak matched the suppression of nowhere\.$/m);
    });
  }

  it('are all told where the file cannot be read, and its line is named', async () => {
    const reports = await toEnd({ suppressions: suppressions('{\n"version": 9}') });
    assert.equal(reports.length, 2);
    assert.match(
      dap.output(session, 'console'),
      /suppressions\.json:2 cannot be read: its version is 9, this extension reads version 1/,
    );
  });

  it('are found at a stop, and what grows since a snapshot', async () => {
    await dap.launchTo(session, launch, program.source, [{ line: program.line('@stand') }]);
    const first = await dap.ask(session, 'spaces/leaks', {});
    assert.deepEqual(first.records.map(summary), [
      ['definite', program.line('@node'), 1, 48, 2],
      ['definite', program.line('@purpose'), 1, 100, 0],
      ['indirect', program.line('@node'), 1, 48, 0],
      ['indirect', program.line('@node'), 1, 48, 0],
    ]);
    assert.deepEqual(first.classes.definite, { count: 2, bytes: 148 });
    const page = await dap.ask(session, 'spaces/leaks', { kinds: ['definite'], start: 1, count: 1 });
    assert.equal(page.total, 2);
    assert.deepEqual(page.records.map(summary), [['definite', program.line('@purpose'), 1, 100, 0]]);
    const [address = ''] = page.records[0]?.examples ?? [];
    const found = await dap.ask(session, 'spaces/locate', { address });
    assert.equal(found.verdict, 'live');
    const all = await dap.ask(session, 'spaces/leaks', { kinds: ['reachable'] });
    assert.ok(
      all.records.some(({ bytes }) => bytes === 700),
      'a local variable of a frame holds it',
    );

    const { id } = await dap.ask(session, 'spaces/snapshot', {});
    await dap.resume(session);
    const grown = await dap.ask(session, 'spaces/leaks', { kinds: ['reachable'], since: id });
    assert.deepEqual(
      grown.records.map(({ class: kind, frames, youngCount, youngBytes, grown: more }) => [
        kind,
        userLine(frames),
        youngCount,
        youngBytes,
        more,
      ]),
      [['reachable', program.line('@node'), 5, 240, 5]],
    );
    assert.match(
      await dap.failure(dap.ask(session, 'spaces/leaks', { since: 77 })),
      /There is no snapshot 77/,
    );
    assert.match(
      await dap.failure(dap.ask(session, 'spaces/leaks', { kinds: ['lost'] as never })),
      /"kinds"/,
    );
  });
});
