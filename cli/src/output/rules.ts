/** What each kind of report means, and what to do about it: for people who see it first on a code-scanning page. */
import type { ReportKind } from '../../../adapter/src/protocol';

export interface Rule {
  summary: string;
  help: string;
  /** Number of the common weakness (CWE) that it is; absent where it is none. */
  cwe?: number;
}

export const RULES: Record<ReportKind, Rule> = {
  'double-free': {
    summary: 'A block was freed twice.',
    help: 'The block had been freed already when it was freed here. Look at the first free: one of the two owners must let go of the pointer, for instance by setting it to NULL or by handing over the ownership.',
    cwe: 415,
  },
  'invalid-free': {
    summary: 'Something was freed that is no block of the heap.',
    help: 'Only addresses that malloc and its relatives returned may be freed: no address inside a block, on the stack or in static data.',
    cwe: 763,
  },
  'write-after-free': {
    summary: 'Freed memory was written to.',
    help: 'A pointer to the block was kept and used after the free. The damage was found when the block was looked at again, which is later than the write: the stacks of its allocation and its free say whose pointer it was.',
    cwe: 416,
  },
  'use-after-free': {
    summary: 'Freed memory was read or written.',
    help: 'A pointer to the block was kept and used after the free: the report’s own stack is the use. Look at the free, and at who else holds the pointer.',
    cwe: 416,
  },
  overflow: {
    summary: 'Memory past the end of a block was read or written.',
    help: 'The block is smaller than what was read from or written to it. Compare the size at its allocation with the loop, copy or index that fills it; a terminating NUL needs a byte too.',
    cwe: 787,
  },
  underflow: {
    summary: 'Memory before the start of a block was read or written.',
    help: 'An index or pointer went below the first byte of the block: look for an index of -1 and for pointers that are moved backwards.',
    cwe: 124,
  },
  'mismatched-free': {
    summary: 'A block was given back by a function that does not belong to the one that allocated it.',
    help: 'malloc belongs to free, new to delete, new[] to delete[], and a chunk to the functions of chunks.',
    cwe: 762,
  },
  'wrong-thread': {
    summary: 'A block of a thread’s own chunk was freed by another thread.',
    help: 'Blocks of a thread-exclusive chunk are freed by their thread. Hand the block back, or allocate it from a chunk that threads share.',
  },
  metadata: {
    summary: 'The allocator’s own data were overwritten.',
    help: 'A write went astray and hit the heap’s own structures. Run the program under the debug build, which tells overflows to the byte.',
    cwe: 787,
  },
  ceiling: {
    summary: 'An allocation would have taken a chunk above its ceiling.',
    help: 'The allocation returned NULL. Either the chunk needs more room than it was given, or something in it grows without bound.',
    cwe: 770,
  },
  'heap-limit': {
    summary: 'An allocation would have taken the process above its heap limit.',
    help: 'The allocation returned NULL. Look at what holds most memory (spaces top), or raise the limit (--max-heap).',
    cwe: 770,
  },
  'out-of-memory': {
    summary: 'The system gave no more memory.',
    help: 'The allocation returned NULL: the machine or the container is out of memory, or the request was out of all proportion.',
    cwe: 789,
  },
  'bad-argument': {
    summary: 'A function of the allocator was called with an argument that makes no sense.',
    help: 'The message names the function and the argument.',
    cwe: 628,
  },
  leak: {
    summary: 'A block is still allocated at the end, and nothing points at it any more.',
    help: 'The stack says where it was allocated. Free it when its last user is done with it.',
    cwe: 401,
  },
};
