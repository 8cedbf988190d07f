/** What requests have in common: each that may take long can be cancelled, and lists come in pages. */

/** Arguments of every request that may take long. */
export interface Cancellable {
  /** The client's name for this request; `spaces/cancel` refers to it. */
  token?: string;
}

/** Most rows of one page. */
export const MAX_PAGE = 1000;
