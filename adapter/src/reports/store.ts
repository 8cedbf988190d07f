/** The reports of a session: numbered, kept once each, and awaited by the stop that belongs to them. */
import type { Report } from '../protocol';

/** A report before it has a number. */
export type NewReport = Omit<Report, 'id'>;

interface Waiter {
  pid: number;
  thread: number;
  resolve(report: Report | undefined): void;
}

/** Same damage, found again. */
function damageKey(report: NewReport): string {
  return [report.kind, report.pid, report.address, report.offset, report.sequence].join(' ');
}

export class ReportStore {
  private readonly reports: Report[] = [];
  private readonly damage = new Map<string, Report>();
  private unclaimed: Report[] = [];
  private waiters: Waiter[] = [];

  get all(): readonly Report[] {
    return this.reports;
  }

  /** Keep a report that a call of the program made. */
  add(report: NewReport): Report {
    const numbered = this.keep(report);
    const waiter = this.waiters.find((one) => one.pid === report.pid && one.thread === report.thread);
    if (waiter) {
      this.waiters = this.waiters.filter((one) => one !== waiter);
      waiter.resolve(numbered);
    } else {
      this.unclaimed.push(numbered);
    }
    return numbered;
  }

  /** Keep a report of an earlier run. */
  adopt(report: NewReport): Report {
    return this.keep(report);
  }

  /** The damage of `report`, which is kept, stands in this run where `place` says. */
  recognise(report: Report, place: Pick<Report, 'pid' | 'address' | 'sequence' | 'offset'>): void {
    this.damage.set(damageKey({ ...report, ...place }), report);
  }

  /** Keep damage that a check found; undefined where it is known already. */
  addDamage(report: NewReport): Report | undefined {
    return this.damage.has(damageKey(report)) ? undefined : this.keep(report);
  }

  /** The report of this damage that was kept before. */
  known(report: NewReport): Report | undefined {
    return this.damage.get(damageKey(report));
  }

  /**
   * The report that a stopped thread has just made: its newest, for it makes none while it is stopped.
   * Waits up to `ms` for one that is still on its way.
   */
  claim(pid: number, thread: number, ms: number): Promise<Report | undefined> {
    const own = this.unclaimed.filter((report) => report.pid === pid && report.thread === thread);
    if (own.length > 0) {
      this.unclaimed = this.unclaimed.filter((report) => !own.includes(report));
      return Promise.resolve(own.at(-1));
    }
    return new Promise((resolve) => {
      const waiter: Waiter = {
        pid,
        thread,
        resolve: (report) => {
          clearTimeout(timer);
          resolve(report);
        },
      };
      const timer = setTimeout(() => {
        this.waiters = this.waiters.filter((one) => one !== waiter);
        resolve(undefined);
      }, ms);
      this.waiters.push(waiter);
    });
  }

  private keep(report: NewReport): Report {
    const numbered: Report = { ...report, id: this.reports.length + 1 };
    this.reports.push(numbered);
    this.damage.set(damageKey(report), numbered);
    return numbered;
  }
}
