/** Questions that are asked without a session: see protocol/questions.ts. */
import { promises as fs } from 'node:fs';
import { listProcesses } from './attach/process';
import { readCore } from './core/elfCore';
import { unsupportedRequest } from './errors';
import type { CoreAnswer, ProcessAnswer } from './protocol';

async function aboutCore(file: string): Promise<CoreAnswer> {
  const { program, name, pid } = await readCore(file);
  const there =
    program !== undefined &&
    (await fs.access(program).then(
      () => true,
      () => false,
    ));
  return {
    there,
    ...(program === undefined ? {} : { program }),
    ...(name === undefined ? {} : { name }),
    ...(pid === undefined ? {} : { pid }),
  };
}

async function processes(): Promise<ProcessAnswer[]> {
  return (await listProcesses()).map(({ pid, name, command, spaces, tracer }) => ({
    pid,
    name,
    command: command.join(' '),
    spaces: spaces ?? null,
    tracer,
  }));
}

/** The answer to a question with its arguments. Throws an error for the user. */
export async function answerQuestion(question: string, args: readonly string[]): Promise<object> {
  switch (question) {
    case 'core':
      return aboutCore(args[0] ?? '');
    case 'processes':
      return processes();
    default:
      throw unsupportedRequest(`The question "${question}"`);
  }
}
