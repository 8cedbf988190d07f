/** Programs for the tests, compiled where they are needed and kept until their source changes. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

const CACHE = path.join(os.tmpdir(), `spaces-test-programs-${process.getuid?.() ?? 0}`);
const SOURCES = path.join(__dirname, '../programs');

export interface Program {
  path: string;
  source: string;
  /** 1-based line of the source that holds a marker such as `@here`. */
  line(marker: string): number;
}

/** 1-based number of the line that holds `marker`. */
export function lineOf(source: string, marker: string): number {
  const lines = fs.readFileSync(source, 'utf8').split('\n');
  const index = lines.findIndex((line) => new RegExp(`${marker}\\b`).test(line));
  if (index < 0) {
    throw new Error(`${source} has no line with ${marker}`);
  }
  return index + 1;
}

/** Compile a source of test/dap/programs. The flags end the command line. */
export function compile(name: string, flags: string[] = ['-g']): Program {
  const source = path.join(SOURCES, name);
  return compileFile(source, flags);
}

/** Compile a source of test/dap/programs that has the debug library linked in. */
export function compileLinked(name: string): Program {
  const root = path.resolve(__dirname, '../../..');
  const libraries = path.join(root, 'dist/native');
  const headers = path.join(root, 'native/include');
  return compile(name, [
    ...['-g', '-I', headers, '-L', libraries],
    ...['-lspaces-debug', `-Wl,-rpath,${libraries}`],
  ]);
}

/** Compile any source file, or find it compiled. */
export function compileFile(source: string, flags: string[] = ['-g'], target?: string): Program {
  const text = fs.readFileSync(source, 'utf8');
  const key = createHash('sha1')
    .update([source, text, ...flags].join('\0'))
    .digest('hex')
    .slice(0, 12);
  const out = target ?? path.join(CACHE, `${path.basename(source).replace(/\W/g, '-')}-${key}`);
  if (target !== undefined || !fs.existsSync(out)) {
    fs.mkdirSync(path.dirname(out), { recursive: true });
    const compiler = source.endsWith('.cpp') ? 'g++' : 'gcc';
    execFileSync(compiler, ['-o', `${out}.new`, source, ...flags], { stdio: 'pipe' });
    fs.renameSync(`${out}.new`, out);
  }
  return { path: out, source, line: (marker) => lineOf(source, marker) };
}
