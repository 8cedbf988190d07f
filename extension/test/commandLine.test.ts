/** The command line in terminals: a script that really runs, in awkward folders, and what terminals are told of it. */
import * as assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { offerCommandLine } from '../src/terminal/commandLine';

describe('the command line in terminals', () => {
  let root: string;
  beforeEach(() => {
    root = fs.mkdtempSync(path.join(os.tmpdir(), "spaces it's "));
  });
  afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

  it('runs the bundle in the runtime of the extension, with the arguments as they are', async () => {
    const place = {
      folder: path.join(root, 'bin'),
      extension: path.join(root, 'ext'),
      runtime: process.execPath,
    };
    const bundle = path.join(place.extension, 'dist/spaces.js');
    fs.mkdirSync(path.dirname(bundle), { recursive: true });
    fs.writeFileSync(
      bundle,
      'console.log(JSON.stringify([process.env.ELECTRON_RUN_AS_NODE, ...process.argv.slice(2)]))',
    );
    const set = new Map<string, string>();
    const collection = {
      description: '',
      prepend: (name: string, value: string) => void set.set(name, value),
    };
    await offerCommandLine(collection, place);
    const env = { ...process.env, PATH: `${set.get('PATH') ?? ''}${process.env['PATH'] ?? ''}` };
    const said = execFileSync('sh', ['-c', 'spaces run -- "a b" "$HOME"'], { env, encoding: 'utf8' });
    assert.deepEqual(JSON.parse(said), ['1', 'run', '--', 'a b', os.homedir()]);
    assert.equal(set.get('MANPATH'), `${path.join(place.extension, 'cli/man')}:`);
    // The same again writes nothing; another place of the extension does.
    const file = path.join(place.folder, 'spaces');
    const before = fs.statSync(file).ino;
    await offerCommandLine(collection, place);
    assert.equal(fs.statSync(file).ino, before);
    await offerCommandLine(collection, { ...place, extension: path.join(root, 'gone') });
    assert.notEqual(fs.statSync(file).ino, before);
    const gone = spawnSync(file, ['top'], { encoding: 'utf8' });
    assert.equal(gone.status, 125);
    assert.match(gone.stderr, /updated or removed/);
    assert.deepEqual(fs.readdirSync(place.folder), ['spaces']);
  });
});
