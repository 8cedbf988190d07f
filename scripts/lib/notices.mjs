/** The licences of others' work that the product holds, gathered from what webpack found in each bundle. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { dist, root } from './paths.mjs';

const SUFFIX = '.licenses.txt';
/** Parts that no bundle shows: compiled into an addon of ours. */
const COMPILED_IN = ['node-addon-api'];

const HEAD = `Spaces holds work of others, which stands under the licences below. The debug adapter, the
extension, its panel and the command line are bundles; what is in each was found by webpack.
`;

/** Packages in a file of license-webpack-plugin: name, licence, text; three line feeds between them. */
export function packagesIn(text) {
  return text
    .split(/\n\n\n(?=@?[a-z0-9][\w./-]*\n)/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [name = '', licence = '', ...rest] = part.split('\n');
      return { name, licence, text: rest.join('\n').trim() };
    });
}

function compiledIn(name) {
  const folder = path.join(root, 'node_modules', name);
  const { license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((one) => /^licen[cs]e(\.\w+)?$/i.test(one));
  return { name, licence: license, text: readFileSync(path.join(folder, file), 'utf8').trim() };
}

/** Every package in dist/, once, by name. */
export function bundledPackages() {
  const found = new Map();
  for (const file of readdirSync(dist, { recursive: true }).filter((one) => one.endsWith(SUFFIX))) {
    for (const one of packagesIn(readFileSync(path.join(dist, file), 'utf8'))) found.set(one.name, one);
  }
  for (const name of COMPILED_IN) found.set(name, compiledIn(name));
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name, 'en'));
}

/** The text of ThirdPartyNotices.txt. */
export function notices() {
  const parts = bundledPackages().map(
    ({ name, licence, text }) => `${'-'.repeat(78)}\n${name}\n${licence}\n\n${text}\n`,
  );
  return `${HEAD}\n${parts.join('\n')}`;
}
