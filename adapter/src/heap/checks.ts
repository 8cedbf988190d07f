/** Looking for damage: on request, and at each stop. What is new becomes a report. */
import type { CheckResponse, Report } from '../protocol';
import type { ReportStore } from '../reports/store';
import type { HeapAccess } from './access';
import * as parse from './arguments';
import { toReport } from './convert';
import { UNWATCHED, type Task } from './task';

/** More damage than this is counted, not listed. */
const REPORT_LIMIT = 200;
const ERR_BAD_BLOCK = 11;

export class Checks {
  /** A check of the whole heap has ended, so that new damage is younger than it. */
  private checkedBefore = false;

  constructor(
    private readonly access: HeapAccess,
    private readonly store: ReportStore,
    private readonly emit: (report: Report) => void,
  ) {}

  /** Check the heap on request: everything that is damaged now. */
  async check(value: unknown, task: Task): Promise<CheckResponse> {
    const args = parse.checkArguments(value);
    const chunk = args.chunk === undefined ? undefined : BigInt(args.chunk);
    const reader = await this.access.open('The check');
    const raw = await reader.run((native) => native.check(chunk), task);
    this.checkedBefore ||= chunk === undefined;
    return this.report(raw, '', () => true, task);
  }

  /** Check after a stop: damage that was not known becomes events, unless the program has run on meanwhile. */
  async checkAtStop(): Promise<void> {
    const { generation, host } = this.access;
    const reader = await this.access.open('The check');
    const current = () => host.isStopped() && host.generation() === generation;
    const { debug } = await reader.runInBackground((native) => native.summary());
    const postMortem = reader.via === 'core';
    if ((debug || postMortem) && current()) {
      const when = postMortem
        ? ''
        : this.checkedBefore
          ? ', since the stop before'
          : ', before the first stop';
      const raw = await reader.runInBackground((native) => native.check());
      await this.report(raw, when, current, UNWATCHED);
      this.checkedBefore = true;
    }
  }

  private async report(
    raw: { blocks: number; totalDamage: number; damage: Parameters<typeof toReport>[0][] },
    when: string,
    current: () => boolean,
    task: Task,
  ): Promise<CheckResponse> {
    const pid = this.access.host.pid();
    const listed = raw.damage.slice(0, REPORT_LIMIT);
    const ids = listed.flatMap((one) => [one.allocStack, one.freeStack]);
    const stacks = ids.length === 0 ? [] : await this.access.framesOf(ids, task);
    if (pid === undefined || !current()) {
      return { blocks: raw.blocks, damaged: raw.totalDamage, reports: [] };
    }
    const reports = listed.map((one, index) => {
      const allocated = stacks[2 * index] ?? [];
      const site = this.access.siteOf(allocated);
      const found = toReport(
        one,
        { pid, code: ERR_BAD_BLOCK, when, ...(site === undefined ? {} : { site }) },
        { allocated, freed: stacks[2 * index + 1] ?? [] },
      );
      const added = this.store.addDamage(found);
      if (added) {
        this.emit(added);
      }
      return added ?? this.store.known(found);
    });
    return {
      blocks: raw.blocks,
      damaged: raw.totalDamage,
      reports: reports.filter((report) => report !== undefined),
    };
  }
}
