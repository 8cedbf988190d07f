/** Types of suites.mjs, for its tests. */
export interface Suite {
  name: string;
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  minutes?: number;
}
export interface Count {
  passed: number;
  failed: number;
  pending: number;
}
export function countResults(output: string): Count | undefined;
export function failuresOf(output: string, most?: number): string;
export function runSuite(
  suite: Suite,
): Promise<Count & { name: string; note?: string; failures?: string; time: string }>;
