/** A workspace with the shop of test/e2e/programs: a program with enough in its heap to look at. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { dist, root } from '../../../scripts/lib/paths.mjs';

/** A folder with the program, built, and its launch configuration, to which `more` is added. */
export function makeShop(more: Record<string, unknown> = {}): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'spaces-shop-'));
  const libraries = path.join(dist, 'native');
  cpSync(path.join(root, 'test/e2e/programs/shop.c'), path.join(folder, 'shop.c'));
  execFileSync(
    'gcc',
    [
      ...['-g', '-O0', '-o', 'shop', 'shop.c', `-I${path.join(root, 'native/include')}`],
      ...[`-L${libraries}`, '-lspaces-debug', `-Wl,-rpath,${libraries}`],
    ],
    { cwd: folder, stdio: 'pipe' },
  );
  mkdirSync(path.join(folder, '.vscode'));
  const configuration = {
    type: 'spaces',
    request: 'launch',
    name: 'Shop',
    program: '${workspaceFolder}/shop',
    allocator: 'linked',
    ...more,
  };
  writeFileSync(
    path.join(folder, '.vscode/launch.json'),
    JSON.stringify({ version: '0.2.0', configurations: [configuration] }),
  );
  return folder;
}
