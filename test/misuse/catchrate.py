#!/usr/bin/env python3
"""How many small misuses each tool catches, and what it says of their correct twins.

Each case is one C program of one mistake; with -DGOOD the mistake is not made. A tool has caught a
case if it says anything of it, and tells wrongly if it says anything of the twin.

Usage: catchrate.py [LIBRARY]      (default: native/build/libspaces-debug.so)
Prints a table: kind, cases, caught by the debug build, by Valgrind, by AddressSanitizer; then what was
missed. Ends with 1 where the debug build says something of a correct twin.
"""
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / 'native/build/libspaces-debug.so')

HEAD = '''
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#ifdef GOOD
enum { BAD = 0 };
#define ELSE(bad, good) good
#else
enum { BAD = 1 };
#define ELSE(bad, good) bad
#endif
static volatile int sink;
typedef struct Pair { int one, two; } Pair;
'''


def cases():
    """(kind, name, body of main)"""
    # Writes and reads through an index, over each type, by one element and by many.
    for kind, size in (('char', 10), ('char', 50), ('int', 10), ('int', 25), ('long', 10), ('long', 16), ('Pair', 5)):
        field = '.one' if kind == 'Pair' else ''
        make = f'{kind} *p = malloc({size} * sizeof *p); memset(p, 1, {size} * sizeof *p);'
        for over in (1, size):
            name = f'{kind}{size}+{over}'
            yield 'overflow', f'loop {name}', f'{make} for (int i = 0; i < {size} + BAD * {over}; i++) p[i]{field} = i; free(p);'
            yield 'overread', f'loop {name}', f'{make} for (int i = 0; i < {size} + BAD * {over}; i++) sink += p[i]{field}; free(p);'
        yield 'underwrite', f'index {kind}{size}', f'{make} for (int i = {size} - 1; i >= 0 - BAD; i--) p[i]{field} = i; free(p);'
        yield 'underwrite', f'pointer {kind}{size}', f'{make} {kind} *q = p - 8 * BAD; for (int i = 0; i < 4; i++) q[i]{field} = i; free(p);'
        yield 'underread', f'index {kind}{size}', f'{make} for (int i = {size} - 1; i >= 0 - BAD; i--) sink += p[i]{field}; free(p);'
        yield 'underread', f'pointer {kind}{size}', f'{make} {kind} *q = p - 8 * BAD; for (int i = 0; i < 4; i++) sink += q[i]{field}; free(p);'
        yield 'use after free', f'read {kind}{size}', f'{make} free(BAD ? p : NULL); sink += p[2]{field}; free(BAD ? NULL : p);'
        yield 'use after free', f'write {kind}{size}', f'{make} free(BAD ? p : NULL); p[2]{field} = 1; free(BAD ? NULL : p);'
        yield 'use after free', f'realloc {kind}{size}', f'{make} {kind} *q = realloc(p, 5000); sink += ELSE(p, q)[1]{field}; free(q);'
        yield 'double free', f'{kind}{size}', f'{make} free(p); if (BAD) free(p);'
        yield 'bad free', f'inside {kind}{size}', f'{make} free(p + BAD);'
    # Calls of libc.
    text = 'char text[101]; memset(text, 65, 100); text[100] = 0; char *p = malloc(50); memset(p, 66, 49); p[49] = 0;'
    for call in ('memcpy(p, text, 50 + BAD * 50)', 'memmove(p, text, 50 + BAD)', 'memset(p, 1, 50 + BAD * 7)',
                 'strcpy(p, text + ELSE(50, 51))', 'strncpy(p, text, 50 + BAD * 20)', 'p[0] = 0, strcat(p, text + ELSE(0, 60))',
                 'p[9] = 0, strncat(p, text, ELSE(60, 40))', 'sprintf(p, "%s", text + ELSE(40, 60))',
                 'snprintf(p, ELSE(100, 50), "%s", text)', 'sscanf(text, ELSE("%s", "%49s"), p)'):
        yield 'overflow', call, f'{text} {call}; free(p);'
    for call in ('memcpy(text, p, 50 + BAD * 50)', 'memmove(text, p, 50 + BAD)', 'p[49] = 66 * BAD, sink += strlen(p)',
                 'p[49] = 66 * BAD, printf("%s\\n", p)', 'p[49] = 66 * BAD, puts(p)', 'fwrite(p, 1, 50 + BAD * 50, stdout)',
                 'sink += memcmp(p, text, 50 + BAD * 9)', 'p[49] = 66 * BAD, sink += strchr(p, 63) != NULL',
                 'p[49] = 66 * BAD, strcpy(text, p)', 'sink += memchr(p, 63, 50 + BAD) != NULL'):
        yield 'overread', call, f'{text} {call}; free(p);'
    for call in ('memcpy(p - 8 * BAD, text, 20)', 'memset(p - BAD, 0, 4)', 'strcpy(p - 4 * BAD, text + 80)'):
        yield 'underwrite', call, f'{text} {call}; free(p);'
    for call in ('memcpy(text, p - 8 * BAD, 20)', 'sink += memcmp(text, p - BAD, 4)', 'strcpy(text, p - 3 * BAD)'):
        yield 'underread', call, f'{text} {call}; free(p);'
    for call in ('printf("%s\\n", p)', 'memset(p, 0, 9)', 'strcpy(p, "a")', 'sink += strlen(p)', 'fputs(p, stdout)', 'memcpy(text, p, 9)'):
        yield 'use after free', call, f'{text} free(BAD ? p : NULL); {call}; free(BAD ? NULL : p);'
    wide = 'wchar_t text[101]; wmemset(text, 65, 100); text[100] = 0; wchar_t *p = malloc(50 * sizeof *p); wmemset(p, 66, 49); p[49] = 0;'
    for call in ('wcscpy(p, text + ELSE(40, 60))', 'wmemcpy(p, text, 50 + BAD * 9)', 'wcsncpy(p, text, 50 + BAD)',
                 'p[0] = 0, wcscat(p, text + ELSE(0, 60))', 'swprintf(p, ELSE(101, 50), L"%ls", text)'):
        yield 'overflow', call, f'{wide} {call}; free(p);'
    for call in ('p[49] = 66 * BAD, sink += wcslen(p)', 'wmemcpy(text, p, 50 + BAD)', 'p[49] = 66 * BAD, wcscpy(text, p)'):
        yield 'overread', call, f'{wide} {call}; free(p);'
    # Frees of what is none.
    for name, pointer in (('stack', 'char local[64]; void *bad = local;'), ('static', 'static char kept[64]; void *bad = kept;'),
                          ('text', 'void *bad = (void *)"text";')):
        yield 'bad free', name, f'char *p = malloc(9); {pointer} free(ELSE(bad, (sink += bad != NULL, p))); free(ELSE(p, NULL));'
    # Lists and structures.
    lists = ('typedef struct Node { struct Node *next; int value; } Node; Node *head = NULL;'
             'for (int i = 0; i < 5; i++) { Node *n = malloc(sizeof *n); n->next = head; n->value = i; head = n; }')
    yield 'use after free', 'list walk', f'{lists} for (Node *n = head, *next; n; n = next) {{ next = n->next; free(n); if (BAD) next = n->next == next ? next : NULL; }}'
    yield 'use after free', 'last node', f'{lists} Node *last = head; while (head) {{ Node *next = head->next; free(head); head = next; }} if (BAD) sink = last->value;'
    yield 'double free', 'list twice', f'{lists} Node *second = head->next; free(ELSE(second, NULL)); while (head) {{ Node *next = head->next; free(head); if (BAD && next == second) break; head = next; }} if (BAD) free(second);'


