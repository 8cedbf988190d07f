/** The browser in which the tests see VS Code: Chromium without a window. */
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const CANDIDATES = [process.env.SPACES_CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'];

/** Chromium without calls home, and without the sandbox, which root cannot have. */
export async function launchBrowser() {
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
