/**
 * What the reader's questions cost beside the bare reading of the same bytes, and beside gdb. Reader and bare read are
 * counted in CPU time, which others on the machine change little, and the bare read is repeated between the questions.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { compile, loadReader, many, median } from './subject.mjs';

const ROUNDS = 15;
const DIRECTORY = import.meta.dirname;
/** Blocks for gdb's own language, which takes too long for more. */
const FEW = 20_000;

/** Milliseconds of CPU that this process has used. */
function cpu() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function timed(prepare, ask, rounds = ROUNDS) {
  const times = [];
  for (let round = 0; round < rounds; round++) {
    prepare();
    const start = cpu();
    await ask();
    times.push(cpu() - start);
  }
  return median(times);
}

/** Median times in milliseconds of one build. */
export async function measureReader(build, blocks) {
  const { HeapReader } = loadReader();
  const subject = await many(build, blocks);
  const bareProgram = compile('adapter/test/reader/programs/bare.c');
  const bareNow = () =>
    JSON.parse(
      spawnSync(bareProgram, [String(subject.pid), subject.root.toString(16)], { encoding: 'utf8' }).stdout,
    );
  const reader = new HeapReader({ pid: subject.pid }, subject.root);
  const page = (start) => ({ state: 'live', sort: 'size', descending: true, start, count: 200 });
  const forget = () => reader.invalidate();
  const keep = () => undefined;
  const bares = [bareNow()];
  const result = {
    build,
    summary: await timed(forget, () => reader.summary()),
    live: (await reader.entries(page(0))).total,
    walk: await timed(forget, () => reader.entries({ ...page(0), sort: 'address' })),
  };
  bares.push(bareNow());
  Object.assign(result, {
    check: await timed(forget, () => reader.check()),
    firstPage: await timed(forget, () => reader.entries(page(0))),
    nextPage: await timed(keep, () => reader.entries(page(Math.floor(Math.random() * blocks * 0.8)))),
    map: await timed(keep, () => reader.picture(undefined, 0, 2 ** 40, 16384)),
    groups: await timed(keep, () => reader.groups({ by: 'size' })),
  });
  bares.push(bareNow());
  const first = await reader.snapshot();
  const second = await reader.snapshot();
  result.snapshotBytes = first.memory / first.count;
  result.diff = await timed(keep, () => reader.diff(first.id, second.id, 'stack'));
  reader.close();
  subject.end();
  const bare = (name) => median(bares.map((one) => one[name]));
  result.bare = bare(build === 'debug' ? 'records' : 'headers');
  result.bareWithBlocks = bare('blocks');
  return result;
}

/** Seconds that gdb takes for the totals, asked through its Python and in its own language. */
export async function measureGdb(blocks) {
  const { HeapReader } = loadReader();
  const ask = async (count, script) => {
    const subject = await many('debug', count);
    const reader = new HeapReader({ pid: subject.pid }, subject.root);
    const own = await timed(
      () => reader.invalidate(),
      () => reader.summary(),
    );
    reader.close();
    const start = performance.now();
    const { stdout, stderr } = spawnSync(
      'gdb',
      ['-nx', '-q', '-batch', '-p', String(subject.pid), '-ex', 'echo ', '-x', path.join(DIRECTORY, script)],
      { encoding: 'utf8', timeout: 600_000 },
    );
    const whole = (performance.now() - start) / 1000;
    subject.end();
    const line = stdout.split('\n').find((one) => one.startsWith('{"'));
    if (!line) throw new Error(`gdb did not answer: ${stderr}`);
    const answer = JSON.parse(line);
    return { blocks: answer.blocks, seconds: answer.seconds ?? whole, own: own / 1000 };
  };
  return { python: await ask(blocks, 'walk.py'), script: await ask(FEW, 'walk.gdb') };
}
