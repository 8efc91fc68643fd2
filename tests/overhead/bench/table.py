"""Cells as tables: text and Markdown of the same rows."""

NONE = "–"


def short(value):
    """Three digits that count."""
    if value is None:
        return NONE
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def ratio(cell):
    if cell.failed or not cell.ratio:
        return cell.failed or NONE
    star = "*" if cell.scaled else ""
    return f"{short(cell.ratio.value)}{star} [{short(cell.ratio.low)}, {short(cell.ratio.high)}]"


def added(cell):
    if not cell.added_ns:
        return NONE
    return f"{short(cell.added_ns.value)} ± {short((cell.added_ns.high - cell.added_ns.low) / 2)}"


def lost(cell):
    if cell.lost is None:
        return NONE
    of = f" of {cell.known:,}" if cell.lost and cell.known else ""
    return f"{cell.lost:,}{of}"


def own(cell):
    if cell.tool_cpu_ms is None:
        return NONE
    bound = "≤ " if cell.peak_is_bound else ""
    return f"{short(cell.tool_cpu_ms)} ms · {bound}{short(cell.tool_peak_mib)} MiB"


VIEWS = [
    ("{time}, ratio to bare", ratio),
    ("{time} added to an event, in ns", added),
    ("Events lost", lost),
    ("The tool's own CPU time and peak memory", own),
]


def rows(cells, tools, subjects, view):
    by_place = {(cell.tool, cell.subject): cell for cell in cells}
    table = [["", *subjects]]
    for tool in tools:
        found = [by_place.get((tool, subject)) for subject in subjects]
        table.append([tool, *(view(cell) if cell else NONE for cell in found)])
    return table


def text(table):
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    lines = []
    for row in table:
        first, *rest = zip(row, widths)
        lines.append("  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]).rstrip())
    return "\n".join(lines)


def markdown(table):
    head, *body = table
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *body]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
