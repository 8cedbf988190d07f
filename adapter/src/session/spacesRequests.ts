/** The spaces/* requests that need no heap, and the way of all others to the heap. */
import * as errors from '../errors';
import { historyArguments, tokenOf } from '../heap/arguments';
import type { History } from '../heap/stats';
import type { Report, SpacesCommand } from '../protocol';
import { answerHeapRequest, titleOf, type HeapParts } from './heapRequests';
import type { Tasks } from './tasks';

export interface SpacesHost {
  tasks: Tasks;
  reports(): readonly Report[];
  history(): History;
  /** Throws where there is no program with an allocator of ours. */
  started(): void;
  /** What answers questions about the heap, for a request that people know by `title`. Throws where nothing can. */
  parts(title: string): HeapParts;
}

/** The answer to a request of this name; `request` is its number. */
export async function answerSpaces(
  host: SpacesHost,
  command: string,
  request: number,
  args: unknown,
): Promise<object> {
  if (command === 'spaces/reports') {
    return { reports: host.reports() };
  }
  if (!command.startsWith('spaces/')) {
    throw errors.unsupportedRequest(`The request "${command}"`);
  }
  const token = tokenOf(command as SpacesCommand, args);
  if (command === 'spaces/cancel') {
    if (token === undefined) {
      throw errors.malformedRequest(command, '"token" is missing');
    }
    host.tasks.cancel({ token });
    return {};
  }
  host.started();
  if (command === 'spaces/history') {
    return host.history().since(historyArguments(args).since);
  }
  const title = titleOf(command);
  const parts = host.parts(title);
  return host.tasks.run({ title, request, token }, (task) => answerHeapRequest(parts, command, args, task));
}
