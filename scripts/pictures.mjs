/**
 * The gallery of the README and the Marketplace, docs/pictures/, from the pictures that the end-to-end tests leave in
 * test/out/. Run it after `npm run test:e2e` where the user interface has changed.
 */
import { copyFileSync, existsSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { root, testOut } from './lib/paths.mjs';
import { StepError, main } from './lib/steps.mjs';

/** Name in the gallery, and the test's picture. */
const GALLERY = {
  'double-free': 'dark/6-double-free',
  report: 'dark/8-report',
  flame: 'dark/views-groups-flame',
  map: 'dark/views-map',
  leaks: 'dark/views-leaks',
  editor: 'views/editor',
};
/** A picture that weighs more is not worth its place in the repository. */
const LIMIT = 400 << 10;

main(() => {
  const folder = path.join(root, 'docs/pictures');
  mkdirSync(folder, { recursive: true });
  for (const [name, source] of Object.entries(GALLERY)) {
    const file = path.join(testOut, `${source}.png`);
    if (!existsSync(file)) {
      throw new StepError(`There is no ${path.relative(root, file)}. Run "npm run test:e2e" first.`);
    }
    if (statSync(file).size > LIMIT) {
      throw new StepError(
        `${path.relative(root, file)} has ${statSync(file).size} bytes, more than ${LIMIT}.`,
      );
    }
    copyFileSync(file, path.join(folder, `${name}.png`));
    console.log(`docs/pictures/${name}.png`);
  }
});
