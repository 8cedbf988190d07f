/** Types of paths.mjs, for the end-to-end tests. */
export const root: string;
export const dist: string;
export const cache: string;
export const samples: string;
export const testOut: string;
export function vsixPath(): string;
