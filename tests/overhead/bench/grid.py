"""How figures grow, as a plot: SVG, one small diagram for each axis, both scales logarithmic."""

import html
import math

CELL, LEFT, TOP, GAP, KEY = 230, 54, 46, 46, 22
COLOURS = ["#2c6fbb", "#c0392b", "#27804d", "#8e5ea2", "#c98a1b", "#555555"]


def svg(results, columns):
    width = LEFT + len(results) * (CELL + GAP)
    height = TOP + CELL + 44 + KEY
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for i, (name, rows) in enumerate(results.items()):
        out += diagram(LEFT + i * (CELL + GAP), name, rows, columns)
    for i, (title, _) in enumerate(columns):
        colour = COLOURS[i % len(COLOURS)]
        out.append(f'<text x="{LEFT + i * 130}" y="{height - 8}" fill="{colour}">● {html.escape(title)}</text>')
    return "\n".join([*out, "</svg>", ""])


def decades(values):
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def diagram(left, name, rows, columns):
    lines = [[(row["n"], row[key]) for row in rows if row[key] and row[key] > 0] for _, key in columns]
    values = [y for line in lines for _, y in line]
    if not values:
        return []
    (x0, x1), (y0, y1) = decades([row["n"] for row in rows]), decades(values)

    def place(n, value):
        across = (math.log10(n) - x0) / (x1 - x0)
        up = (math.log10(value) - y0) / (y1 - y0)
        return f"{left + CELL * across:.1f},{TOP + CELL * (1 - up):.1f}"

    out = [
        f'<text x="{left}" y="{TOP - 16}" font-weight="bold">{html.escape(name)}</text>',
        f'<rect x="{left}" y="{TOP}" width="{CELL}" height="{CELL}" fill="none" stroke="#bbb"/>',
    ]
    for power in range(y0, y1 + 1):
        y = TOP + CELL * (1 - (power - y0) / (y1 - y0))
        out.append(f'<line x1="{left}" x2="{left + CELL}" y1="{y:.1f}" y2="{y:.1f}" stroke="#eee"/>')
        out.append(f'<text x="{left - 5}" y="{y + 4:.1f}" text-anchor="end" fill="#555">{10.0**power:g}</text>')
    for power in range(x0, x1 + 1):
        x = left + CELL * (power - x0) / (x1 - x0)
        out.append(f'<text x="{x:.1f}" y="{TOP + CELL + 15}" text-anchor="middle" fill="#555">{10.0**power:g}</text>')
    for i, line in enumerate(lines):
        colour = COLOURS[i % len(COLOURS)]
        points = " ".join(place(n, value) for n, value in line)
        out.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        for x, y in (point.split(",") for point in points.split()):
            out.append(f'<circle cx="{x}" cy="{y}" r="2.5" fill="{colour}"/>')
    return out
