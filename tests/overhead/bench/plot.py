"""The ratios as a plot, in SVG: a row for each tool in each subject, on a logarithmic scale."""

import html
import math

LEFT, WIDTH, RIGHT, ROW, GAP, TOP = 190, 560, 90, 15, 14, 46
COLOURS = {"osmeter": "#c0392b", "osmeter --no-times": "#e08283", "empty hooks": "#7f8c8d", "clock hooks": "#7f8c8d"}
OTHER = "#2c6fbb"


def svg(cells, subjects, title):
    drawn = [cell for cell in cells if cell.ratio and cell.ratio.value > 0]
    groups = [(subject, [cell for cell in drawn if cell.subject == subject]) for subject in subjects]
    groups = [(subject, members) for subject, members in groups if members]
    most = max((cell.ratio.high for cell in drawn), default=10)
    decades = max(1, math.ceil(math.log10(max(most, 1.01))))
    starred = any(cell.scaled for _, members in groups for cell in members)
    height = TOP + sum(GAP + ROW * (len(members) + 1) for _, members in groups) + 20

    def x(ratio):
        return LEFT + WIDTH * min(1, max(0, math.log10(max(ratio, 0.8) / 0.8) / (decades - math.log10(0.8))))

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + RIGHT}" height="{height}" '
        'font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="10" y="16" font-size="13" font-weight="bold">{html.escape(title)}</text>',
    ]
    out += ticks(decades, x, height)
    y = TOP
    for subject, members in groups:
        y += GAP + ROW
        out.append(f'<text x="10" y="{y - 3}" font-weight="bold">{html.escape(subject)}</text>')
        for cell in members:
            y += ROW
            out += mark(cell, x, y - 4)
    if starred:
        out.append(f'<text x="10" y="{height - 4}" fill="#555">* on a smaller count, scaled by event</text>')
    return "\n".join([*out, "</svg>", ""])


def ticks(decades, x, height):
    out = []
    for decade in range(decades + 1):
        for step in (1, 2, 5):
            value = step * 10**decade
            if value > 10**decades:
                continue
            at = x(value)
            strong = "#999" if value == 1 else "#e4e4e4"
            out.append(f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{TOP - 8}" y2="{height - 12}" stroke="{strong}"/>')
            out.append(f'<text x="{at:.1f}" y="{TOP - 12}" text-anchor="middle" fill="#555">{value}×</text>')
    return out


def mark(cell, x, y):
    colour = COLOURS.get(cell.tool, OTHER)
    name = html.escape(cell.tool + (" *" if cell.scaled else ""))
    value = f"{cell.ratio.value:.2f}" if cell.ratio.value < 100 else f"{cell.ratio.value:.0f}"
    end = x(max(cell.ratio.high, cell.ratio.value))
    return [
        f'<text x="{LEFT - 12}" y="{y + 4}" text-anchor="end">{name}</text>',
        f'<line x1="{x(cell.ratio.low):.1f}" x2="{end:.1f}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="2"/>',
        f'<circle cx="{x(cell.ratio.value):.1f}" cy="{y}" r="3.5" fill="{colour}"/>',
        f'<text x="{end + 7:.1f}" y="{y + 4}" fill="{colour}">{value}</text>',
    ]
