"""The chart for the README: each workload's cost as a multiple of the best peer's, as an SVG file."""
from xml.sax.saxutils import escape

# Ours first; readable on light and dark ground.
COLOURS = ('#0a7f3f', '#3b7dd8', '#d98a1f', '#b14fc4', '#d1495b', '#5f8f9b', '#8c7a4a', '#777777')
CLIP = 3.0
LABEL, PLOT, MARGIN, TOP = 150, 520, 20, 70
BAR, GAP = 9, 12

STYLE = '''
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .small { font-size: 10px } .title { font-size: 15px; font-weight: 600 }
  .ground { fill: #ffffff } .grid { stroke: #d0d7de } .best { stroke: #57606a; stroke-dasharray: 4 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .ground { fill: #0d1117 } .grid { stroke: #30363d } .best { stroke: #8b949e }
  }
'''


def _x(ratio):
    return LABEL + PLOT * min(ratio, CLIP) / CLIP


def _axis(bottom):
    for tenth in range(0, int(CLIP * 10) + 1, 5):
        ratio, kind = tenth / 10, 'best' if tenth == 10 else 'grid'
        yield f'<line class="{kind}" x1="{_x(ratio):.1f}" y1="{TOP - 6}" x2="{_x(ratio):.1f}" y2="{bottom}"/>'
        yield f'<text class="small" x="{_x(ratio):.1f}" y="{TOP - 10}" text-anchor="middle">{ratio:g}×</text>'


def _legend(names):
    x = LABEL
    for index, name in enumerate(names):
        colour = COLOURS[index % len(COLOURS)]
        yield f'<rect x="{x}" y="34" width="10" height="10" rx="2" fill="{colour}"/>'
        yield f'<text x="{x + 14}" y="43">{escape(name)}</text>'
        x += 30 + 7 * len(name)


def _row(workload, of, names, y):
    middle = y + len(names) * BAR / 2 + 4
    yield f'<text x="{LABEL - 8}" y="{middle:.1f}" text-anchor="end">{escape(workload)}</text>'
    for index, name in enumerate(names):
        one = of.get(name, {})
        at = y + index * BAR
        if 'ratio' not in one:
            yield f'<text class="small" x="{LABEL + 4}" y="{at + 8}">{escape(name)} failed</text>'
            continue
        width = max(1, _x(one['ratio']) - LABEL)
        told = f'{workload}, {name}: {one["value"]:.4g} {one["unit"]}, {one["ratio"]:.2f} of the best peer'
        yield (f'<rect x="{LABEL}" y="{at}" width="{width:.1f}" height="{BAR - 1}" rx="1" '
               f'fill="{COLOURS[index % len(COLOURS)]}"><title>{escape(told)}</title></rect>')
        if one['ratio'] > CLIP:
            yield f'<text class="small" x="{_x(CLIP) + 4}" y="{at + 8}">{one["ratio"]:.1f}×</text>'


def chart(records, names, subtitle):
    """The SVG text; rows are the workloads of `records` that have a ratio."""
    rows = {}
    for one in records:
        rows.setdefault(one['workload'], {})[one['allocator']] = one
    rows = {workload: of for workload, of in rows.items() if any('ratio' in one for one in of.values())}
    height = TOP + len(rows) * (len(names) * BAR + GAP) + 40
    width = LABEL + PLOT + MARGIN + 40
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
             f'viewBox="0 0 {width} {height}" role="img">',
             f'<title>{escape("Cost of each workload, as a multiple of the best peer")}</title>',
             f'<style>{STYLE}</style>', f'<rect class="ground" width="{width}" height="{height}"/>',
             f'<text class="title" x="{LABEL}" y="22">Cost, as a multiple of the best peer (less is better)</text>',
             *_legend(names), *_axis(height - 40)]
    y = TOP
    for workload, of in rows.items():
        parts += _row(workload, of, names, y)
        y += len(names) * BAR + GAP
    parts.append(f'<text class="small" x="{LABEL}" y="{height - 16}">{escape(subtitle)}</text>')
    return '\n'.join([*parts, '</svg>', ''])
