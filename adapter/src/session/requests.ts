/** The shape that a DAP request must have before any handler sees it. */
type FieldType = 'number' | 'string' | 'array' | 'object' | 'boolean';

/** Fields that a handler relies on, by command. */
const REQUIRED: Record<string, Record<string, FieldType>> = {
  attach: {},
  breakpointLocations: { source: 'object', line: 'number' },
  completions: { text: 'string', column: 'number' },
  continue: { threadId: 'number' },
  dataBreakpointInfo: { name: 'string' },
  disassemble: { memoryReference: 'string', instructionCount: 'number' },
  evaluate: { expression: 'string' },
  exceptionInfo: { threadId: 'number' },
  goto: { threadId: 'number', targetId: 'number' },
  gotoTargets: { source: 'object', line: 'number' },
  launch: {},
  next: { threadId: 'number' },
  pause: { threadId: 'number' },
  readMemory: { memoryReference: 'string', count: 'number' },
  scopes: { frameId: 'number' },
  setBreakpoints: { source: 'object' },
  setDataBreakpoints: { breakpoints: 'array' },
  setExceptionBreakpoints: { filters: 'array' },
  setExpression: { expression: 'string', value: 'string' },
  setFunctionBreakpoints: { breakpoints: 'array' },
  setInstructionBreakpoints: { breakpoints: 'array' },
  setVariable: { variablesReference: 'number', name: 'string', value: 'string' },
  stackTrace: { threadId: 'number' },
  stepIn: { threadId: 'number' },
  stepOut: { threadId: 'number' },
  variables: { variablesReference: 'number' },
  writeMemory: { memoryReference: 'string', data: 'string' },
};

/** Fields of the elements of the list `breakpoints`, by command. */
const ELEMENTS: Record<string, Record<string, FieldType>> = {
  setBreakpoints: { line: 'number' },
  setDataBreakpoints: { dataId: 'string' },
  setFunctionBreakpoints: { name: 'string' },
  setInstructionBreakpoints: { instructionReference: 'string' },
};

function isType(value: unknown, type: FieldType): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    default:
      return typeof value === type;
  }
}

function missing(fields: Record<string, FieldType>, value: Record<string, unknown>): string | undefined {
  const found = Object.entries(fields).find(([name, type]) => !isType(value[name], type));
  return (
    found && `"${found[0]}" must be ${found[1] === 'array' || found[1] === 'object' ? 'an' : 'a'} ${found[1]}`
  );
}

/** What is wrong with a request, or undefined. */
export function requestProblem(command: unknown, args: unknown): string | undefined {
  if (typeof command !== 'string') {
    return 'it has no command';
  }
  if (args !== undefined && args !== null && !isType(args, 'object')) {
    return 'its arguments are no object';
  }
  const fields = REQUIRED[command];
  if (!fields) {
    return undefined;
  }
  if (args === undefined || args === null) {
    return 'it has no arguments';
  }
  const raw = args as Record<string, unknown>;
  const problem = missing(fields, raw);
  if (problem !== undefined) {
    return problem;
  }
  if (
    command === 'setExceptionBreakpoints' &&
    !(raw['filters'] as unknown[]).every((one) => typeof one === 'string')
  ) {
    return '"filters" must hold strings';
  }
  const elements = ELEMENTS[command];
  const list = raw['breakpoints'] ?? [];
  if (elements) {
    if (!Array.isArray(list)) {
      return '"breakpoints" must be an array';
    }
    for (const one of list as unknown[]) {
      const inside = isType(one, 'object')
        ? missing(elements, one as Record<string, unknown>)
        : 'it is no object';
      if (inside !== undefined) {
        return `a breakpoint is invalid: ${inside}`;
      }
    }
  }
  return undefined;
}
