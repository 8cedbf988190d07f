/**
 * The corpus: programs with one misuse each, and what is to be told of it in
 * their first line. `-DCORRECT` compiles the twin that does it right.
 *
 *   expect: KIND [at=@marker] [allocated=@marker] [freed=@marker] [written=@marker]
 *
 * A marker is a comment on the line that is meant: where the error stops the
 * program (absent: it is found at the exit), where the block was allocated and
 * freed, and which line wrote.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { LaunchArguments, ReportKind } from '../../adapter/src/protocol';
import { compileFile, lineOf, type Program } from '../dap/support/programs';
import { ROOT } from '../dap/support/session';

const PROGRAMS = path.join(__dirname, 'programs');
const LIBRARIES = path.join(ROOT, 'dist/native');
const FLAGS = ['-g', '-w', '-fno-builtin', '-pthread'];
/** Programs that call the allocator by its own names are linked with it. */
const LINKED = [`-I${ROOT}/native/include`, `-L${LIBRARIES}`, `-Wl,-rpath,${LIBRARIES}`, '-lspaces-debug'];
const ROLES = ['at', 'allocated', 'freed', 'written'] as const;

type Role = (typeof ROLES)[number];

export interface Misuse {
  /** "overflow/pool.c" */
  name: string;
  kind: ReportKind;
  /** Lines, by what happens there. */
  lines: { [role in Role]?: number };
  compile(correct: boolean): Program;
  allocator: LaunchArguments['allocator'];
}

function read(source: string): Misuse {
  const text = fs.readFileSync(source, 'utf8');
  const expected = /expect: ([\w-]+)(.*)/.exec(text.split('\n', 1)[0] ?? '');
  if (!expected) {
    throw new Error(`${source} does not say in its first line what to expect`);
  }
  const lines: Misuse['lines'] = {};
  for (const [, role, marker] of (expected[2] ?? '').matchAll(/(\w+)=(@\w+)/g)) {
    if (!ROLES.some((one) => one === role)) {
      throw new Error(`${source} expects "${role}", which is none of ${ROLES.join(', ')}`);
    }
    // The markers in the first line name the others.
    lines[role as Role] = lineOf(source, `^(?!.*expect:).*${marker}`);
  }
  const linked = text.includes('#include "spaces.h"');
  return {
    name: path.relative(PROGRAMS, source),
    kind: expected[1] as ReportKind,
    lines,
    compile: (correct) =>
      compileFile(source, [...FLAGS, ...(correct ? ['-DCORRECT'] : []), ...(linked ? LINKED : [])]),
    allocator: linked ? 'linked' : 'debug',
  };
}

/** Every program, by kind. */
export function corpus(): Map<string, Misuse[]> {
  const kinds = fs.readdirSync(PROGRAMS).sort();
  return new Map(
    kinds.map((kind) => {
      const folder = path.join(PROGRAMS, kind);
      return [kind, fs.readdirSync(folder).map((file) => read(path.join(folder, file)))];
    }),
  );
}
