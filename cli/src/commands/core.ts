/** `spaces core`: the heap that a core file holds: totals, chunks, what holds most, and what is damaged. */
import * as fs from 'node:fs';
import { CoreFile, describeCore } from '../../../adapter/src/core/coreFile';
import * as errors from '../../../adapter/src/errors';
import { loadReader } from '../../../adapter/src/heap/reader';
import { findRoot } from '../../../adapter/src/heap/root';
import { HeapService } from '../../../adapter/src/heap/service';
import { History } from '../../../adapter/src/heap/stats';
import type { GroupBy, HeapResponse, LeaksResponse } from '../../../adapter/src/protocol';
import { formatCount, formatSize } from '../../../adapter/src/protocol/sizes';
import { MOST_REPORTS, loadSuppressions, tellLost } from '../../../adapter/src/leaks/telling';
import { Suppressions } from '../../../adapter/src/leaks/suppressions';
import { ReportStore } from '../../../adapter/src/reports/store';
import { FileLines } from '../../../adapter/src/symbols/files';
import { ModuleMap, type MapsSource } from '../../../adapter/src/symbols/modules';
import { Symbolizer } from '../../../adapter/src/symbols/symbolizer';
import { CommandError, EXIT } from '../failures';
import { names } from '../kinds';
import { foldReports } from '../output/fold';
import { groupLines, heapLines, type GroupText } from '../output/heap';
import type { CountedReport } from '../output/result';
import { reportText } from '../output/text';
import { suppressionsIn } from '../run/suppressions';
import { errorStyle, styleOf, watched } from '../terminal';

export interface CoreOptions {
  program?: string;
  by: GroupBy;
  count: number;
  check: boolean;
  leaks?: boolean;
  suppressions?: string;
  json?: boolean;
  failOn?: string[];
  exitCode: number;
  gdb: string;
}

/** The mappings of the core, with the copy of the program that the user names in place of the one it ran from. */
function mapsWith(core: CoreFile, program: string | undefined): MapsSource {
  const original = core.facts.program;
  if (program === undefined || original === undefined) {
    return core.maps;
  }
  const text = core.maps.readNow().replaceAll(` ${original}\n`, ` ${fs.realpathSync(program)}\n`);
  return { read: () => Promise.resolve(text), readNow: () => text };
}

async function openHeap(
  core: CoreFile,
  { maps, gdb, suppressions }: { maps: MapsSource; gdb: string; suppressions: Suppressions },
  log: (text: string) => void,
) {
  const native = loadReader();
  const source = { files: core.parts };
  const root = await findRoot(native, source, core.maps.readNow(), true);
  if (root === undefined) {
    throw new CommandError(
      'This core file holds no Spaces heap: the program ran without it, or that memory is missing. Start the program with: spaces run -- PROGRAM',
      EXIT.failed,
    );
  }
  const modules = new ModuleMap(maps);
  const notHere = (what: string) => Promise.reject(errors.coreNotLive(what));
  return new HeapService(
    {
      isStopped: () => true,
      pid: () => core.facts.pid ?? 0,
      source: () => source,
      root: () => Promise.resolve(root),
      generation: () => 1,
      readMemory: () => notHere('Reading memory'),
      readingForbidden: () => undefined,
      evaluateAddress: () => notHere('An expression'),
      data: () => Promise.resolve([]),
      console: () => notHere('A command of gdb'),
      locals: () => Promise.resolve([]),
      log,
      // No list of blocks is made here that could name classes.
      maps: () => Promise.resolve(''),
      leaks: {
        roots: () => Promise.resolve(core.roots),
        suppressions: () => Promise.resolve(suppressions),
      },
      findPointers: () => notHere('Looking at variables'),
      call: () => notHere('Calling a function'),
      changed: () => undefined,
      emitReport: () => undefined,
    },
    new Symbolizer(new FileLines(gdb, modules, log), modules),
    new ReportStore(),
    new History(),
  );
}

