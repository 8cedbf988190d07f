#!/usr/bin/env python3
"""Write the single-file distribution: every header and source of src/, in one translation unit.

Usage: amalgamate.py NATIVE_DIRECTORY > spaces.c

A header stands where it is first included, once, so that order follows from the sources themselves.
System headers are collected at the top, where _GNU_SOURCE is defined first. A static name or macro
that several sources use for things of their own is made different, by the name of the source.
"""
import re
import sys
from collections import Counter
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
# A static function or variable defined at the start of a line.
STATIC = re.compile(r'^static\b[^=;({]*?\b(\w+)\s*(?:\(|\[|=|;)', re.M)
MACRO = re.compile(r'^\s*#\s*define\s+(\w+)', re.M)
# Left out: the public header is included by name, as it is shipped beside spaces.c.
PUBLIC = 'spaces.h'
# Left out: sources of which only a shared object of the debug build has anything.
ALONE = '#if SP_DEBUG && defined(SPACES_SHARED)\n\n'


class Amalgamation:
    """The pieces of the file as they are met."""

    def __init__(self, native):
        self.native = native
        users = Counter(name for source in (native / 'src').glob('*.c')
                        for name in set(STATIC.findall(source.read_text())))
        self.shared = {name for name, count in users.items() if count > 1}
        self.seen = set()
        self.system = []
        self.headers = []
        self.sources = []

    def add(self, path):
        """A file of ours after what it includes, unless it is there already."""
        path = path.resolve()
        if path in self.seen:
            return
        self.seen.add(path)
        # Our headers are hoisted out of whatever #if they are included under; system headers
        # under an #if of their own keep their place.
        depth = 0
        header = path.suffix == '.h'
        pending = []
        for line in path.read_text().splitlines():
            stripped = line.strip()
            if re.match(r'#\s*(if|ifdef|ifndef)\b', stripped):
                depth += 1
            elif re.match(r'#\s*endif\b', stripped):
                depth -= 1
            match = INCLUDE.match(line)
            if not match:
                pending.append(line)
                continue
            kind, name = match.groups()
            if kind == '<':
                if depth > 1:
                    pending.append(line)
                elif name not in self.system:
                    self.system.append(name)
            elif Path(name).name != PUBLIC:
                self.add(path.parent / name)
        if not header:
            pending = self.own_names(path, pending)
        else: # not every build uses each of them, and clang says so in a source
            pending = [re.sub(r'^static inline\b', 'static inline __attribute__((unused))', line)
                       for line in pending]
        body = self.headers if header else self.sources
        body.append(f'\n/* ==== {path.relative_to(self.native.resolve())} ==== */')
        body += pending

    def own_names(self, path, lines):
        """The source with names that another source has, too, made its own; its macros end with it."""
        text = '\n'.join(lines)
        for name in set(STATIC.findall(text)) & self.shared:
            text = re.sub(rf'(?<![\w.>"]){name}\b(?!")', f'{path.stem}_{name}', text)
        return [text, *(f'#undef {name}' for name in dict.fromkeys(MACRO.findall(text)))]

    def text(self):
        """The whole file."""
        version = re.search(r'SPACES_VERSION_STRING\s+"([^"]+)"',
                            (self.native / 'include' / PUBLIC).read_text()).group(1)
        head = [
            f'/* spaces.c - Spaces {version}, the allocator in one file. Generated; do not edit.',
            ' *',
            ' *   gcc -O3 -pthread -fPIC -c spaces.c && ar rc libspaces.a spaces.o',
            ' *',
            ' * -DSPACES_DEBUG: the debug build. -DSPACES_NO_MALLOC: the chunk API only,',
            " * libc's malloc is left alone. */",
            '#ifndef _GNU_SOURCE', '#define _GNU_SOURCE', '#endif',
        ]
        head += [f'#include <{name}>' for name in sorted(self.system)]
        head.append(f'\n#include "{PUBLIC}"')
        text = '\n'.join(head + self.headers + self.sources) + '\n'
        return re.sub(r'\n{3,}', '\n\n', text)


def main():
    native = Path(sys.argv[1])
    amalgamation = Amalgamation(native)
    for source in sorted((native / 'src').glob('*.c')):
        if ALONE not in source.read_text():
            amalgamation.add(source)
    sys.stdout.write(amalgamation.text())


if __name__ == '__main__':
    main()
