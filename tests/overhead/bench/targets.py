"""What the project promises of its cost, beside what the run says. A promise is kept or missed when the whole interval
is on one side of it, and open otherwise."""

from bench import estimate


class Figures:
    """The runs of this benchmark by round: what a tool adds to an event, and its ratio to bare."""

    def __init__(self, samples):
        self.samples = samples
        """(tool, subject) -> estimate.Samples"""

    def has(self, *places):
        return all(place in self.samples for place in places)

    def over(self, places, figure):
        """`figure(rounds)` with its interval, over the rounds that all places have."""
        rounds = self.rounds(places)
        return estimate.bootstrap(rounds, figure) if rounds else None

    def rounds(self, places):
        return sorted(set.intersection(*(set(self.samples[place].rounds) for place in places)))


def judge(figures):
    """Rows of (promise, figure, verdict)."""
    call = "getppid"
    trip = "pingpong-1"
    ours, least = "osmeter", "osmeter --no-times"
    empty, clock = "empty hooks", "clock hooks"
    rows = [
        quotient(figures, "a call adds at most 1.08 × the clock-reading hooks", (ours, call), (clock, call), 1.08),
        quotient(figures, "counting alone adds at most 0.6 × the empty hooks", (least, call), (empty, call), 0.6),
        quotient(figures, "a switch, its two calls taken off, adds at most 0.6 × perf stat -e context-switches",
                 (ours, trip), ("perf stat, switches", trip), 0.6, calls=(ours, call)),
        ratio(figures, "dd bs=1 at most 2.3 × bare", (ours, "dd"), 2.3),
        quotient(figures, "dd bs=1 adds less than half of what bpftrace adds", (ours, "dd"), ("bpftrace", "dd"), 0.5),
        ratio(figures, "the pinned ping-pong at most 1.2 × bare", (ours, trip), 1.2),
        ratio(figures, "a real build slowed by under 1 %", (ours, "build"), 1.01),
    ]
    return [row for row in rows if row]


def losses(cells):
    """The promise that is not of time."""
    lost = [cell.lost for cell in cells if cell.tool.startswith("osmeter") and cell.lost is not None]
    return [("no event lost on any subject", f"{max(lost)} at worst", "MISSED" if max(lost) else "met")] if lost else []


def quotient(figures, promise, ours, theirs, limit, calls=None):
    """What ours adds by what theirs adds; `calls` is what one call adds, of which there are two in ours."""
    places = [ours, theirs, *([calls] if calls else [])]
    if not figures.has(*places):
        return None
    added = {place: figures.samples[place].added for place in places}

    def mine(draw):
        return added[ours](draw) - (2 * added[calls](draw) if calls else 0)

    def by_theirs(draw):
        floor = added[theirs](draw)
        return mine(draw) / floor if floor > 0 else float("inf")

    found = figures.over(places, by_theirs)
    if not found:
        return None
    rounds = figures.rounds(places)
    figure = f"{mine(rounds):.0f} ns against {added[theirs](rounds):.0f} ns: {shown(found)}"
    return promise, figure, verdict(found, limit)


def ratio(figures, promise, ours, limit):
    if not figures.has(ours):
        return None
    found = figures.over([ours], figures.samples[ours].ratio)
    return (promise, shown(found), verdict(found, limit)) if found else None


def shown(found):
    return f"{found.value:.3f} × [{found.low:.3f}, {found.high:.3f}]"


def verdict(found, limit):
    if found.high <= limit:
        return "met"
    if found.low > limit:
        return "MISSED"
    return "open, rather met" if found.value <= limit else "open, rather missed"
