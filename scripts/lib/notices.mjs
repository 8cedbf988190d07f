/** The licences of others' work that the product holds: of the packages that webpack found in each bundle. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { dist, root } from './paths.mjs';

const SUFFIX = '.packages.json';
/** Parts that no bundle shows: compiled into an addon of ours. */
const COMPILED_IN = ['node-addon-api'];
/** What a package without a licence file says in its manifest. */
const WITHOUT_FILE = {
  '@vscode/l10n': 'MIT License. Copyright (c) Microsoft Corporation.',
};

const HEAD = `Spaces holds work of others, which stands under the licences below. The debug adapter, the
extension, its panel and the command line are bundles; what is in each was found by webpack.
`;

function licenceOf(name) {
  const folder = path.join(root, 'node_modules', name);
  const { license, version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((one) => /^(licen[cs]e|copying)([.-].+)?$/i.test(one));
  const text = file ? readFileSync(path.join(folder, file), 'utf8').trim() : WITHOUT_FILE[name];
  if (!text) throw new Error(`${name} has no licence file: add its text to scripts/lib/notices.mjs.`);
  return { name, version, licence: license, text };
}

/** Every package in dist/, once, by name. */
export function bundledPackages() {
  const lists = readdirSync(dist, { recursive: true }).filter((file) => file.endsWith(SUFFIX));
  const names = lists.flatMap((file) => JSON.parse(readFileSync(path.join(dist, file), 'utf8')));
  return [...new Set([...names, ...COMPILED_IN])]
    .filter((name) => existsSync(path.join(root, 'node_modules', name, 'package.json')))
    .sort((a, b) => (a < b ? -1 : 1))
    .map(licenceOf);
}

/** The text of ThirdPartyNotices.txt. */
export function notices() {
  const parts = bundledPackages().map(
    ({ name, version, licence, text }) => `${'-'.repeat(78)}\n${name} ${version}\n${licence}\n\n${text}\n`,
  );
  return `${HEAD}\n${parts.join('\n')}`;
}
