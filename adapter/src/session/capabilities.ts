/** What the adapter can do, as DAP capabilities: true only for what is there. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { SNAPSHOT_MODE } from './breakpoints';
import { exceptionFilters } from './exceptions';

export function capabilities(): DebugProtocol.Capabilities {
  return {
    supportsConfigurationDoneRequest: true,
    supportsEvaluateForHovers: true,
    supportsConditionalBreakpoints: true,
    supportsHitConditionalBreakpoints: true,
    supportsLogPoints: true,
    supportsFunctionBreakpoints: true,
    supportsInstructionBreakpoints: true,
    supportsDataBreakpoints: true,
    supportsDataBreakpointBytes: true,
    supportsBreakpointLocationsRequest: true,
    supportsSetVariable: true,
    supportsSetExpression: true,
    supportsCompletionsRequest: true,
    completionTriggerCharacters: ['.', '>', ':'],
    supportsGotoTargetsRequest: true,
    supportsDisassembleRequest: true,
    supportsReadMemoryRequest: true,
    supportsWriteMemoryRequest: true,
    supportsSteppingGranularity: true,
    supportsDelayedStackTraceLoading: true,
    supportsExceptionInfoRequest: true,
    supportsCancelRequest: true,
    supportTerminateDebuggee: true,
    exceptionBreakpointFilters: exceptionFilters(),
    breakpointModes: [
      { mode: 'software', label: 'Software Breakpoint', appliesTo: ['source'] },
      { mode: 'hardware', label: 'Hardware Breakpoint', appliesTo: ['source'] },
      {
        mode: SNAPSHOT_MODE,
        label: 'Heap Snapshot',
        description: 'Takes a snapshot of the heap and does not stop',
        appliesTo: ['source'],
      },
    ],
  };
}
