import * as assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { GdbConsole } from '../../src/gdb/console';
import { kernelThreadId, miString, parseAddress } from '../../src/gdb/mi';

/** Answers commands in order, each with what `script` prints for it. */
class FakeGdb extends EventEmitter {
  readonly sent: string[] = [];
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly script: (command: string, gdb: EventEmitter) => void) {
    super();
  }

  sendCommand<T>(command: string): Promise<T> {
    this.sent.push(command);
    const result = this.last.then(() => {
      this.script(command, this);
      this.emit('resultAsync', 'done', { 'cdt-command': command });
      return {} as T;
    });
    this.last = result;
    return result;
  }
}

describe('the console of gdb', () => {
  it('gives each command its own answer', async () => {
    const chatter: string[] = [];
    const gdb = new FakeGdb((command, source) => {
      if (command.includes('info'))
        source.emit('consoleStreamOutput', `answer to ${command.slice(-8, -1)}\n`, 'stdout');
    });
    const console = new GdbConsole(gdb, (text) => chatter.push(text));
    const answers = await Promise.all([console.run('info a'), console.run('set b'), console.run('info c')]);
    assert.deepEqual(
      answers.map((text) => text.slice(-7)),
      [' info a\n', '', ' info c\n'].map((text) => text.slice(-7)),
    );
    assert.deepEqual(chatter, []);
  });

  it('takes what belongs to others as chatter', async () => {
    const chatter: string[] = [];
    const gdb = new FakeGdb((command, source) => {
      source.emit('consoleStreamOutput', 'Breakpoint 1, main\n', 'stdout');
      source.emit('execAsync', 'stopped', {});
      source.emit('consoleStreamOutput', 'warning\n', 'log');
      if (command.includes('console')) source.emit('consoleStreamOutput', 'answer\n', 'stdout');
    });
    const console = new GdbConsole(gdb, (text, stream) => chatter.push(`${stream}: ${text}`));
    assert.equal(await console.run('x'), 'answer\n');
    assert.deepEqual(chatter, ['stdout: Breakpoint 1, main\n', 'log: warning\n']);
    await gdb.sendCommand('-other');
    assert.equal(chatter.filter((text) => text.startsWith('stdout')).length, 2);
  });
});

describe('the machine interface', () => {
  it('quotes', () => {
    assert.equal(miString('a "b" \\ \n\t'), '"a \\"b\\" \\\\ \\n\\t"');
  });

  it('reads addresses and threads', () => {
    assert.equal(parseAddress('(int *) 0x4052a0 "x"'), 0x4052a0n);
    assert.equal(parseAddress('140737'), 140737n);
    assert.equal(parseAddress('<optimized out>'), undefined);
    assert.equal(kernelThreadId('Thread 0x7ffff7dd2740 (LWP 9920)'), 9920);
    assert.equal(kernelThreadId('process 77'), 77);
    assert.equal(kernelThreadId('Thread 5'), undefined);
  });
});
