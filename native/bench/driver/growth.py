"""The chart of how cost grows: one panel for each thing that grows, one line an allocator, as an SVG file."""
import math
from xml.sax.saxutils import escape

from chart import COLOURS, STYLE

TITLES = {'heap': 'heap, MiB', 'live': 'live blocks', 'threads': 'threads', 'chunks': 'regions (peers: as many blocks)'}
PANEL, HEIGHT, LEFT, TOP, BOTTOM, GAP = 300, 200, 56, 78, 44, 40
COLUMNS = 2


def _short(count):
    for unit, name in ((1_000_000, 'M'), (1_000, 'k')):
        if count >= unit and count % unit == 0:
            return f'{count // unit}{name}'
    return f'{count:,}'


def _panel(kind, points, names, left, top):
    """`points`: {allocator: [(count, nanoseconds)]}."""
    counts = sorted({count for of in points.values() for count, _ in of})
    most = max(value for of in points.values() for _, value in of)
    ceiling = 10 ** math.ceil(math.log10(most))
    first, last = math.log10(counts[0]), math.log10(counts[-1])

    def x(count):
        return left + PANEL * (math.log10(count) - first) / ((last - first) or 1)

    def y(value):
        return top + HEIGHT - HEIGHT * math.log10(max(value, 1)) / math.log10(ceiling)

    yield f'<text x="{left}" y="{top - 10}">{escape(TITLES[kind])}</text>'
    for power in range(int(math.log10(ceiling)) + 1):
        at = y(10 ** power)
        yield f'<line class="grid" x1="{left}" y1="{at:.1f}" x2="{left + PANEL}" y2="{at:.1f}"/>'
        yield f'<text class="small" x="{left - 6}" y="{at + 4:.1f}" text-anchor="end">{10 ** power:,}</text>'
    for count in counts:
        yield (f'<text class="small" x="{x(count):.1f}" y="{top + HEIGHT + 16}" text-anchor="middle">'
               f'{_short(count)}</text>')
    for index, name in enumerate(names):
        colour = COLOURS[index % len(COLOURS)]
        line = sorted(points.get(name, []))
        corners = ' '.join(f'{x(count):.1f},{y(value):.1f}' for count, value in line)
        yield f'<polyline points="{corners}" fill="none" stroke="{colour}" stroke-width="{3 - (index > 0)}"/>'
        for count, value in line:
            told = f'{name}, {count:,}: {value:.3g} ns'
            yield (f'<circle cx="{x(count):.1f}" cy="{y(value):.1f}" r="3" fill="{colour}">'
                   f'<title>{escape(told)}</title></circle>')


def growth_chart(records, names, subtitle):
    """The SVG text of the grow rows among `records`, or None where there is none."""
    kinds = {}
    for one in records:
        word, _, rest = one['workload'].partition('-')
        kind, _, _ = rest.partition('-')
        if word == 'grow' and one['runs'] and not one['short']:
            point = (int(one['arguments'][1]), one['value'])
            kinds.setdefault(kind, {}).setdefault(one['allocator'], []).append(point)
    if not kinds:
        return None
    rows = -(-len(kinds) // COLUMNS)
    width = COLUMNS * (LEFT + PANEL + GAP)
    height = rows * (TOP - 20 + HEIGHT + BOTTOM) + 50
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
             f'viewBox="0 0 {width} {height}" role="img">',
             '<title>What one malloc and its free cost as the heap grows</title>',
             f'<style>{STYLE}</style>', f'<rect class="ground" width="{width}" height="{height}"/>',
             f'<text class="title" x="{LEFT}" y="22">Nanoseconds of a free and a malloc, in random order</text>']
    at = LEFT
    for index, name in enumerate(names):
        parts.append(f'<rect x="{at}" y="34" width="10" height="10" rx="2" fill="{COLOURS[index % len(COLOURS)]}"/>')
        parts.append(f'<text x="{at + 14}" y="43">{escape(name)}</text>')
        at += 30 + 7 * len(name)
    for index, (kind, points) in enumerate(kinds.items()):
        left = LEFT + index % COLUMNS * (LEFT + PANEL + GAP)
        top = TOP + index // COLUMNS * (TOP - 20 + HEIGHT + BOTTOM)
        parts += _panel(kind, points, names, left, top)
    parts.append(f'<text class="small" x="{LEFT}" y="{height - 12}">{escape(subtitle)}</text>')
    return '\n'.join([*parts, '</svg>', ''])
