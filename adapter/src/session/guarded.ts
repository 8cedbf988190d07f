/**
 * The ground of the session: every request is answered exactly once, a
 * malformed one with an error, and no error of a handler gets lost.
 */
import { Response } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { GDBDebugSessionBase } from 'cdt-gdb-adapter/dist/gdb/GDBDebugSessionBase';
import type { IGDBBackendFactory } from 'cdt-gdb-adapter/dist/types/gdb';
import { AdapterError, malformedRequest, messageOf, noGdbSession, notStarted } from '../errors';
import type { Gdb } from '../gdb/mi';
import { requestProblem } from './requests';

/** Requests that need no gdb. */
const WITHOUT_GDB = new Set([
  'initialize',
  'launch',
  'attach',
  'disconnect',
  'configurationDone',
  'setBreakpoints',
  'setFunctionBreakpoints',
  'setExceptionBreakpoints',
  'setDataBreakpoints',
  'setInstructionBreakpoints',
  'threads',
  'exceptionInfo',
]);

/** Failures of these are shown to the user at once; the client shows the others where they were asked for. */
const SHOWN = new Set(['launch', 'attach', 'configurationDone']);

const REQUEST_FAILED = 2002;

/** Lines for whoever reads the log. The client collects what an adapter writes to stderr. */
export function log(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${text}\n`);
}

export abstract class GuardedSession extends GDBDebugSessionBase {
  private readonly answered = new WeakSet<DebugProtocol.Response>();
  /** The program was run without gdb. */
  protected withoutGdb = false;

  constructor(backendFactory: IGDBBackendFactory) {
    super(backendFactory);
    // The base ends the session at any error, be it a message that is no JSON.
    this.removeAllListeners('error');
    this.on('error', (event: DebugProtocol.Event) => {
      const problem = String(event.body);
      log(`client: ${problem}`);
      if (/^(in|out)Stream error/.test(problem)) {
        this.shutdown();
      }
    });
  }

  /** gdb, where the session has one. */
  protected get connection(): Gdb | undefined {
    return this.gdb;
  }

  protected override dispatchRequest(request: DebugProtocol.Request): void {
    const problem = requestProblem(request.command, request.arguments);
    if (problem !== undefined) {
      this.fail(new Response(request), malformedRequest(String(request.command), problem));
      return;
    }
    if (!this.connection && !WITHOUT_GDB.has(request.command) && !request.command.startsWith('spaces/')) {
      const what = `The request "${request.command}"`;
      this.fail(new Response(request), this.withoutGdb ? noGdbSession(what) : notStarted(what));
      return;
    }
    request.arguments ??= {};
    super.dispatchRequest(request);
  }

  /** Answer with what `work` resolves to, or with its error. */
  protected async answer<R extends DebugProtocol.Response>(
    response: R,
    work: () => R['body'] | Promise<R['body']>,
  ): Promise<void> {
    try {
      response.body = (await work()) as unknown;
      this.sendResponse(response);
    } catch (error) {
      this.fail(response, error);
    }
  }

  /** Answer with an error. */
  protected fail(response: DebugProtocol.Response, error: unknown): void {
    const id = error instanceof AdapterError ? error.id : REQUEST_FAILED;
    this.refuse(response, id, messageOf(error));
  }

  override sendResponse(response: DebugProtocol.Response): void {
    if (this.answered.has(response)) {
      return;
    }
    this.answered.add(response);
    super.sendResponse(response);
  }

  protected override sendErrorResponse(
    response: DebugProtocol.Response,
    codeOrMessage: number | DebugProtocol.Message,
    format?: string,
  ): void {
    if (typeof codeOrMessage === 'number') {
      this.refuse(response, codeOrMessage, format ?? 'The request failed.');
    } else {
      this.refuse(response, codeOrMessage.id, codeOrMessage.format);
    }
  }

  /** Run `work` beside the requests; its failure goes to the log. */
  protected inBackground(what: string, work: Promise<unknown>): void {
    work.catch((error: unknown) => log(`${what}: ${messageOf(error)}`));
  }

  private refuse(response: DebugProtocol.Response, id: number, text: string): void {
    response.success = false;
    response.message = text;
    // Braces in a format are placeholders, so the text travels as a variable.
    const error: DebugProtocol.Message = {
      id,
      format: '{_message}',
      variables: { _message: text },
      showUser: SHOWN.has(response.command),
    };
    response.body = { error };
    this.sendResponse(response);
  }
}
