/** Types of workspace.mjs, for the end-to-end tests. */
export function copyOfSamples(name?: string): { folder: string; remove(): void };
