/** Frames and reports for tests. */
import type { Chunk, Frame, Report } from '../../adapter/src/protocol';

export function frame(name: string, path?: string, line?: number, user = true): Frame {
  return {
    address: '0x401000',
    function: name,
    module: '/bin/program',
    user,
    ...(path !== undefined && line !== undefined ? { source: { path }, line } : {}),
  };
}

export function makeReport(id: number, part: Partial<Report> = {}): Report {
  return {
    id,
    kind: 'double-free',
    code: -10,
    message: 'Double free.',
    address: '0x7ffff0001000',
    size: 40,
    offset: 0,
    chunk: '0x7ffff0000000',
    sequence: 7,
    thread: 100,
    pid: 100,
    time: 0,
    detected: [frame('free', undefined, undefined, false), frame('drop', '/src/main.c', 30)],
    allocated: [frame('make', '/src/main.c', 10)],
    freed: [frame('release', '/src/main.c', 20)],
    bytes: '',
    ...part,
  };
}

export function makeChunk(part: Partial<Chunk> = {}): Chunk {
  return {
    id: '0x7ffff0000000',
    label: 'Default chunk',
    kind: 'default',
    flags: 0,
    liveCount: 1,
    liveBytes: 1536,
    footprint: 16384,
    peak: 32768,
    ceiling: null,
    floor: 0,
    pageSize: 16384,
    smallBlockSize: 512,
    blockSize: 0,
    thread: 0,
    lockDepth: 0,
    created: [],
    status: 'ok',
    ...part,
  };
}
