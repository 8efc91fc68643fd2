"""From the runs of all rounds to figures with intervals."""

import dataclasses
import random
import statistics
from typing import Optional

RESAMPLES = 2000
SEED = 4


@dataclasses.dataclass
class Estimate:
    value: float
    low: float
    high: float


def bootstrap(rounds, figure):
    """`figure` of all rounds, with the percentile interval over rounds drawn again with replacement. A round is drawn
    whole, its bare run and the tool's, so that what both share cancels."""
    value = figure(rounds)
    dice = random.Random(SEED)
    drawn = sorted(figure(dice.choices(rounds, k=len(rounds))) for _ in range(RESAMPLES))
    return Estimate(value, drawn[round(0.025 * (RESAMPLES - 1))], drawn[round(0.975 * (RESAMPLES - 1))])


@dataclasses.dataclass
class Cell:
    """One tool on one subject."""

    tool: str
    subject: str
    failed: Optional[str] = None
    scaled: bool = False
    """Measured on a smaller count; the ratio is what it added per event, put on the full count."""
    rounds: int = 0
    ratio: Optional[Estimate] = None
    added_ns: Optional[Estimate] = None
    known: Optional[int] = None
    counted: Optional[int] = None
    lost: Optional[int] = None
    tool_cpu_ms: Optional[float] = None
    tool_peak_mib: Optional[float] = None
    peak_is_bound: bool = False
    whole_minus_subject_ms: Optional[float] = None


def median(values):
    return statistics.median(list(values))


class Samples:
    """One tool on one subject, by round: bare runs at the subject's full count, bare runs at the tool's, the tool's.
    Its figures are of any choice of rounds. `taken(run)` is the time that is compared."""

    def __init__(self, subject, count, full, bare, runs, taken):
        self.full, self.bare, self.runs, self.taken = full, bare, runs, taken
        self.rounds = sorted(set(runs) & set(bare) & set(full))
        self.events, self.full_events = count * subject.events, subject.count * subject.events

    def middle(self, runs, rounds):
        return median(self.taken(runs[number]) for number in rounds)

    def added(self, rounds):
        """To an event, in ns."""
        return (self.middle(self.runs, rounds) - self.middle(self.bare, rounds)) / self.events

    def ratio(self, rounds):
        base = self.middle(self.full, rounds)
        return (base + self.added(rounds) * self.full_events) / base


def cell(tool, subject, samples, count):
    result = Cell(tool.name, subject.name, scaled=samples.bare is not samples.full)
    if samples.rounds:
        result.rounds = len(samples.rounds)
        result.ratio = bootstrap(samples.rounds, samples.ratio)
        result.added_ns = bootstrap(samples.rounds, samples.added)
        accounts(result, tool, subject, [samples.runs[number] for number in samples.rounds], count)
    return result


def elapsed(run):
    return run.subject.elapsed_ns


def cpu_time(run):
    return run.subject.cpu_ns


def accounts(result, tool, subject, runs, count):
    """Losses are the worst of all rounds, what the tool used itself their median."""
    result.known = subject.truth(count)
    for run in runs:
        said = tool.read(subject, run.output)
        short = None
        if said.calls is not None and result.known is not None:
            result.counted = said.calls if result.counted is None else min(result.counted, said.calls)
            short = max(0, result.known - said.calls)
        losses = [n for n in (short, said.stated_lost, result.lost) if n is not None]
        result.lost = max(losses) if losses else None
    used = [run for run in runs if run.tool_cpu_ns is not None]
    if used:
        result.tool_cpu_ms = median(run.tool_cpu_ns for run in used) / 1e6
        result.tool_peak_mib = max(run.tool_peak_kib for run in used) / 1024
        result.peak_is_bound = any(run.tool_peak_is_bound for run in used)
        result.whole_minus_subject_ms = median(run.whole_ns - run.subject.elapsed_ns for run in used) / 1e6
