/** One VS Code for a test: a server with data of its own, a page that shows it, and everything gone at the end. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { vsixPath } from '../../../scripts/lib/paths.mjs';
import { installVsix, startServer, type VSCodeServer } from '../../../scripts/lib/vscode-server.mjs';
import { launchBrowser } from '../../../scripts/lib/browser.mjs';
import { Workbench } from './workbench';

export interface InstanceOptions {
  /** The folder that VS Code opens. */
  folder: string;
  /** Leave workspace trust on, so that VS Code asks; off unless told. */
  askForTrust?: boolean;
  settings?: Record<string, unknown>;
}

const SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.colorTheme': 'Default Dark Modern',
  'debug.openDebug': 'openOnDebugBreak',
  'security.workspace.trust.startupPrompt': 'never',
  'terminal.integrated.shellIntegration.enabled': false,
  'window.commandCenter': false,
  'telemetry.telemetryLevel': 'off',
};

/** A running VS Code with the packaged extension installed in it. */
export class Instance {
  private constructor(
    readonly workbench: Workbench,
    readonly page: Page,
    readonly server: VSCodeServer,
    private readonly browser: Browser,
    /** Where this VS Code keeps its settings, extensions and logs. */
    readonly data: string,
    /** What the page wrote to its console as errors. */
    readonly pageErrors: readonly string[],
  ) {}

  static async open(options: InstanceOptions): Promise<Instance> {
    const data = mkdtempSync(path.join(tmpdir(), 'spaces-e2e-'));
    try {
      installVsix(data, vsixPath());
      writeSettings(data, { ...SETTINGS, ...options.settings });
      const server = await startServer({
        folder: data,
        args: options.askForTrust ? [] : ['--disable-workspace-trust'],
      });
      try {
        return await Instance.show(server, data, options.folder);
      } catch (error) {
        await server.stop();
        throw error;
      }
    } catch (error) {
      rmSync(data, { recursive: true, force: true });
      throw error;
    }
  }

  private static async show(server: VSCodeServer, data: string, folder: string): Promise<Instance> {
    const browser = await launchBrowser();
    try {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
      await context.grantPermissions(['clipboard-read', 'clipboard-write']);
      const page = await context.newPage();
      const errors: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(message.text());
      });
      page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
      await page.goto(server.url(folder));
      const workbench = new Workbench(page);
      await workbench.ready();
      return new Instance(workbench, page, server, browser, data, errors);
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
    rmSync(this.data, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

function settingsFile(data: string): string {
  return path.join(data, 'user/User/settings.json');
}

function writeSettings(data: string, settings: Record<string, unknown>): void {
  mkdirSync(path.dirname(settingsFile(data)), { recursive: true });
  writeFileSync(settingsFile(data), JSON.stringify(settings, null, 2));
}
