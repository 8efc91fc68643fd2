"""What the project promises of its cost, beside what the run says."""


def judge(cells):
    """Rows of (promise, figure, verdict)."""
    by_place = {(cell.tool, cell.subject): cell for cell in cells if cell.ratio}

    def added(tool, subject):
        cell = by_place.get((tool, subject))
        return cell.added_ns.value if cell else None

    def ratio(tool, subject):
        cell = by_place.get((tool, subject))
        return cell.ratio.value if cell else None

    rows = [
        quotient("a call adds at most 1.08 × the clock-reading hooks", added("osmeter", "getppid"),
                 added("clock hooks", "getppid"), 1.08),
        quotient("counting alone adds at most 0.6 × the empty hooks", added("osmeter --no-times", "getppid"),
                 added("empty hooks", "getppid"), 0.6),
        quotient("a switch, its calls taken off, adds at most 0.6 × perf stat -e context-switches",
                 switch(added("osmeter", "pingpong-1"), added("osmeter", "getppid")),
                 added("perf stat, switches", "pingpong-1"), 0.6),
        bound("dd bs=1 at most 2.3 × bare", ratio("osmeter", "dd"), 2.3),
        quotient("dd bs=1 adds less than half of what bpftrace adds", added("osmeter", "dd"), added("bpftrace", "dd"), 0.5),
        bound("the pinned ping-pong at most 1.2 × bare", ratio("osmeter", "pingpong-1"), 1.2),
        build(by_place.get(("osmeter", "build"))),
    ]
    losses = [cell.lost for cell in cells if cell.tool.startswith("osmeter") and cell.lost is not None]
    if losses:
        rows.append(("no event lost on any subject", f"{max(losses)} at worst", "met" if not max(losses) else "MISSED"))
    return [row for row in rows if row]


def switch(half_trip, call):
    return None if half_trip is None or call is None else half_trip - 2 * call


def quotient(promise, ours, theirs, limit):
    if ours is None or theirs is None:
        return None
    if theirs <= 0:
        return promise, f"{ours:.0f} ns against {theirs:.0f} ns", "no verdict: the floor added nothing here"
    return promise, f"{ours:.0f} ns against {theirs:.0f} ns: {ours / theirs:.2f} ×", verdict(ours / theirs <= limit)


def bound(promise, ratio, limit):
    return None if ratio is None else (promise, f"{ratio:.2f} ×", verdict(ratio <= limit))


def build(cell):
    if not cell:
        return None
    low, value, high = ((figure - 1) * 100 for figure in (cell.ratio.low, cell.ratio.value, cell.ratio.high))
    said = verdict(high < 1) if high < 1 or low > 1 else "open: the interval holds 1 %"
    return "a real build is slowed by under 1 %", f"{value:+.1f} % [{low:+.1f}, {high:+.1f}]", said


def verdict(holds):
    return "met" if holds else "MISSED"
