/**
 * Variables as gdb's variable objects: created in their own thread and frame,
 * listed in pages, and forgotten at the next stop.
 */
import { Handles } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { messageOf, requestFailed } from '../errors';
import { hex, miString, parseAddress, type Gdb, type MiVarobj } from '../gdb/mi';

/** A frame of a thread; without one, expressions see globals only. */
export interface FrameRef {
  threadId: number;
  frameId: number;
}

type Container =
  | { type: 'locals'; frame: FrameRef }
  | { type: 'registers'; frame: FrameRef }
  | { type: 'object'; frame: FrameRef | undefined; object: MiVarobj };

/** What a container needs in order to assign to a child by name. */
type Children = Map<string, { object: string } | { expression: string }>;

/** Elements fetched at once where a pretty printer does not know how many there are. */
const PAGE = 1000;
const ACCESS = new Set(['public', 'protected', 'private']);

export const isPointer = (type: string) =>
  /\*\s*(const|volatile|restrict|\s)*$/.test(type) || /\(\*.*\)\(/.test(type);
const isArray = (type: string) => /\[\d+\]$/.test(type);
const isCharArray = (type: string) => /^(const |volatile )*((un)?signed )?char ?\[\d+\]$/.test(type);

export class Variables {
  private readonly containers = new Handles<Container>();
  private readonly children = new Map<number, Children>();
  private created: string[] = [];

  constructor(private readonly gdb: Gdb) {}

  /** The program stopped anew: what was handed out before is void. */
  reset(): void {
    const old = this.created;
    this.created = [];
    this.containers.reset();
    this.children.clear();
    for (const name of old) {
      this.gdb.sendCommand(`-var-delete ${name}`).catch(() => undefined);
    }
  }

  scopes(frame: FrameRef): DebugProtocol.Scope[] {
    return [
      {
        name: 'Locals',
        presentationHint: 'locals',
        variablesReference: this.containers.create({ type: 'locals', frame }),
        expensive: false,
      },
      {
        name: 'Registers',
        presentationHint: 'registers',
        variablesReference: this.containers.create({ type: 'registers', frame }),
        expensive: true,
      },
    ];
  }

  /** The children of a reference; of many, those of the page that is asked for. */
  async list(reference: number, start?: number, count?: number): Promise<DebugProtocol.Variable[]> {
    const container = this.containers.get(reference);
    if (!container) {
      return [];
    }
    if (!this.children.has(reference)) {
      this.children.set(reference, new Map());
    }
    switch (container.type) {
      case 'locals':
        return this.locals(container.frame, reference);
      case 'registers':
        return this.registers(container.frame, reference);
      case 'object':
        return this.members(container.object, container.frame, reference, start, count);
    }
  }

  /** Evaluate an expression; the result can be expanded. */
  async evaluate(
    expression: string,
    frame: FrameRef | undefined,
  ): Promise<DebugProtocol.EvaluateResponse['body'] & { memoryReference?: string }> {
    const object = await this.create(expression, frame);
    const variable = await this.present(expression, object, frame);
    return {
      result: variable.value,
      ...(variable.type === undefined ? {} : { type: variable.type }),
      variablesReference: variable.variablesReference,
      ...(variable.indexedVariables === undefined ? {} : { indexedVariables: variable.indexedVariables }),
      ...(variable.memoryReference === undefined ? {} : { memoryReference: variable.memoryReference }),
    };
  }

  /** The value of an expression as gdb prints it. */
  async value(expression: string, frame: FrameRef | undefined): Promise<string> {
    const { value } = await this.gdb.sendCommand<{ value?: string }>(
      `-data-evaluate-expression${frameOptions(frame)} ${miString(expression)}`,
    );
    return value ?? '';
  }

  /** Assign to a child that was listed; resolves to its new value. */
  async assign(
    reference: number,
    name: string,
    value: string,
  ): Promise<DebugProtocol.SetVariableResponse['body']> {
    const container = this.containers.get(reference);
    const child = this.children.get(reference)?.get(name);
    if (!container || !child) {
      throw requestFailed(`There is no variable "${name}" here any more.`);
    }
    if ('expression' in child) {
      return { value: await this.value(`${child.expression} = (${value})`, container.frame) };
    }
    return this.assignObject(child.object, value, container.frame);
  }

  /** Assign to an expression; resolves to its new value. */
  async assignExpression(
    expression: string,
    value: string,
    frame: FrameRef | undefined,
  ): Promise<DebugProtocol.SetExpressionResponse['body']> {
    const object = await this.create(expression, frame);
    return this.assignObject(object.name, value, frame);
  }

  /** An expression that names a child of a reference in its frame, for a data breakpoint. */
  async pathOf(
    reference: number,
    name: string,
  ): Promise<{ expression: string; frame: FrameRef | undefined }> {
    const container = this.containers.get(reference);
    const child = this.children.get(reference)?.get(name);
    if (!container || !child) {
      return { expression: name, frame: container?.frame };
    }
    if ('expression' in child) {
      return { expression: child.expression, frame: container.frame };
    }
    return { expression: (await this.path(child.object)) ?? name, frame: container.frame };
  }

  private async assignObject(
    object: string,
    value: string,
    frame: FrameRef | undefined,
  ): Promise<DebugProtocol.SetVariableResponse['body']> {
    const result = await this.gdb.sendCommand<{ value: string }>(
      `-var-assign${frameOptions(frame)} ${object} ${miString(value)}`,
    );
    return { value: result.value };
  }

  private async create(expression: string, frame: FrameRef | undefined): Promise<MiVarobj> {
    let object: MiVarobj;
    try {
      object = await this.gdb.sendCommand<MiVarobj>(
        `-var-create${frameOptions(frame)} - ${frame ? '*' : '@'} ${miString(expression)}`,
      );
    } catch (error) {
      // gdb says only that it cannot; what is wrong it tells when it looks at the type, which runs nothing.
      await this.gdb.sendCommand(
        `-interpreter-exec${frameOptions(frame)} console ${miString(`whatis ${expression}`)}`,
      );
      throw error;
    }
    this.created.push(object.name);
    return object;
  }

  private async locals(frame: FrameRef, reference: number): Promise<DebugProtocol.Variable[]> {
    const { variables } = await this.gdb.sendCommand<{ variables: { name: string }[] }>(
      `-stack-list-variables${frameOptions(frame)} --no-values`,
    );
    // Innermost first: a name that is shadowed appears again, and cannot be told apart by gdb.
    const names = [...new Set(variables.map(({ name }) => name))];
    return Promise.all(
      names.map(async (name) => {
        try {
          const object = await this.create(name, frame);
          this.children.get(reference)?.set(name, { object: object.name });
          return await this.present(name, object, frame, name);
        } catch (error) {
          return { name, value: `<${messageOf(error)}>`, variablesReference: 0 };
        }
      }),
    );
  }

  private async registers(frame: FrameRef, reference: number): Promise<DebugProtocol.Variable[]> {
    const [{ 'register-names': names }, { 'register-values': values }] = await Promise.all([
      this.gdb.sendCommand<{ 'register-names': string[] }>(`-data-list-register-names${frameOptions(frame)}`),
      this.gdb.sendCommand<{ 'register-values': { number: string; value: string }[] }>(
        `-data-list-register-values${frameOptions(frame)} x`,
      ),
    ]);
    return values.flatMap(({ number, value }) => {
      const name = names[Number(number)];
      if (!name) {
        return [];
      }
      this.children.get(reference)?.set(name, { expression: `$${name}` });
      return [{ name, value, evaluateName: `$${name}`, variablesReference: 0 }];
    });
  }

  private async members(
    object: MiVarobj,
    frame: FrameRef | undefined,
    reference: number,
    start?: number,
    count?: number,
  ): Promise<DebugProtocol.Variable[]> {
    const unbounded = object.dynamic === '1';
    const from = start ?? 0;
    const to = count ? from + count : from + PAGE;
    const ranged = unbounded || count || Number(object.numchild ?? 0) > PAGE;
    const page = await this.gdb.sendCommand<{ children?: MiVarobj[]; has_more?: string }>(
      `-var-list-children --all-values ${miString(object.name)}${ranged ? ` ${from} ${to}` : ''}`,
    );
    const children = page.children ?? [];
    if (object.displayhint === 'map') {
      return this.pairs(children, frame, reference);
    }
    const result: DebugProtocol.Variable[] = [];
    for (const child of children) {
      if (ACCESS.has(child.exp ?? '') && child.type === undefined) {
        result.push(...(await this.members(child, frame, reference)));
      } else {
        result.push(await this.member(child, frame, reference, isArray(object.type ?? '')));
      }
    }
    if (page.has_more === '1' && !count) {
      result.push({ name: '…', value: `more than ${to} elements`, variablesReference: 0 });
    }
    return result;
  }

  private async member(
    child: MiVarobj,
    frame: FrameRef | undefined,
    reference: number,
    indexed: boolean,
  ): Promise<DebugProtocol.Variable> {
    const label = child.exp ?? child.name;
    const name = indexed && /^\d+$/.test(label) ? `[${label}]` : label;
    this.children.get(reference)?.set(name, { object: child.name });
    return this.present(name, child, frame, await this.path(child.name));
  }

  /** A pretty printer's map lists key, value, key, value, … */
  private async pairs(
    children: readonly MiVarobj[],
    frame: FrameRef | undefined,
    reference: number,
  ): Promise<DebugProtocol.Variable[]> {
    const result: DebugProtocol.Variable[] = [];
    for (let index = 0; index + 1 < children.length; index += 2) {
      const [key, value] = [children[index], children[index + 1]];
      if (key && value) {
        const name = `[${key.value ?? key.exp ?? ''}]`;
        this.children.get(reference)?.set(name, { object: value.name });
        result.push(await this.present(name, value, frame));
      }
    }
    return result;
  }

  /** The expression gdb knows a variable object by; pretty-printed children have none. */
  private async path(object: string): Promise<string | undefined> {
    try {
      return (
        await this.gdb.sendCommand<{ path_expr: string }>(`-var-info-path-expression ${miString(object)}`)
      ).path_expr;
    } catch {
      return undefined;
    }
  }

  private async present(
    name: string,
    object: MiVarobj,
    frame: FrameRef | undefined,
    evaluateName?: string,
  ): Promise<DebugProtocol.Variable> {
    const type = object.type ?? '';
    const count = Number(object.numchild ?? 0);
    const expandable = count > 0 || object.has_more === '1' || object.dynamic === '1';
    let value = object.value ?? '';
    let address: bigint | undefined;
    if (isPointer(type)) {
      address = parseAddress(value);
    } else if (isArray(type) && object.dynamic !== '1' && evaluateName !== undefined) {
      address = await this.addressOf(evaluateName, frame);
      if (isCharArray(type)) {
        value = await this.value(evaluateName, frame).catch(() => value);
      }
    }
    return {
      name,
      value,
      ...(type === '' ? {} : { type }),
      ...(evaluateName === undefined ? {} : { evaluateName }),
      variablesReference: expandable ? this.containers.create({ type: 'object', frame, object }) : 0,
      ...(isArray(type) && object.dynamic !== '1' && count > 100 ? { indexedVariables: count } : {}),
      ...(address === undefined ? {} : { memoryReference: hex(address) }),
    };
  }

  private async addressOf(expression: string, frame: FrameRef | undefined): Promise<bigint | undefined> {
    try {
      return parseAddress(await this.value(`(void *)&(${expression})`, frame));
    } catch {
      return undefined;
    }
  }
}

function frameOptions(frame: FrameRef | undefined): string {
  return frame ? ` --thread ${frame.threadId} --frame ${frame.frameId}` : '';
}
