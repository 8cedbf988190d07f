import * as assert from 'node:assert/strict';
import { ownerOf } from '../../src/symbols/classify';
import { linkedAddress } from '../../src/symbols/files';
import { parseInfoLine, startsLine, type LineSource } from '../../src/symbols/lines';
import { mapsOf, ModuleMap, parseMaps } from '../../src/symbols/modules';
import { Symbolizer } from '../../src/symbols/symbolizer';

describe('symbols', () => {
  it('read what gdb says of a line', () => {
    assert.deepEqual(
      parseInfoLine(
        'Line 12 of "/a b/"c".c" starts at address 0x1139 <main+4> and ends at 0x1143 <main+14>.\n',
      ),
      {
        function: 'main',
        path: '/a b/"c".c',
        line: 12,
      },
    );
    assert.deepEqual(
      parseInfoLine(
        'Line 7 of "/x.cpp" starts at address 0x10 <std::vector<int, std::allocator<int> >::push_back(int)> and ends at 0x20 <f>.',
      ),
      { function: 'std::vector<int, std::allocator<int> >::push_back(int)', path: '/x.cpp', line: 7 },
    );
    assert.deepEqual(parseInfoLine('Line 3 of "/x.c" is at address 0x5 <f+1> but contains no code.\n'), {
      function: 'f',
      path: '/x.c',
      line: 3,
    });
    assert.deepEqual(
      parseInfoLine('No line number information available for address 0x7ffff7df0000 <puts+10>\n'),
      {
        function: 'puts',
      },
    );
    assert.deepEqual(parseInfoLine('No line number information available for address 0x7ffff7df0000\n'), {
      function: '',
    });
    assert.deepEqual(
      parseInfoLine('[New Thread 1]\nLine 1 of "/x.c" starts at address 0x5 <f> and ends at 0x6 <g>.'),
      {
        function: 'f',
        path: '/x.c',
        line: 1,
      },
    );
    assert.deepEqual(parseInfoLine('something else'), { function: '' });
  });

  it('know where a line starts', () => {
    const text = 'Line 12 of "/a.c" starts at address 0x1139 <main+4> and ends at 0x1143 <main+14>.\n';
    assert.ok(startsLine(text, 0x1139n));
    assert.ok(!startsLine(text, 0x113an));
    assert.ok(!startsLine('No line number information available for address 0x1139', 0x1139n));
  });

  it('find the module of an address', async () => {
    const mappings = parseMaps(
      '1000-2000 r-xp 00000000 08:01 42                         /bin/a b\n' +
        '2000-3000 rw-p 00001000 08:01 42                         /lib/c.so (deleted)\n' +
        '4000-5000 rw-p 00000000 00:00 0 \n' +
        '7fff00000000-7fff00002000 r-xp 00000000 00:00 0          [vdso]\nnonsense\n',
    );
    assert.deepEqual(
      mappings.map(({ path }) => path),
      ['/bin/a b', '/lib/c.so', '[vdso]'],
    );
    const own = new ModuleMap(mapsOf(process.pid));
    await own.refresh([]);
    const [first] = parseMaps(await (await import('node:fs/promises')).readFile('/proc/self/maps', 'utf8'));
    assert.ok(first);
    assert.equal(own.at(first.start)?.path, first.path);
    assert.equal(own.at(first.start - 1n), undefined);
    assert.equal(own.at(0n), undefined);
  });

  it('turn offsets in a file into linked addresses', () => {
    const loads = [
      { offset: 0, address: 0, fileSize: 0x100 },
      { offset: 0x100, address: 0x1100, fileSize: 0x50 },
    ];
    assert.equal(linkedAddress(loads, 0x110), 0x1110);
    assert.equal(linkedAddress(loads, 0x150), undefined);
  });

  it('tell whose code it is', () => {
    assert.equal(ownerOf('/x/dist/native/libspaces-debug.so', 'free'), 'allocator');
    assert.equal(ownerOf('/home/me/app', 'spaces_chunk_free'), 'allocator');
    assert.equal(ownerOf('/lib/x86_64-linux-gnu/libc.so.6', 'qsort'), 'runtime');
    assert.equal(ownerOf('/lib/libstdc++.so.6.0.30', 'f'), 'runtime');
    assert.equal(ownerOf('/lib64/ld-linux-x86-64.so.2', ''), 'runtime');
    assert.equal(ownerOf('/home/me/app', '_start'), 'runtime');
    assert.equal(ownerOf('/home/me/libcool.so', 'f'), 'user');
    assert.equal(ownerOf('/home/me/app', 'main'), 'user');
  });

  it('ask each address once, one before where the call returns', async () => {
    const asked: bigint[][] = [];
    const lines: LineSource = {
      lookup: (addresses) => {
        asked.push([...addresses]);
        return Promise.resolve(
          addresses.map((address) => ({ function: `f${address}`, path: '/x.c', line: 1 })),
        );
      },
    };
    const symbols = new Symbolizer(lines, new ModuleMap(mapsOf(process.pid)));
    const [first, second] = await symbols.stacks([[11n, 21n], [21n]]);
    assert.deepEqual(
      first?.map((frame) => frame.function),
      ['f10', 'f20'],
    );
    assert.equal(first[0]?.address, '0xb');
    assert.deepEqual(second, [first[1]]);
    await symbols.stack(['0xb']);
    assert.deepEqual(asked, [[10n, 20n]]);
    symbols.invalidate();
    await symbols.stack(['0xb']);
    assert.equal(asked.length, 2);
  });

  it('ask again where a batch failed', async () => {
    let fail = true;
    const symbols = new Symbolizer(
      {
        lookup: (addresses) =>
          fail
            ? Promise.reject(new Error('busy'))
            : Promise.resolve(addresses.map(() => ({ function: 'f' }))),
      },
      new ModuleMap(mapsOf(process.pid)),
    );
    await assert.rejects(symbols.stack(['0x10']), /busy/);
    fail = false;
    assert.equal((await symbols.stack(['0x10']))[0]?.function, 'f');
  });
});
