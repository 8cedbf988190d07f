import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import type { AgentRecord, AgentReport } from '../../src/protocol';
import { decodeRecord, FrameDecoder, RECORD_LIMIT } from '../../src/reports/decode';
import { ReportServer } from '../../src/reports/server';
import { ReportStore, type NewReport } from '../../src/reports/store';

const report: AgentReport = {
  v: 1,
  t: 'report',
  kind: 'double-free',
  code: 13,
  message: 'Double free',
  address: '0x10',
  size: 8,
  offset: 0,
  chunk: '0x20',
  sequence: 3,
  thread: 7,
  pid: 5,
  time: 1,
  detected: ['0x1'],
  allocated: [],
  freed: [],
  bytes: '',
};

function frame(text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  return Buffer.concat([head, body]);
}

describe('records of the agent', () => {
  it('arrive whole, however the bytes are cut', () => {
    const bytes = Buffer.concat(['one', 'zwei', 'drü'].map(frame));
    for (let size = 1; size <= bytes.length; size++) {
      const decoder = new FrameDecoder();
      const texts: string[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        texts.push(...decoder.push(bytes.subarray(at, at + size)));
      }
      assert.deepEqual(texts, ['one', 'zwei', 'drü'], `pieces of ${size}`);
    }
  });

  it('have a length that is believed only in bounds', () => {
    const length = (value: number) => {
      const head = Buffer.alloc(4);
      head.writeUInt32LE(value);
      return head;
    };
    assert.throws(() => new FrameDecoder().push(length(0)));
    assert.throws(() => new FrameDecoder().push(length(RECORD_LIMIT + 1)));
    assert.deepEqual(new FrameDecoder().push(length(RECORD_LIMIT)), []);
  });

  it('hold every field in its type', () => {
    assert.deepEqual(decodeRecord(JSON.stringify(report)), report);
    for (const name of Object.keys(report)) {
      for (const wrong of [undefined, null, {}, name === 'message' || name === 'bytes' ? 5 : 'text']) {
        const bad = JSON.stringify({ ...report, [name]: wrong });
        assert.throws(() => decodeRecord(bad), `${name} = ${JSON.stringify(wrong)}`);
      }
    }
    for (const text of ['', 'null', '5', '[]', '{}', '{"v":1,"t":"hello"}']) {
      assert.throws(() => decodeRecord(text), text);
    }
  });

  it('come from many connections, garbage between them', async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'spaces-socket-'));
    const records: AgentRecord[] = [];
    const problems: string[] = [];
    const server = new ReportServer({
      record: (record) => records.push(record),
      exit: () => Promise.resolve(),
      garbage: (problem) => problems.push(problem),
    });
    try {
      const socket = path.join(directory, 's');
      await server.listen(socket);
      const send = (bytes: Buffer) =>
        new Promise((resolve) => {
          const connection = net.connect(socket, () => connection.end(bytes));
          connection
            .on('close', resolve)
            .on('error', () => undefined)
            .resume();
        });
      await Promise.all([
        send(frame(JSON.stringify(report))),
        send(Buffer.alloc(100, 0xff)),
        send(Buffer.concat([frame('nonsense'), frame(JSON.stringify({ ...report, pid: 6 }))])),
        send(Buffer.alloc(2)),
      ]);
      await server.drained(1000);
      assert.deepEqual(records.map(({ pid }) => pid).sort(), [5, 6]);
      assert.equal(problems.length, 2);
    } finally {
      server.close();
      fs.rmSync(directory, { recursive: true });
    }
  });
});

describe('a report server', () => {
  it('has read all that was written before the end, however many there were', async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'spaces-socket-'));
    let records = 0;
    const server = new ReportServer({
      record: () => records++,
      exit: () => Promise.resolve(),
      garbage: (problem) => assert.fail(problem),
    });
    try {
      const socket = path.join(directory, 's');
      await server.listen(socket);
      // While this runs we accept nothing: the connections of a program that has just ended.
      const script = [
        'import socket, sys',
        'record = bytes.fromhex(sys.argv[2])',
        'for _ in range(100):',
        '    with socket.socket(socket.AF_UNIX) as one:',
        '        one.connect(sys.argv[1])',
        '        one.send(record)',
      ].join('\n');
      execFileSync('python3', ['-c', script, socket, frame(JSON.stringify(report)).toString('hex')]);
      await server.drained(5000);
      assert.equal(records, 100);
    } finally {
      server.close();
      fs.rmSync(directory, { recursive: true });
    }
  });
});

describe('the reports of a session', () => {
  const { v: _v, t: _t, ...fields } = report;
  const made = (more: Partial<NewReport> = {}): NewReport => ({
    ...fields,
    detected: [],
    allocated: [],
    freed: [],
    ...more,
  });

  it('are claimed by the stop of their thread, whichever comes first', async () => {
    const store = new ReportStore();
    const early = store.claim(5, 7, 1000);
    store.add(made({ thread: 8 }));
    const first = store.add(made());
    assert.equal(await early, first);
    const second = store.add(made());
    assert.equal(await store.claim(5, 7, 1000), second);
    assert.equal(await store.claim(5, 7, 10), undefined);
    store.add(made());
    const newest = store.add(made());
    assert.equal(await store.claim(5, 7, 10), newest);
    assert.equal(await store.claim(5, 7, 10), undefined);
    assert.deepEqual(
      store.all.map(({ id }) => id),
      [1, 2, 3, 4, 5],
    );
  });

  it('hold the same damage once', () => {
    const store = new ReportStore();
    const damage = made({ kind: 'overflow', byCheck: true });
    const added = store.addDamage(damage);
    assert.ok(added);
    assert.equal(store.addDamage({ ...damage, time: 99 }), undefined);
    assert.equal(store.known(damage), added);
    assert.ok(store.addDamage({ ...damage, offset: 1 }));
    assert.equal(store.all.length, 2);
  });
});
