export function makeVsix(target?: string): Promise<string>;
