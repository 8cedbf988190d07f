/** Requests about a stopped program: frames, variables, expressions, memory, and breakpoints of every sort. */
import { ContinuedEvent, Handles, InvalidatedEvent } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import * as errors from '../errors';
import { GdbConsole } from '../gdb/console';
import { hex, miString, parseAddress, type MiBreakpoint, type MiFrame } from '../gdb/mi';
import { withoutHint } from '../heap/hints';
import { pointerValue } from '../heap/pointers';
import type { ModuleMap } from '../symbols/modules';
import { Breakpoints, sourceLocation } from './breakpoints';
import { DataBreakpoints } from './dataBreakpoints';
import { FrameIds } from './frameIds';
import { frameOwner, makeStackFrame, SourceFiles } from './frames';
import { GuardedSession } from './guarded';
import { isPointer, Variables, type FrameRef } from './variables';

/** Frames fetched where a client names no number. */
const ALL_FRAMES = 1000;
const MEMORY_LIMIT = 64 * 2 ** 20;
const MEMORY_PIECE = 256 * 2 ** 10;
const PAGE_SIZE = 4096;

/** Where people read the value of an expression; elsewhere it may be pasted into code. */
const DESCRIBED_CONTEXTS = new Set(['hover', 'watch', 'repl']);

/** Expressions that call or assign. */
const CHANGES = /[\w)\]]\s*\(|(?<![=!<>])=(?!=)|\+\+|--/;

/** The address that a variable holds, where it is a pointer. */
function pointerOf(type = '', reference?: string): bigint | undefined {
  return isPointer(type) && reference !== undefined ? BigInt(reference) : undefined;
}

interface GotoTarget {
  file: string;
  line: number;
}

export abstract class InspectingSession extends GuardedSession {
  protected override frameHandles = new FrameIds<FrameRef>();
  protected console!: GdbConsole;
  protected variables!: Variables;
  protected breakpoints!: Breakpoints;
  protected dataBreakpoints!: DataBreakpoints;
  protected modules: ModuleMap | undefined;
  protected gotoBreakpoint: string | undefined;
  protected supportsInvalidated = false;
  private readonly files = new SourceFiles();
  private readonly gotoTargetHandles = new Handles<GotoTarget>();

  /** The program is stopped, so that frames and values hold. */
  protected abstract isStopped(): boolean;

  /** What is known of the heap may not hold any more, though the program did not run. */
  protected abstract heapMayDiffer(): void;

  /** Values with what they point at behind them; `origin` tells where that was allocated too. */
  protected abstract describePointers(
    values: readonly string[],
    addresses: readonly (bigint | undefined)[],
    origin?: boolean,
  ): Promise<string[]>;

  /** What is looked at is a core file: nothing of it can run or change. */
  protected abstract get postMortem(): boolean;

  /** Run work that evaluates an expression, which may call functions of the program. */
  protected abstract callingProgram<T>(expression: string, work: () => Promise<T>): Promise<T>;

  /** Make the parts that talk to gdb. */
  protected connect(console: GdbConsole): void {
    this.console = console;
    this.variables = new Variables(this.gdb);
    this.breakpoints = new Breakpoints(this.gdb);
    this.dataBreakpoints = new DataBreakpoints(this.gdb, this.variables);
  }

  /** Send the event that the program runs, which voids frames and variables. */
  protected override sendContinuedEvent(threadId: number, allThreadsContinued = true): void {
    this.forgetFrames();
    this.sendEvent(new ContinuedEvent(threadId, allThreadsContinued));
  }

  protected forgetFrames(): void {
    this.frameHandles.reset();
    this.variables.reset();
  }

  protected frame(id: number | undefined): FrameRef | undefined {
    return id === undefined ? undefined : this.frameHandles.get(id);
  }

  protected requireStopped(what: string): void {
    if (!this.isStopped()) {
      throw errors.notStopped(what);
    }
  }

  /** Refuse what only a process can do that runs or can go on. */
  protected requireLive(what: string): void {
    if (this.postMortem) {
      throw errors.coreNotLive(what);
    }
  }

  /** The frames of a thread, from level `low` to level `high`. */
  protected async miFrames(threadId: number, low: number, high: number): Promise<MiFrame[]> {
    if (low > 0) {
      // gdb calls it an error to be asked for frames beyond the outermost one.
      const { depth } = await this.gdb.sendCommand<{ depth: string }>(
        `-stack-info-depth --thread ${threadId} ${low + 1}`,
      );
      if (Number(depth) <= low) {
        return [];
      }
    }
    const { stack } = await this.gdb.sendCommand<{ stack: MiFrame[] }>(
      `-stack-list-frames --thread ${threadId} ${low} ${high}`,
    );
    await this.modules?.refresh(stack.flatMap(({ addr }) => (addr === undefined ? [] : [BigInt(addr)])));
    return stack;
  }

  protected override async stackTraceRequest(
    response: DebugProtocol.StackTraceResponse,
    args: DebugProtocol.StackTraceArguments,
  ): Promise<void> {
    await this.answer(response, async () => {
      this.requireStopped('The stack');
      const low = args.startFrame ?? 0;
      const levels = args.levels ? Math.min(args.levels, ALL_FRAMES) : ALL_FRAMES;
      // One more than the page: clients offer to load more only where there is more.
      const frames = await this.miFrames(args.threadId, low, low + levels);
      const stackFrames = await Promise.all(
        frames
          .slice(0, levels)
          .map((frame) =>
            makeStackFrame(
              this.frameHandles.create({ threadId: args.threadId, frameId: Number(frame.level) }),
              frame,
              frameOwner(frame, this.modules),
              this.files,
            ),
          ),
      );
      return { stackFrames, totalFrames: low + frames.length };
    });
  }

  protected override scopesRequest(
    response: DebugProtocol.ScopesResponse,
    args: DebugProtocol.ScopesArguments,
  ): void {
    void this.answer(response, () => {
      const frame = this.frame(args.frameId);
      return { scopes: frame && this.isStopped() ? this.variables.scopes(frame) : [] };
    });
  }

  protected override async variablesRequest(
    response: DebugProtocol.VariablesResponse,
    args: DebugProtocol.VariablesArguments,
  ): Promise<void> {
    await this.answer(response, async () => {
      this.requireStopped('The list of variables');
      const variables = await this.variables.list(args.variablesReference, args.start, args.count);
      const values = await this.describePointers(
        variables.map(({ value }) => value),
        variables.map(({ type, memoryReference }) => pointerOf(type, memoryReference)),
      );
      return { variables: variables.map((variable, index) => ({ ...variable, value: values[index] ?? '' })) };
    });
  }

  protected override async setVariableRequest(
    response: DebugProtocol.SetVariableResponse,
    args: DebugProtocol.SetVariableArguments,
  ): Promise<void> {
    await this.answer(response, async () => {
      this.requireLive('Setting a variable');
      this.requireStopped('Setting a variable');
      const { variablesReference, name, value } = args;
      return this.described(await this.variables.assign(variablesReference, name, withoutHint(value)));
    });
  }

  protected override setExpressionRequest(
    response: DebugProtocol.SetExpressionResponse,
    args: DebugProtocol.SetExpressionArguments,
  ): void {
    void this.answer(response, async () => {
      this.requireLive('Setting an expression');
      this.requireStopped('Setting an expression');
      const value = withoutHint(args.value);
      const frame = this.frame(args.frameId);
      return this.described(await this.variables.assignExpression(args.expression, value, frame));
    });
  }

  protected override async evaluateRequest(
    response: DebugProtocol.EvaluateResponse,
    args: DebugProtocol.EvaluateArguments,
  ): Promise<void> {
    await this.answer(response, async () => {
      const expression = args.expression.trim();
      const frame = this.frame(args.frameId);
      if (args.context === 'repl' && expression.startsWith('>')) {
        const options =
          frame && this.isStopped() ? `--thread ${frame.threadId} --frame ${frame.frameId}` : '';
        const text = await this.console.run(expression.slice(1).trim(), options);
        this.memoryMayDiffer();
        return { result: text.replace(/\n$/, ''), variablesReference: 0 };
      }
      this.requireStopped('Evaluating an expression');
      const body = await this.callingProgram(expression, () => this.variables.evaluate(expression, frame));
      if (args.context === 'repl' && CHANGES.test(expression)) {
        this.memoryMayDiffer();
      }
      if (!DESCRIBED_CONTEXTS.has(args.context ?? '')) {
        return body;
      }
      const address = pointerOf(body.type, body.memoryReference);
      const [result = body.result] = await this.describePointers(
        [body.result],
        [address],
        args.context === 'hover',
      );
      return { ...body, result };
    });
  }

  private async described<B extends { value: string }>(body: B): Promise<B> {
    const [value = body.value] = await this.describePointers([body.value], [pointerValue(body.value)]);
    return { ...body, value };
  }

  protected override completionsRequest(
    response: DebugProtocol.CompletionsResponse,
    args: DebugProtocol.CompletionsArguments,
  ): void {
    void this.answer(response, async () => {
      const typed = args.text.slice(0, Math.max(0, args.column - 1));
      const command = /^\s*>/.test(typed);
      const prefix = command ? '' : 'print ';
      const text = command ? typed.replace(/^\s*>\s*/, '') : typed;
      const { matches } = await this.gdb.sendCommand<{ matches?: string[] }>(
        `-complete ${miString(prefix + text)}`,
      );
      // gdb repeats the whole line; the client wants what replaces the last word.
      const word = /[\w:$~]*$/.exec(text)?.[0] ?? '';
      const head = prefix.length + text.length - word.length;
      return {
        targets: (matches ?? []).map((match) => ({
          label: match.slice(head),
          start: typed.length - word.length,
          length: word.length,
        })),
      };
    });
  }

  protected override async readMemoryRequest(
    response: DebugProtocol.ReadMemoryResponse,
    args: DebugProtocol.ReadMemoryArguments,
  ): Promise<void> {
    await this.answer(response, async () => {
      const address = await this.addressOf(args.memoryReference, args.offset ?? 0);
      const count = Math.min(Math.max(0, args.count), MEMORY_LIMIT);
      const bytes = await this.readReadable(address, count);
      return {
        address: hex(address),
        data: bytes.toString('base64'),
        ...(bytes.length < count ? { unreadableBytes: count - bytes.length } : {}),
      };
    });
  }

  protected override async writeMemoryRequest(
    response: DebugProtocol.WriteMemoryResponse,
    args: DebugProtocol.WriteMemoryArguments,
  ): Promise<void> {
    await this.answer(response, async () => {
      this.requireLive('Writing memory');
      this.requireStopped('Writing memory');
      const address = await this.addressOf(args.memoryReference, args.offset ?? 0);
      const bytes = Buffer.from(args.data, 'base64');
      if (bytes.length > 0) {
        await this.gdb.sendCommand(`-data-write-memory-bytes ${hex(address)} "${bytes.toString('hex')}"`);
        this.memoryMayDiffer();
      }
      return { bytesWritten: bytes.length };
    });
  }

  /** Memory of the program through gdb. */
  protected async readMemory(address: bigint, length: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let at = 0; at < length; at += MEMORY_PIECE) {
      const size = Math.min(MEMORY_PIECE, length - at);
      const { memory } = await this.gdb.sendCommand<{ memory: { contents: string; offset: string }[] }>(
        `-data-read-memory-bytes ${hex(address + BigInt(at))} ${size}`,
      );
      const first = memory[0];
      const piece = Buffer.from(first && BigInt(first.offset) === 0n ? first.contents : '', 'hex');
      pieces.push(piece);
      if (piece.length < size) {
        break;
      }
    }
    return Buffer.concat(pieces);
  }

  protected override async setBreakPointsRequest(
    response: DebugProtocol.SetBreakpointsResponse,
    args: DebugProtocol.SetBreakpointsArguments,
  ): Promise<void> {
    await this.answerPaused(response, args.breakpoints ?? [], (wanted) =>
      this.breakpoints.setSource(args.source.path ?? args.source.name ?? '', wanted),
    );
  }

  protected override async setFunctionBreakPointsRequest(
    response: DebugProtocol.SetFunctionBreakpointsResponse,
    args: DebugProtocol.SetFunctionBreakpointsArguments,
  ): Promise<void> {
    await this.answerPaused(response, args.breakpoints, (wanted) => this.breakpoints.setFunctions(wanted));
  }

  protected override async setInstructionBreakpointsRequest(
    response: DebugProtocol.SetInstructionBreakpointsResponse,
    args: DebugProtocol.SetInstructionBreakpointsArguments,
  ): Promise<void> {
    await this.answerPaused(response, args.breakpoints, async (wanted) =>
      this.breakpoints.setInstructions(wanted),
    );
  }

  protected override async dataBreakpointInfoRequest(
    response: DebugProtocol.DataBreakpointInfoResponse,
    args: DebugProtocol.DataBreakpointInfoArguments,
  ): Promise<void> {
    await this.answer(response, () => this.dataBreakpoints.info(args, this.frame(args.frameId)));
  }

  protected override async setDataBreakpointsRequest(
    response: DebugProtocol.SetDataBreakpointsResponse,
    args: DebugProtocol.SetDataBreakpointsArguments,
  ): Promise<void> {
    await this.answerPaused(response, args.breakpoints, (wanted) => this.dataBreakpoints.set(wanted));
  }

  protected override breakpointLocationsRequest(
    response: DebugProtocol.BreakpointLocationsResponse,
    args: DebugProtocol.BreakpointLocationsArguments,
  ): void {
    void this.answer(response, async () => {
      const lines = await this.codeLines(args.source.path ?? '');
      const end = args.endLine ?? args.line;
      return {
        breakpoints: lines.filter((line) => line >= args.line && line <= end).map((line) => ({ line })),
      };
    });
  }

  protected override gotoTargetsRequest(
    response: DebugProtocol.GotoTargetsResponse,
    args: DebugProtocol.GotoTargetsArguments,
  ): void {
    void this.answer(response, async () => {
      const file = args.source.path ?? '';
      const line = (await this.codeLines(file)).find((one) => one >= args.line);
      if (line === undefined) {
        return { targets: [] };
      }
      const id = this.gotoTargetHandles.create({ file, line });
      return { targets: [{ id, label: `Line ${line}`, line }] };
    });
  }

  protected override gotoRequest(
    response: DebugProtocol.GotoResponse,
    args: DebugProtocol.GotoArguments,
  ): void {
    void this.answer(response, async () => {
      this.requireLive('Jumping to a line');
      this.requireStopped('Jumping to a line');
      const target = this.gotoTargetHandles.get(args.targetId);
      if (!target) {
        throw errors.requestFailed('This jump target does not exist any more.');
      }
      const location = sourceLocation(target.file, target.line);
      const { bkpt } = await this.gdb.sendCommand<{ bkpt: MiBreakpoint }>(`-break-insert -t ${location}`);
      this.gotoBreakpoint = bkpt.number;
      try {
        await this.gdb.sendCommand(
          `-exec-jump --thread ${args.threadId} ${miString(`${target.file}:${target.line}`)}`,
        );
      } catch (error) {
        await this.gdb.sendCommand(`-break-delete ${bkpt.number}`);
        throw error;
      }
    });
  }

  /** Set breakpoints of a sort, holding the program still for as long as it takes. */
  private async answerPaused<W>(
    response: DebugProtocol.Response & { body: { breakpoints: DebugProtocol.Breakpoint[] } },
    wanted: W[],
    set: (wanted: W[]) => Promise<DebugProtocol.Breakpoint[]>,
  ): Promise<void> {
    await this.answer(response, async () => {
      if (!this.connection || this.postMortem) {
        const message = this.postMortem
          ? errors.coreNotLive('A breakpoint').message
          : 'The program runs without debugging.';
        return { breakpoints: wanted.map(() => ({ verified: false, message })) };
      }
      await this.pauseIfNeeded();
      try {
        return { breakpoints: await set(wanted) };
      } finally {
        await this.continueIfNeeded();
      }
    });
  }

  private async codeLines(file: string): Promise<number[]> {
    const { lines } = await this.gdb.sendCommand<{ lines?: { line: string }[] }>(
      `-symbol-list-lines ${miString(file)}`,
    );
    const numbers = new Set((lines ?? []).map(({ line }) => Number(line)).filter((line) => line > 0));
    return [...numbers].sort((a, b) => a - b);
  }

  private async addressOf(reference: string, offset: number): Promise<bigint> {
    const base = /^(0x[0-9a-f]+|\d+)$/i.test(reference)
      ? BigInt(reference)
      : parseAddress(await this.variables.value(reference, undefined));
    if (base === undefined) {
      throw errors.requestFailed(`"${reference}" is no address.`);
    }
    return BigInt.asUintN(64, base + BigInt(Math.trunc(offset)));
  }

  /** As much as can be read: gdb refuses a range whose start is unmapped, and may refuse one whose end is. */
  private async readReadable(address: bigint, count: number): Promise<Buffer> {
    if (count === 0) {
      return Buffer.alloc(0);
    }
    try {
      return await this.readMemory(address, count);
    } catch {
      const toPageEnd = PAGE_SIZE - Number(address % BigInt(PAGE_SIZE));
      return this.readMemory(address, Math.min(count, toPageEnd)).catch(() => Buffer.alloc(0));
    }
  }

  /** The program's memory was changed from here, its heap perhaps too. */
  private memoryMayDiffer(): void {
    if (this.isStopped()) {
      this.heapMayDiffer();
    }
    this.valuesMayDiffer();
  }

  protected valuesMayDiffer(): void {
    if (this.supportsInvalidated && this.isStopped()) {
      this.sendEvent(new InvalidatedEvent(['variables']));
    }
  }
}
