export function packageOf(file: string): string | undefined;