/** What is lost for sure, as reports; and all live blocks by class. */
async function lookForLeaks(
  service: HeapService,
  { core, suppressions }: { core: CoreFile; suppressions: Suppressions },
): Promise<{ found: LeaksResponse; reports: CountedReport[]; lines: string[] }> {
  const query = { kinds: ['definite'], count: MOST_REPORTS };
  const found = await watched('looking for leaks', (task) => service.leaks.leaks(query, task));
  const { pid = 0, time } = core.facts;
  const { reports, lines } = tellLost(found.records, suppressions, { pid, thread: pid, time });
  return { found, lines, reports: reports.map((report, index) => ({ ...report, id: index + 1, count: 1 })) };
}

export async function core(file: string, options: CoreOptions): Promise<number> {
  if (options.program !== undefined && !fs.existsSync(options.program)) {
    throw errors.programMissing(options.program);
  }
  const suppressions = await loadSuppressions(suppressionsIn('.', options.suppressions));
  const opened = await watched('opening the core file', () => CoreFile.open(file));
  const problems = new Set<string>(opened.sentences);
  const maps = mapsWith(opened, options.program);
  const service = await openHeap(opened, { maps, gdb: options.gdb, suppressions }, (text) =>
    problems.add(text),
  );
  try {
    const heap: HeapResponse = await watched('reading the heap', () => service.heap());
    const query = { by: options.by, count: options.count };
    const { groups } = await watched('grouping blocks', (task) => service.lists.groups(query, task));
    const checked = options.check
      ? await watched('checking the heap', (task) => service.check({}, task))
      : undefined;
    const leaks = options.leaks ? await lookForLeaks(service, { core: opened, suppressions }) : undefined;
    const damage = foldReports(checked?.reports ?? []);
    if (options.json) {
      const { facts } = opened;
      const core = {
        file,
        program: facts.program ?? null,
        pid: facts.pid ?? null,
        signal: facts.signal ?? null,
      };
      const lost = leaks ? { classes: leaks.found.classes, records: leaks.found.records } : null;
      const document = {
        ...{ format: 1, core, heap, groups, check: checked ?? null, leaks: lost },
        problems: [...problems],
      };
      process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    } else {
      tell(opened, heap, groups, options);
      if (checked) {
        tellCheck(checked, damage);
      }
      if (leaks) {
        tellLeaks(leaks);
      }
      problems.forEach((problem) => process.stderr.write(`${errorStyle().yellow('spaces:')} ${problem}\n`));
    }
    const failed = [...damage, ...(leaks?.reports ?? [])].some(({ kind }) =>
      names(options.failOn ?? [], kind),
    );
    return failed ? options.exitCode : EXIT.ok;
  } finally {
    service.close();
  }
}

function tell(
  opened: CoreFile,
  heap: HeapResponse,
  groups: readonly GroupText[],
  options: CoreOptions,
): void {
  const style = styleOf(process.stdout);
  const lines = [
    style.bold(describeCore(opened)),
    ...heapLines(heap, style),
    '',
    ...groupLines(options.by.toUpperCase(), groups, style),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function tellCheck(
  { blocks, damaged }: { blocks: number; damaged: number },
  reports: ReturnType<typeof foldReports>,
): void {
  const style = styleOf(process.stdout);
  const what =
    damaged === 0
      ? style.green('no damage')
      : style.red(`${formatCount(damaged)} ${damaged === 1 ? 'damage' : 'damages'}`);
  process.stdout.write(`\nChecked ${formatCount(blocks)} blocks: ${what}\n`);
  reports.forEach((report) => process.stdout.write(reportText(report, process.cwd(), style)));
}

function tellLeaks({ found, reports, lines }: Awaited<ReturnType<typeof lookForLeaks>>): void {
  const style = styleOf(process.stdout);
  const amount = ({ count, bytes }: { count: number; bytes: number }) =>
    `${formatSize(bytes)} in ${formatCount(count)}`;
  const { definite, indirect, possible, reachable } = found.classes;
  process.stdout.write(
    `\nBlocks by what leads to them: lost ${amount(definite)}, with them ${amount(indirect)}, ` +
      `possibly lost ${amount(possible)}, reachable ${amount(reachable)}\n` +
      `${[...(reports.length === 0 ? [style.green('no leaks')] : []), ...lines].join('\n')}\n`,
  );
  reports.forEach((report) => process.stdout.write(reportText(report, process.cwd(), style)));
}
