/**
 * The adapter beside another debugger, which starts, stops and steps the program. We hand out the environment
 * that brings the allocator in, listen to its agent, and read the heap from outside while the other debugger
 * holds the program still.
 */
import * as fs from 'node:fs';
import { DebugSession, Event, OutputEvent } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import * as errors from '../errors';
import { loadReader } from '../heap/reader';
import { HeapService } from '../heap/service';
import { Gauges } from '../heap/stats';
import { parseLaunchArguments, type LaunchSettings } from '../launch/arguments';
import { SessionDirectory } from '../launch/directory';
import { findLibrary } from '../launch/libraries';
import { preflight } from '../launch/preflight';
import { programEnvironment } from '../launch/script';
import { LeaksAtEnd } from '../leaks/atEnd';
import { rootsOf, waitingThreads } from '../leaks/roots';
import type { AgentExit, AgentHello, AgentRecord, CompanionResponse, SpacesEvents } from '../protocol';
import { Reporting } from '../reports/reporting';
import { ReportServer } from '../reports/server';
import { log } from '../session/guarded';
import type { HeapParts } from '../session/heapRequests';
import { answerSpaces } from '../session/spacesRequests';
import { Tasks } from '../session/tasks';
import { ownerOf } from '../symbols/classify';
import { mapsOf, parseData } from '../symbols/modules';

/** How long the last reports of a program that has ended may take. */
const LAST_REPORTS_MS = 500;

const STATES = ['running', 'stopped', 'ended'] as const;
type State = (typeof STATES)[number];

/** Variables that only gdb's own way of starting a program needs put right. */
const OF_GDB: ReadonlySet<string> = new Set(['LINES', 'COLUMNS', 'SHELL', 'TERM']);

export class CompanionSession extends DebugSession {
  private settings: LaunchSettings | undefined;
  private directory: SessionDirectory | undefined;
  private server: ReportServer | undefined;
  private reporting: Reporting | undefined;
  private program: AgentHello | undefined;
  private heap: HeapService | undefined;
  private state: State = 'running';
  private generation = 0;
  private readonly tasks = new Tasks((event) => this.sendEvent(event));
  private readonly gauges = new Gauges(loadReader, (stats) => this.tell('spaces/stats', stats), log);

  private readonly leaksAtEnd = new LeaksAtEnd(
    {
      suppressions: () => this.settings?.suppressions,
      output: (line) => this.sendEvent(new OutputEvent(`${line}\n`, 'console')),
    },
    () => this.reports(),
  );

  constructor() {
    super();
    this.setRunAsServer(true);
  }

  protected override initializeRequest(response: DebugProtocol.InitializeResponse): void {
    response.body = { supportsCancelRequest: true };
    this.sendResponse(response);
  }

  protected override customRequest(command: string, response: DebugProtocol.Response, args: unknown): void {
    this.answer(command, response.request_seq, args).then(
      (body) => {
        response.body = body;
        this.sendResponse(response);
      },
      (error: unknown) => {
        const id = error instanceof errors.AdapterError ? error.id : errors.requestFailed('').id;
        // Braces in a format are placeholders, so the text travels as a variable.
        const variables = { _message: errors.messageOf(error) };
        this.sendErrorResponse(response, { id, format: '{_message}', variables });
      },
    );
  }

  protected override cancelRequest(
    response: DebugProtocol.CancelResponse,
    args: DebugProtocol.CancelArguments,
  ): void {
    this.tasks.cancel(args.requestId === undefined ? {} : { request: args.requestId });
    this.sendResponse(response);
  }

  protected override disconnectRequest(response: DebugProtocol.DisconnectResponse): void {
    this.sendResponse(response);
    this.shutdown();
  }

  private answer(command: string, request: number, args: unknown): Promise<object> {
    switch (command) {
      case 'spaces/companion':
        return this.begin(args);
      case 'spaces/companionState':
        return this.follow(args);
      default:
        return answerSpaces(
          {
            tasks: this.tasks,
            reports: () => this.reporting?.store.all ?? [],
            history: () => this.gauges.history,
            started: () => {
              if (!this.settings) {
                throw errors.notStarted('The heap');
              }
            },
            parts: () => this.parts(),
          },
          command,
          request,
          args,
        );
    }
  }

  // ---- the program ------------------------------------------------------------

  private async begin(args: unknown): Promise<CompanionResponse> {
    if (this.settings) {
      throw errors.requestFailed('This companion has a program already.');
    }
    const settings = parseLaunchArguments({ ...(args as object), noDebug: true });
    if (settings.allocator === 'none') {
      throw errors.noAllocator();
    }
    const { warnings } = await preflight(settings);
    const library = settings.allocator === 'linked' ? undefined : findLibrary(settings.allocator);
    const directory = new SessionDirectory();
    try {
      const socket = directory.file('reports');
      this.reporting = new Reporting(settings.gdb, (report) => this.tell('spaces/report', report), log);
      this.server = new ReportServer({
        record: (record) => this.onRecord(record),
        exit: (exit) => this.leaksAtEnd.waiting(exit),
        garbage: (problem) => log(`report socket: ${problem}`),
      });
      await this.server.listen(socket);
      this.directory = directory;
      this.settings = settings;
      const environment = programEnvironment({
        settings,
        inherited: process.env,
        socket,
        ...(library === undefined ? {} : { preload: directory.preloadable(library) }),
      });
      const asked = new Set(Object.keys(settings.env).filter((name) => name !== 'LD_PRELOAD'));
      const ours = [...environment].filter(([name]) => !OF_GDB.has(name) && !asked.has(name));
      return { environment: Object.fromEntries(ours), warnings };
    } catch (error) {
      directory.remove();
      throw error;
    }
  }

