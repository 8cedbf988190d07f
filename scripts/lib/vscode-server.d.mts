/** Types of vscode-server.mjs, for the end-to-end tests. */
export interface VSCodeServer {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly token: string;
  readonly pid: number;
  readonly exited: Promise<number | null>;
  log(): string;
  stop(): Promise<void>;
  url(openFolder: string, query?: Record<string, string>): string;
}
export function installVsix(folder: string, vsix: string): void;
export function startServer(options: {
  folder: string;
  port?: number;
  env?: NodeJS.ProcessEnv;
  args?: string[];
}): Promise<VSCodeServer>;
