/** What the parts of the inspector's model share with the whole. */
import type { Requests } from './port';

export interface ModelContext {
  send: Requests['send'];
  /** True where the heap can be asked: the program is stopped and its heap was read. */
  readonly readable: boolean;
  /** Something that outlives the page changed. */
  changed(): void;
  /** Something that is drawn changed. */
  notify(): void;
}

/** One view's part of the model. */
export interface ModelPart {
  /** The heap may read differently now. */
  outdate(): void;
  /** Brings what is in sight up to date, where that is needed and possible. */
  refresh(): void;
  /** Another run began. */
  forget(): void;
}

/** Typed text waits this long for the next key. */
export const TYPING_MS = 250;

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Runs one request at a time for what is in sight now: an answer that a newer
 * question has overtaken is dropped.
 */
export class Latest<Answer> {
  answer: Answer | undefined;
  error: string | undefined;
  loading = false;
  private asked = 0;

  constructor(private readonly notify: () => void) {}

  async ask(question: () => Promise<Answer>): Promise<void> {
    const mine = ++this.asked;
    this.loading = true;
    this.notify();
    try {
      const answer = await question();
      if (mine === this.asked) {
        this.answer = answer;
        this.error = undefined;
      }
    } catch (error) {
      if (mine === this.asked) {
        this.error = messageOf(error);
      }
    } finally {
      if (mine === this.asked) {
        this.loading = false;
        this.notify();
      }
    }
  }

  clear(): void {
    this.asked++;
    this.answer = undefined;
    this.error = undefined;
    this.loading = false;
  }
}
