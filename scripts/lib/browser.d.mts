/** Types of browser.mjs, for the end-to-end tests. */
import type { Browser } from 'playwright-core';
export function launchBrowser(): Promise<Browser>;
