/** The documentation leads somewhere: every relative link of README, changelog and docs/ names a file that is there. */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../scripts/lib/paths.mjs';

const PAGES = [
  'README.md',
  'CHANGELOG.md',
  ...fs
    .readdirSync(path.join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Targets of links and pictures, without their fragments. */
function targets(text: string): string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target.replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target));
}

/** Anchors that headings make, as code hosts write them. */
function anchors(text: string): Set<string> {
  return new Set(
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .trim()
        .replace(/\s/g, '-'),
    ),
  );
}

describe('the documentation', () => {
  for (const page of PAGES) {
    it(`${page} links to what is there`, () => {
      const text = fs.readFileSync(path.join(root, page), 'utf8');
      const missing = targets(text).filter(
        (target) => !fs.existsSync(path.resolve(root, path.dirname(page), target)),
      );
      assert.deepEqual(missing, []);
      const own = anchors(text);
      const unknown = [...text.matchAll(/\]\(#([^)]+)\)/g)].filter(([, anchor = '']) => !own.has(anchor));
      assert.deepEqual(unknown, []);
    });
  }
});
