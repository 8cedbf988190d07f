/** Waiting for what the workbench shows in its own time. */
const POLL_MS = 100;

/**
 * Calls `probe` until it returns something other than undefined or false, and returns that. After `timeoutMs` it
 * throws, saying `what` was awaited and what the last probe threw.
 */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 15_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let reason = '';
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      reason = ` (${error instanceof Error ? error.message : String(error)})`;
    }
    if (Date.now() > deadline) {
      throw new Error(`Waited ${timeoutMs / 1000} s for ${what}${reason}.`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
