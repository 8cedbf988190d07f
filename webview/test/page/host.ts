/**
 * The panel in a browser without VS Code: serves the built page under the same
 * content-security policy, with a message port that answers from the fixture.
 */
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as path from 'node:path';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser, type Page } from 'playwright-core';
import type {
  BlockArguments,
  DiffArguments,
  EntriesArguments,
  GroupsArguments,
  LeaksArguments,
  HostMessage,
  MapArguments,
  PanelMessage,
  SlabArguments,
} from '../../../adapter/src/protocol';
import {
  answerBlock,
  answerDiff,
  answerGroups,
  answerLeaks,
  answerMap,
  answerSlab,
  answerSnapshots,
  makeCallTree,
  makeHistory,
  makeSnapshots,
} from './answers';
import { answerEntries, makeHeap, makeReports } from './fixture';
import { themeCss, type Theme } from './themes';

const NONCE = 'page-test';
const DIST = path.resolve(__dirname, '../../../dist/webview');

/** VS Code's message port as the page sees it. A text, since the test runner rewrites functions. */
const PORT = `window.acquireVsCodeApi = () => ({
  postMessage: (message) => window.toHost(message),
  getState: () => JSON.parse(sessionStorage.getItem('state') ?? 'null'),
  setState: (state) => sessionStorage.setItem('state', JSON.stringify(state)),
});`;

export interface PageHost {
  page: Page;
  /** What the page sent, requests left out. */
  sent: PanelMessage[];
  requests: Extract<PanelMessage, { type: 'request' }>[];
  /** Errors of the page, breaches of the policy among them. */
  errors: string[];
  /** Answers that stand in place of the fixture's. */
  answers: Map<string, (args: unknown) => unknown>;
  post(message: HostMessage): Promise<void>;
  /** Loads the page anew, as VS Code does when a hidden panel comes back. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

export interface PageOptions {
  theme?: Theme;
  width?: number;
  height?: number;
}

export async function openPage(options: PageOptions = {}): Promise<PageHost> {
  const theme = options.theme ?? 'dark';
  const server = http.createServer((request, response) => serve(request.url ?? '/', theme, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await launch();
  const page = await browser.newPage({
    viewport: { width: options.width ?? 1000, height: options.height ?? 720 },
  });
  const host: PageHost = {
    page,
    sent: [],
    requests: [],
    errors: [],
    answers: new Map<string, (args: unknown) => unknown>([
      ['spaces/heap', () => makeHeap()],
      ['spaces/reports', () => ({ reports: makeReports() })],
      ['spaces/entries', (args) => answerEntries(args as EntriesArguments)],
      ['spaces/check', () => ({ blocks: 91_000, reports: [] })],
      ['spaces/set', (args) => args],
      ['spaces/groups', (args) => answerGroups(args as GroupsArguments)],
      ['spaces/callTree', () => makeCallTree()],
      ['spaces/map', (args) => answerMap(args as MapArguments)],
      ['spaces/slab', (args) => answerSlab(args as SlabArguments)],
      ['spaces/block', (args) => answerBlock(args as BlockArguments)],
      ['spaces/snapshots', () => answerSnapshots()],
      ['spaces/snapshot', () => makeSnapshots()[0]],
      ['spaces/dropSnapshot', () => ({ ...answerSnapshots(), snapshots: makeSnapshots().slice(1) })],
      ['spaces/diff', (args) => answerDiff(args as DiffArguments)],
      ['spaces/history', () => makeHistory()],
      ['spaces/leaks', (args) => answerLeaks(args as LeaksArguments)],
    ]),
    post: (message) => page.evaluate((data) => window.postMessage(data, '*'), message),
    reload: async () => {
      await page.reload();
    },
    close: async () => {
      await browser.close();
      server.close();
    },
  };
  page.on('console', (message) => {
    if (message.type() === 'error') {
      host.errors.push(message.text());
    }
  });
  page.on('pageerror', (error) => host.errors.push(String(error)));
  await page.exposeFunction('toHost', (message: PanelMessage) => receive(host, message));
  await page.addInitScript(PORT);
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return host;
}

async function receive(host: PageHost, message: PanelMessage): Promise<void> {
  if (message.type !== 'request') {
    host.sent.push(message);
    return;
  }
  host.requests.push(message);
  const { seq } = message;
  try {
    const body = await host.answers.get(message.command)?.(message.arguments);
    await host.post({ type: 'response', seq, ok: true, body });
  } catch (error) {
    await host.post({
      type: 'response',
      seq,
      ok: false,
      message: error instanceof Error ? error.message : String(error),
    });
  }
}

async function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  });
}

const TYPES: Record<string, string> = { '.js': 'text/javascript', '.css': 'text/css', '.ttf': 'font/ttf' };

function serve(url: string, theme: Theme, response: http.ServerResponse): void {
  const name = path.basename(new URL(url, 'http://localhost').pathname);
  if (name === '') {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.setHeader(
      'content-security-policy',
      `default-src 'none'; img-src 'self' data:; font-src 'self'; style-src 'self' 'nonce-${NONCE}'; script-src 'nonce-${NONCE}'`,
    );
    response.end(pageHtml(theme));
  } else if (name === 'theme.css') {
    response.setHeader('content-type', 'text/css');
    response.end(themeCss(theme));
  } else {
    const file = path.join(DIST, name);
    if (!fs.existsSync(file)) {
      response.statusCode = 404;
      response.end();
      return;
    }
    response.setHeader('content-type', TYPES[path.extname(name)] ?? 'application/octet-stream');
    fs.createReadStream(file).pipe(response);
  }
}

function pageHtml(theme: Theme): string {
  return `<!DOCTYPE html><html lang="en"><head><meta charset="UTF-8">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="theme.css">
<link rel="stylesheet" id="vscode-codicon-stylesheet" nonce="${NONCE}" href="codicon.css">
<link rel="stylesheet" href="main.css"><title>Heap Inspector</title></head>
<body class="vscode-${theme}" data-translations=""><spaces-inspector></spaces-inspector>
<script type="module" nonce="${NONCE}" src="main.js"></script></body></html>`;
}
