/** media/icon.png, which the Marketplace shows, from media/icon.svg. Run it after a change of the drawing. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { launchBrowser } from './lib/browser.mjs';
import { root } from './lib/paths.mjs';
import { main } from './lib/steps.mjs';

const SIZE = 256;

main(async () => {
  const drawing = readFileSync(path.join(root, 'media/icon.svg'), 'utf8');
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: SIZE, height: SIZE } });
    await page.setContent(`<style>body { margin: 0 } svg { display: block }</style>${drawing}`);
    writeFileSync(path.join(root, 'media/icon.png'), await page.screenshot({ omitBackground: true }));
  } finally {
    await browser.close();
  }
});
