/** The adapter beside another debugger, which is played by this test: it starts the program and stops it by signals. */
import * as assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { CompanionResponse, HeapResponse, Report } from '../../adapter/src/protocol';
import { Companion } from '../../extension/src/companion/companion';
import type { Log } from '../../extension/src/session/heapSession';
import { until } from '../e2e/harness/until';
import { compile, type Program } from './support/programs';

const ADAPTER = path.resolve(__dirname, '../../dist/adapter.js');
const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const noEvaluation = () => Promise.reject(new Error('not here'));

describe('a companion', () => {
  let companion: Companion;
  let program: Program;
  let child: ChildProcess | undefined;
  let events: { event: string; body: unknown }[];

  beforeEach(async () => {
    program = compile('beside.c');
    events = [];
    companion = await Companion.start(ADAPTER, silent);
    companion.listen((event, body) => events.push({ event, body }));
  });
  afterEach(() => {
    child?.kill('SIGKILL');
    companion.dispose();
  });

  async function begin(more: object = {}): Promise<CompanionResponse> {
    return companion.request('spaces/companion', { program: program.path, ...more });
  }

  function run({ environment }: CompanionResponse): ChildProcess {
    const set = Object.entries(environment).filter((pair): pair is [string, string] => pair[1] !== null);
    child = spawn(program.path, [], {
      env: { ...process.env, ...Object.fromEntries(set) },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return child;
  }

  /** Resolves when the program has stopped itself, which the other debugger would see. */
  async function stopped(pid: number): Promise<void> {
    await until('the program stands still', () =>
      /^State:\s+T/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8')),
    );
    await companion.follow('stopped');
  }

  it('reads the heap while the program stands still, and tells its reports', async () => {
    const answer = await begin({ heapLimit: 64 << 20 });
    assert.match(answer.environment['LD_PRELOAD'] ?? '', /libspaces-debug\.so$/);
    assert.deepEqual(
      Object.keys(answer.environment).filter((name) => !/^(SPACES_|LD_PRELOAD$)/.test(name)),
      [],
    );
    const { pid = 0 } = run(answer);
    await stopped(pid);
    const heap = (await companion.ask('spaces/heap', {}, noEvaluation)) as HeapResponse;
    assert.equal(heap.pid, pid);
    assert.equal(heap.process.heapLimit, 64 << 20);
    assert.ok(events.some(({ event }) => event === 'spaces/changed'));
    const page = await companion.request('spaces/entries', { state: 'live', count: 10 });
    const entry = page.entries.find(({ requested }) => requested === 4711);
    assert.equal(entry?.site.find(({ user }) => user)?.line, program.line('@allocated'));
    const evaluated = { expression: 'block', frameId: 1 };
    const located = (await companion.ask('spaces/locate', evaluated, () =>
      Promise.resolve(`(char *) ${entry?.address ?? ''} "text"`),
    )) as { verdict: string };
    assert.equal(located.verdict, 'live');
    const { reports } = await companion.request('spaces/check', {});
    assert.deepEqual(
      reports.map(({ kind }) => kind),
      ['overflow'],
    );
    await companion.follow('running');
    await assert.rejects(companion.request('spaces/heap', {}), /needs a stopped program/);
    child?.kill('SIGCONT');
    const report = await until('the double free', () =>
      events
        .filter(({ event }) => event === 'spaces/report')
        .map(({ body }) => body as Report)
        .find(({ kind }) => kind === 'double-free'),
    );
    assert.equal(report.detected.find(({ user }) => user)?.line, program.line('@again'));
  });

  it('says what only the own debugger can do', async () => {
    const { pid = 0 } = run(await begin());
    await stopped(pid);
    await assert.rejects(
      companion.request('spaces/set', { heapLimit: 1 << 30 }),
      /needs the Spaces debugger/,
    );
    const { chunks } = (await companion.ask('spaces/heap', {}, noEvaluation)) as HeapResponse;
    const chunk = chunks[0]?.id ?? '';
    await assert.rejects(
      companion.request('spaces/breakOnGrowth', { chunk, enabled: true }),
      /needs the Spaces debugger/,
    );
  });

  it('refuses a program that cannot run under the allocator, before it starts', async () => {
    await assert.rejects(companion.request('spaces/companion', { program: '/nowhere' }), /does not exist/);
    await assert.rejects(companion.request('spaces/heap', {}), /needs a program that has been started/);
  });

  it('takes its folder away and ends with its client', async () => {
    const { environment } = await begin();
    const folder = path.dirname(environment['SPACES_REPORT_SOCKET'] ?? '');
    assert.ok(fs.existsSync(folder));
    companion.dispose();
    await until('the folder is gone', () => !fs.existsSync(folder));
  });
});
