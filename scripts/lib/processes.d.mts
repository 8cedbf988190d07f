/** Types of processes.mjs, for the end-to-end tests. */
export function processesWith(text: string): { pid: number; command: string }[];