  private onRecord(record: Exclude<AgentRecord, AgentExit>): void {
    this.reporting?.record(record);
    if (record.t === 'hello' && this.isProgram(record)) {
      this.program = record;
      this.heap?.close();
      this.heap = this.heapOf(record);
      if (this.state === 'running') {
        this.gauges.runs(record.pid, BigInt(record.root));
      } else {
        this.changed();
      }
    }
  }

  /** Whether a process is the one that is debugged: it runs the program; the first one that does. */
  private isProgram({ pid }: AgentHello): boolean {
    if (this.program && this.program.pid !== pid) {
      return false;
    }
    try {
      const file = fs.readlinkSync(`/proc/${pid}/exe`);
      return file === fs.realpathSync(this.settings?.program ?? '');
    } catch {
      return false;
    }
  }

  private async follow(args: unknown): Promise<object> {
    const state = STATES.find((one) => one === (args as { state?: unknown } | undefined)?.state);
    if (state === undefined) {
      throw errors.malformedRequest('spaces/companionState', `"state" must be one of ${STATES.join(', ')}`);
    }
    this.state = state;
    switch (state) {
      case 'running':
        this.heap?.programRuns();
        if (this.program) {
          this.gauges.runs(this.program.pid, BigInt(this.program.root));
        }
        break;
      case 'stopped':
        this.stopped();
        break;
      case 'ended':
        this.gauges.close();
        this.heap?.close();
        await this.server?.drained(LAST_REPORTS_MS);
        await this.reporting?.settled();
        break;
    }
    return {};
  }

  private stopped(): void {
    const { heap } = this;
    heap?.invalidate();
    this.changed();
    if (!heap) {
      return;
    }
    this.gauges
      .stopped(() => heap.totals())
      .catch((error: unknown) => log(`gauges at a stop: ${errors.messageOf(error)}`));
    if (this.settings?.checkOnStop) {
      heap.checkAtStop().catch((error: unknown) => log(`check at a stop: ${errors.messageOf(error)}`));
    }
  }

  private changed(): void {
    this.generation++;
    this.tell('spaces/changed', { generation: this.generation });
  }

  // ---- the heap -----------------------------------------------------------------

  private heapOf({ pid, root }: AgentHello): HeapService {
    const reporting = this.reports();
    return new HeapService(
      {
        isStopped: () => this.state === 'stopped',
        pid: () => (this.state === 'ended' ? undefined : pid),
        source: () => ({ pid }),
        root: () => Promise.resolve(BigInt(root)),
        generation: () => this.generation,
        readMemory: () => Promise.reject(errors.companionForbidden()),
        readingForbidden: () => undefined,
        evaluateAddress: () => Promise.reject(errors.needsOwnDebugger('An expression')),
        data: async () => {
          return parseData(await mapsOf(pid).read(), (path) => ownerOf(path, '') === 'user');
        },
        console: () => Promise.reject(errors.needsOwnDebugger('The name of a variable')),
        locals: () => Promise.resolve([]),
        log,
        // Classes are named by gdb, which is not here.
        maps: () => Promise.resolve(''),
        leaks: {
          roots: async () => rootsOf(await mapsOf(pid).read(), await waitingThreads(pid, new Map())),
          suppressions: () => this.leaksAtEnd.suppressions(),
        },
        findPointers: () => Promise.reject(errors.needsOwnDebugger('Looking at variables')),
        call: (_prototype, name) => Promise.reject(errors.needsOwnDebugger(`Calling ${name}`)),
        changed: () => this.changed(),
        emitReport: (report) => this.tell('spaces/report', report),
      },
      reporting.symbolsOf(pid),
      reporting.store,
      this.gauges.history,
    );
  }

  private reports(): Reporting {
    if (!this.reporting) {
      throw errors.notStarted('The heap');
    }
    return this.reporting;
  }

  private parts(): HeapParts {
    const { heap } = this;
    if (!heap) {
      throw errors.noHeapYet();
    }
    return {
      heap,
      paused: (work) => work(),
      snapshotTaken: async (value, task) => {
        const snapshot = await heap.snapshots.take(value, task);
        this.tell('spaces/snapshotTaken', snapshot);
        return snapshot;
      },
    };
  }

  private tell<E extends keyof SpacesEvents>(event: E, body: SpacesEvents[E]): void {
    this.sendEvent(new Event(event, body));
  }

  // ---- the end ------------------------------------------------------------------

  /** Remove what was made for the program, which is the other debugger's to end. */
  endNow(): void {
    this.gauges.close();
    this.heap?.close();
    this.server?.close();
    this.directory?.remove();
    this.directory = undefined;
  }

  override shutdown(): void {
    this.endNow();
    setImmediate(() => process.exit(0));
  }
}
