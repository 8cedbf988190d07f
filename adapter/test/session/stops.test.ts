import * as assert from 'node:assert/strict';
import { parseHitCondition, parseLogMessage } from '../../src/session/breakpoints';
import { watchExpression } from '../../src/session/dataBreakpoints';
import {
  describe as sentence,
  exceptionFilters,
  ExceptionFilters,
  summaryText,
} from '../../src/session/exceptions';
import { requestProblem } from '../../src/session/requests';
import { exitOf, stoppedBody, type BreakpointRoles } from '../../src/session/stops';
import { REPORT_KINDS, type Report } from '../../src/protocol';

const roles: BreakpointRoles = {
  entry: '1',
  goto: '2',
  isFunction: (number) => number === '3',
  isInstruction: (number) => number === '4',
  isException: (number) => number === '5',
};

describe('stops', () => {
  it('know the end of a program', () => {
    assert.deepEqual(exitOf({ reason: 'exited-normally' }), { code: 0 });
    assert.deepEqual(exitOf({ reason: 'exited', 'exit-code': '0377' }), { code: 255 });
    const killed = exitOf({
      reason: 'exited-signalled',
      'signal-name': 'SIGSEGV',
      'signal-meaning': 'Segmentation fault',
    });
    assert.equal(killed?.code, 139);
    assert.match(killed.note ?? '', /SIGSEGV \(Segmentation fault\)/);
    assert.equal(exitOf({ reason: 'breakpoint-hit' }), undefined);
  });

  it('have the reason that the client knows', () => {
    const reason = (bkptno: string) =>
      stoppedBody({ reason: 'breakpoint-hit', bkptno, 'thread-id': '1' }, roles, false).reason;
    assert.deepEqual(['1', '2', '3', '4', '5', '6'].map(reason), [
      'entry',
      'goto',
      'function breakpoint',
      'instruction breakpoint',
      'exception',
      'breakpoint',
    ]);
    assert.equal(stoppedBody({ reason: 'end-stepping-range' }, roles, false).reason, 'step');
    const signal = { reason: 'signal-received', 'signal-name': 'SIGINT', 'signal-meaning': 'Interrupt' };
    assert.equal(stoppedBody(signal, roles, true).reason, 'pause');
    assert.equal(stoppedBody(signal, roles, false).reason, 'exception');
    assert.equal(stoppedBody({ ...signal, 'signal-name': 'SIGSEGV' }, roles, true).reason, 'exception');
    const watch = stoppedBody(
      { reason: 'watchpoint-trigger', wpt: { number: '9', exp: 'x' }, value: { old: '1', new: '2' } },
      roles,
      false,
    );
    assert.equal(watch.description, 'x changed from 1 to 2');
    assert.deepEqual(watch.hitBreakpointIds, [9]);
  });

  it('count hits', () => {
    assert.deepEqual(parseHitCondition('5'), { skip: 4, skipAfter: 2 ** 31 - 1 });
    assert.deepEqual(parseHitCondition('== 5'), parseHitCondition('5'));
    assert.deepEqual(parseHitCondition('> 5'), { skip: 5, skipAfter: 0 });
    assert.deepEqual(parseHitCondition('>=5'), { skip: 4, skipAfter: 0 });
    assert.deepEqual(parseHitCondition('%3'), { skip: 2, skipAfter: 2 });
    for (const wrong of ['', 'five', '<3', '%0', '0', '-1', '1.5', '99999999999']) {
      assert.equal(parseHitCondition(wrong), undefined, wrong);
    }
  });

  it('read log messages', () => {
    assert.deepEqual(parseLogMessage('i is {i}, {a[0]}!'), [
      'i is ',
      { expression: 'i' },
      ', ',
      { expression: 'a[0]' },
      '!',
    ]);
    assert.deepEqual(parseLogMessage('plain {}'), ['plain {}']);
  });

  it('watch bytes as something gdb can watch', () => {
    assert.equal(watchExpression('0x10/4'), '*(unsigned int *) 0x10');
    assert.equal(watchExpression('0x10/3'), '*(unsigned char (*)[3]) 0x10');
    for (const wrong of ['x/4', '0x10/0', '0x10/33', '0x10', 'system("x")']) {
      assert.equal(watchExpression(wrong), undefined, wrong);
    }
  });
});

describe('exceptions', () => {
  it('have a filter for every kind that a call can raise', () => {
    const filters = exceptionFilters().map(({ filter }) => filter);
    for (const kind of REPORT_KINDS.filter((one) => one !== 'leak')) {
      assert.ok(filters.includes(kind), kind);
    }
    assert.equal(new Set(filters).size, filters.length);
  });

  it('begin with the defaults that the client is told', () => {
    const filters = new ExceptionFilters();
    assert.ok(filters.stopsOn('double-free') && filters.signals && !filters.cppThrow);
    assert.deepEqual(filters.set(['overflow', 'nonsense']), ['nonsense']);
    assert.ok(filters.stopsOn('overflow') && !filters.stopsOn('double-free') && !filters.signals);
  });

  it('say what happened once', () => {
    const report = { kind: 'double-free', message: 'Double free: block x' } as Report;
    assert.equal(sentence(report), 'Double free: block x');
    assert.equal(sentence({ ...report, message: 'block x' }), 'Double free: block x');
  });

  it('show where each stack begins', () => {
    const frame = {
      address: '0x1',
      function: 'f',
      module: '/m',
      source: { path: '/x.c' },
      line: 3,
      user: true,
    };
    const text = summaryText({
      detected: [frame],
      allocated: [{ ...frame, function: '' }],
      freed: [],
    } as unknown as Report);
    assert.equal(text, 'Detected: f at /x.c:3\nAllocated: 0x1 at /x.c:3');
  });
});

describe('requests', () => {
  it('are checked before a handler sees them', () => {
    assert.equal(requestProblem('stackTrace', { threadId: 1 }), undefined);
    assert.equal(requestProblem('threads', undefined), undefined);
    assert.equal(requestProblem('setBreakpoints', { source: {} }), undefined);
    for (const [command, args] of [
      [undefined, {}],
      [5, {}],
      ['threads', 'x'],
      ['stackTrace', undefined],
      ['stackTrace', { threadId: NaN }],
      ['setBreakpoints', { source: [] }],
      ['setBreakpoints', { source: {}, breakpoints: [null] }],
      ['setBreakpoints', { source: {}, breakpoints: [{ line: '5' }] }],
      ['setFunctionBreakpoints', { breakpoints: [{}] }],
      ['setExceptionBreakpoints', { filters: [{}] }],
    ] as const) {
      assert.equal(
        typeof requestProblem(command, args),
        'string',
        `${String(command)} ${JSON.stringify(args)}`,
      );
    }
  });
});
