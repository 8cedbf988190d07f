/** Where the leaks that are intended are named: the file that an option gives, else the one that VS Code writes. */
import * as path from 'node:path';
import { SUPPRESSIONS_PATH } from '../../../adapter/src/protocol';

/** Absolute path of the file; the one in `folder` need not exist. */
export function suppressionsIn(folder: string, given: string | undefined): string {
  return path.resolve(given ?? path.join(folder, SUPPRESSIONS_PATH));
}
