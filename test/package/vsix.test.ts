/** The package as it is published: the same bytes every time, all that it needs and nothing else, small, with licences. */
import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { bundledPackages } from '../../scripts/lib/notices.mjs';
import { packageOf } from '../../scripts/lib/bundled-packages.cjs';
import { dist, root } from '../../scripts/lib/paths.mjs';
import { makeVsix } from '../../scripts/package.mjs';

const LIMIT = 5 << 20;

interface Member {
  name: string;
  size: number;
  date: number[];
  mode: number;
}

const LIST = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as package:
    print(json.dumps([{"name": i.filename, "size": i.file_size, "date": i.date_time, "mode": i.external_attr >> 16}
                      for i in package.infolist()]))
`;

function members(vsix: string): Member[] {
  return JSON.parse(execFileSync('python3', ['-c', LIST, vsix], { encoding: 'utf8' })) as Member[];
}

/** Packages that the sources of a bundle import by name. */
function imported(folder: string): Set<string> {
  const names = new Set<string>();
  for (const file of fs.readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.ts')) {
      const text = fs.readFileSync(path.join(root, folder, file), 'utf8');
      for (const [, name] of text.matchAll(
        /^import (?!type\b)[^;]*?'((?:@[\w-]+\/)?[\w-]+)(?:\/[^']*)?';/gm,
      )) {
        if (name !== undefined && name !== 'vscode') {
          names.add(name);
        }
      }
    }
  }
  return names;
}

describe('the package', function () {
  this.timeout(120_000);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spaces-package-'));
  const first = path.join(folder, 'first.vsix');
  const second = path.join(folder, 'second.vsix');

  before(async () => {
    await makeVsix(first);
    // Files that are newer, in another time zone and for somebody else, are the same files.
    const now = new Date();
    fs.utimesSync(path.join(dist, 'adapter.js'), now, now);
    const zone = process.env['TZ'];
    process.env['TZ'] = 'Asia/Tokyo';
    await makeVsix(second);
    process.env['TZ'] = zone ?? '';
    if (zone === undefined) delete process.env['TZ'];
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('is the same, byte for byte, when it is made again', () => {
    assert.ok(fs.readFileSync(first).equals(fs.readFileSync(second)));
    const dates = new Set(members(first).map(({ date }) => date.join()));
    assert.equal(dates.size, 1, [...dates].join(' '));
  });

  it('takes the time that it is told', async () => {
    process.env['SOURCE_DATE_EPOCH'] = '1000000000';
    try {
      const dated = await makeVsix(path.join(folder, 'dated.vsix'));
      assert.deepEqual(members(dated)[0]?.date, [2001, 9, 9, 1, 46, 40]);
    } finally {
      delete process.env['SOURCE_DATE_EPOCH'];
    }
  });

  it('is below 5 MiB', () => {
    const { size } = fs.statSync(first);
    assert.ok(size < LIMIT, `${size} bytes`);
  });

  it('holds what the product is made of, and nothing of its making', () => {
    const all = members(first);
    const names = all.map(({ name }) => name);
    for (const part of [
      'dist/adapter.js',
      'dist/extension.js',
      'dist/spaces.js',
      'dist/webview/main.js',
      'dist/spaces_reader.node',
      'dist/pty.node',
      'cli/man/man1/spaces.1',
      'dist/native/libspaces.so',
      'dist/native/libspaces-debug.so',
      'media/icon.png',
      'package.json',
      'package.nls.json',
      'ThirdPartyNotices.txt',
    ]) {
      assert.ok(names.includes(`extension/${part}`), part);
    }
    for (const text of ['readme', 'changelog', 'license']) {
      assert.ok(
        names.some((name) => name.toLowerCase().startsWith(`extension/${text}`)),
        text,
      );
    }
    const odd = names.filter((name) =>
      /\.(ts|map|c|cc|h|mjs|o|tsbuildinfo)$|node_modules|(^|\/)(test|scripts|docs|samples|\.cache)\//.test(
        name,
      ),
    );
    assert.deepEqual(odd, []);
    const command = all.find(({ name }) => name === 'extension/dist/spaces.js');
    assert.equal((command?.mode ?? 0) & 0o111, 0o111, 'the command line can be run');
  });

  it('carries the licence of every package that is in a bundle', () => {
    const text = fs.readFileSync(path.join(root, 'ThirdPartyNotices.txt'), 'utf8');
    const known = bundledPackages();
    for (const { name, version, licence, text: words } of known) {
      assert.ok(text.includes(`\n${name} ${version}\n${licence}\n`), name);
      assert.ok(words.length > 30, `${name} has no text of its licence`);
    }
    const names = new Set(known.map(({ name }) => name));
    const wanted = ['adapter/src', 'cli/src', 'extension/src', 'webview/src'].flatMap((one) => [
      ...imported(one),
    ]);
    assert.ok(wanted.includes('commander') && wanted.includes('lit'), wanted.join(', '));
    assert.deepEqual(
      [...new Set(wanted)].filter((name) => !names.has(name)),
      [],
      'bundled packages without a notice',
    );
  });
});

describe('the packages of a bundle', () => {
  it('are named by their folders', () => {
    assert.equal(packageOf('/r/node_modules/lit/index.js'), 'lit');
    assert.equal(packageOf('/r/node_modules/@a/b/dist/x.js'), '@a/b');
    assert.equal(packageOf('/r/node_modules/a/node_modules/@b/c/x.js'), 'a/node_modules/@b/c');
    assert.equal(packageOf('/r/adapter/src/main.ts'), undefined);
  });
});
