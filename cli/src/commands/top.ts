/** `spaces top`: the heap of a running process, looked at again and again from outside. */
import { processMissing } from '../../../adapter/src/errors';
import { Sampler, type Sample, type TopBy } from '../heap/sampler';
import { groupLines, heapLines, ownChunks } from '../output/heap';
import { styleOf, type Style } from '../terminal';

export interface TopOptions {
  interval: number;
  once?: boolean;
  json?: boolean;
  by?: TopBy;
  gdb: string;
}

/** Lines of groups where nobody's screen is filled. */
const PLAIN_GROUPS = 10;
/** Lines between chunks and groups, and the last line. */
const MARGIN = 3;

/** q, and what means the same elsewhere: escape, ^C, ^D. */
const LEAVES: ReadonlySet<string> = new Set(['q', 'Q', '\x1b', '\x03', '\x04']);

const ALTERNATE_SCREEN = '\x1b[?1049h\x1b[?25l';
const NORMAL_SCREEN = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

function title(sampler: Sampler, sample: Sample): string {
  return `process ${sample.pid} (${sampler.facts.name})  ${sample.time.toTimeString().slice(0, 8)}`;
}

function groupTitle({ by }: Sample): string {
  return by === 'site' ? 'ALLOCATED IN' : 'SIZE';
}

/** A reading as text; `size`: what fits on a screen. */
function textOf(
  sampler: Sampler,
  sample: Sample,
  style: Style,
  size?: { rows: number; columns: number },
): string[] {
  const lines = [style.bold(title(sampler, sample)), ...heapLines(sample, style, size?.columns), ''];
  const room = size === undefined ? PLAIN_GROUPS : Math.max(0, size.rows - lines.length - MARGIN);
  return [...lines, ...groupLines(groupTitle(sample), sample.groups.slice(0, room), style, size?.columns)];
}

function jsonOf(sample: Sample): string {
  const { time, ...rest } = sample;
  return JSON.stringify({ time: time.toISOString(), ...rest, chunks: ownChunks(sample.chunks) });
}

/** The screen of an interactive terminal, with the keys that are pressed. */
class Screen {
  private leave: () => void = () => undefined;
  private redraw: () => void = () => undefined;
  /** Resolves when the user has had enough. */
  readonly left = new Promise<void>((resolve) => (this.leave = resolve));

  constructor() {
    process.stdout.write(ALTERNATE_SCREEN);
    process.stdin.setRawMode?.(true);
    process.stdin.resume();
    process.stdin.on('data', (keys: Buffer) => {
      const text = keys.toString();
      if (LEAVES.has(text)) {
        this.leave();
      } else {
        this.redraw();
      }
    });
    process.stdout.on('resize', () => this.redraw());
    process.once('SIGTERM', this.leave);
    process.once('SIGHUP', this.leave);
  }

  draw(lines: readonly string[]): void {
    const body = lines.slice(0, process.stdout.rows - 1).map((line) => `${line}${CLEAR_LINE}\n`);
    process.stdout.write(`${HOME}${body.join('')}${CLEAR_BELOW}`);
  }

  /** Resolves after `ms`, at a key, or when the screen changes its size. */
  async pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.redraw = () => {
        clearTimeout(timer);
        resolve();
      };
      void this.left.then(this.redraw);
    });
  }

  close(): void {
    process.stdin.setRawMode?.(false);
    process.stdin.pause();
    process.stdout.write(NORMAL_SCREEN);
  }
}

async function interactive(sampler: Sampler, intervalMs: number): Promise<void> {
  const screen = new Screen();
  let over = false;
  void screen.left.then(() => (over = true));
  const style = styleOf(process.stdout);
  try {
    while (!over) {
      const sample = await sampler.sample();
      if (!sample) {
        break;
      }
      const { rows, columns } = process.stdout;
      screen.draw([...textOf(sampler, sample, style, { rows, columns }), '', style.dim('q: quit')]);
      await screen.pause(intervalMs);
    }
  } finally {
    screen.close();
  }
  if (!over) {
    process.stderr.write(`spaces: process ${sampler.facts.pid} has ended.\n`);
  }
}

async function plain(sampler: Sampler, options: TopOptions): Promise<void> {
  const style = styleOf(process.stdout);
  for (let first = true; ; first = false) {
    const sample = await sampler.sample();
    if (!sample) {
      if (first) {
        throw processMissing(sampler.facts.pid);
      }
      return;
    }
    const text = options.json ? jsonOf(sample) : textOf(sampler, sample, style).join('\n');
    process.stdout.write(`${first || options.json ? '' : '\n'}${text}\n`);
    if (options.once) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, options.interval * 1000));
  }
}

export async function top(pid: number, options: TopOptions): Promise<void> {
  const sampler = await Sampler.open(pid, options.gdb, options.by);
  try {
    if (process.stdout.isTTY && process.stdin.isTTY && !options.once && !options.json) {
      await interactive(sampler, options.interval * 1000);
    } else {
      await plain(sampler, options);
    }
  } finally {
    sampler.close();
  }
}