def run(command, environment=None):
    """Exit status and what it says on stderr."""
    try:
        done = subprocess.run(command, env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60, check=False)
        return done.returncode, done.stderr.decode(errors='replace')
    except subprocess.TimeoutExpired:
        return 1, 'does not end'


TOOLS = {
    'spaces': lambda plain, asan: 'spaces:' in run([plain], {'LD_PRELOAD': LIBRARY})[1],
    'valgrind': lambda plain, asan: run(['valgrind', '-q', '--error-exitcode=99', plain])[0] == 99,
    'asan': lambda plain, asan: 'AddressSanitizer' in run([asan], {'ASAN_OPTIONS': 'detect_leaks=0'})[1],
}


def judge(work, index, body):
    """{tool: (caught, told of the twin)} of one case."""
    source = work / f'{index}.c'
    source.write_text(f'{HEAD}int main(void)\n{{\n{body}\nreturn 0;\n}}\n')
    verdicts = {tool: [] for tool in TOOLS}
    for flag in ('-DMISUSE', '-DGOOD'):
        plain, asan = work / f'{index}{flag}', work / f'{index}{flag}-asan'
        for out, more in ((plain, []), (asan, ['-fsanitize=address'])):
            subprocess.run(['gcc', '-w', '-g', '-O0', flag, *more, '-o', out, source], check=True)
        for tool, look in TOOLS.items():
            verdicts[tool].append(look(str(plain), str(asan)))
    return verdicts


def main():
    found = list(cases())
    with tempfile.TemporaryDirectory() as work, ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda case: judge(Path(work), case[0], case[1][2]), enumerate(found)))
    print(f'{"kind":16}{"cases":>6}' + ''.join(f'{tool:>10}' for tool in TOOLS))
    kinds = list(dict.fromkeys(kind for kind, _, _ in found))
    for kind in kinds + ['all']:
        mine = [r for (k, _, _), r in zip(found, results) if kind in (k, 'all')]
        print(f'{kind:16}{len(mine):6}' + ''.join(f'{sum(r[tool][0] for r in mine):10}' for tool in TOOLS))
    for tool in TOOLS:
        missed = [f'{k}: {n}' for (k, n, _), r in zip(found, results) if not r[tool][0]]
        wrong = [f'{k}: {n}' for (k, n, _), r in zip(found, results) if r[tool][1]]
        print(f'{tool} missed {len(missed)}: {"; ".join(missed)}')
        print(f'{tool} told wrongly of {len(wrong)}: {"; ".join(wrong)}')
    return any(r['spaces'][1] for r in results)


if __name__ == '__main__':
    sys.exit(main())
