/** Which problems reports make. */
import * as assert from 'node:assert/strict';
import { problemsOf } from '../src/diagnostics/problems';
import { frame, makeReport } from './frames';

describe('problemsOf', () => {
  it('puts a problem at the first line of the user, with allocation and free', () => {
    const [problem, ...more] = problemsOf([makeReport(1)]);
    assert.equal(more.length, 0);
    assert.deepEqual(
      { path: problem?.path, line: problem?.line, severity: problem?.severity, kind: problem?.kind },
      { path: '/src/main.c', line: 30, severity: 'error', kind: 'double-free' },
    );
    assert.deepEqual(problem?.related, [
      { path: '/src/main.c', line: 10, event: 'allocated' },
      { path: '/src/main.c', line: 20, event: 'freed' },
    ]);
  });

  it('counts reports that agree in one problem', () => {
    const problems = problemsOf([makeReport(1), makeReport(2), makeReport(3, { kind: 'overflow' })]);
    assert.equal(problems.length, 2);
    assert.deepEqual(
      problems[0]?.reports.map((report) => report.id),
      [2, 1],
    );
  });

  it('puts a leak at its allocation, mildly', () => {
    const [problem] = problemsOf([makeReport(1, { kind: 'leak', detected: [], freed: [] })]);
    assert.equal(problem?.line, 10);
    assert.equal(problem?.severity, 'info');
    assert.deepEqual(problem?.related, []);
  });

  it('counts the leaks of a line in one problem, wherever they were detected', () => {
    const leak = (id: number, line: number) =>
      makeReport(id, { kind: 'leak', detected: [frame('main', '/src/main.c', line)], freed: [] });
    const [problem, ...more] = problemsOf([leak(1, 50), leak(2, 60)]);
    assert.equal(more.length, 0);
    assert.equal(problem?.line, 10);
    assert.equal(problem?.reports.length, 2);
  });

  it('names the process where it is another one', () => {
    const [problem] = problemsOf([makeReport(1, { process: 'worker (7)', message: 'Double free' })]);
    assert.equal(problem?.message, 'worker (7): Double free');
  });

  it('makes none of a report without any line of the user', () => {
    const foreign = [frame('f', '/lib/x.c', 1, false), frame('g')];
    assert.deepEqual(problemsOf([makeReport(1, { detected: foreign, allocated: foreign })]), []);
  });
});
