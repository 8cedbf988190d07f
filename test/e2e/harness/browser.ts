/** The browser in which the tests see VS Code: Debian's Chromium, without a window. */
import { chromium, type Browser } from 'playwright-core';
import { existsSync } from 'node:fs';

const CANDIDATES = [process.env.SPACES_CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'];

/** Chromium as a developer's machine runs it, without calls home and without the sandbox that root cannot have. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = CANDIDATES.find((file) => file !== undefined && existsSync(file));
  if (!executablePath) {
    throw new Error(
      'No Chromium found. Run "node scripts/setup.mjs --for test", or name one in SPACES_CHROMIUM.',
    );
  }
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
