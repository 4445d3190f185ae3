"""The figures of a search, and the table of all contestants."""

import statistics
from dataclasses import asdict, dataclass, replace

from tests.benchmarks.peers.contestants import CONTESTANTS, HARNESS

GIGABYTE = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One search in numbers, up to the end of its last epoch.

    Seconds and bytes; ``None`` where nothing was trained. ``prepared_share`` is models
    and graphs made, as a share of training. ``best_so_far`` pairs the seconds since
    the start with each new best value. ``code`` is the exit code, ``None`` where the
    time limit ended the search. ``cpu_collected`` is a check of ``cpu``: what
    the system counted to the very end, of the processes that were collected.
    """

    trials: int
    epochs: int
    wall: float
    cpu: float
    cpu_collected: float
    memory_end: int
    memory_peak: int
    largest_process: int
    prepared_share: float | None
    images_per_second: float | None
    best_so_far: tuple[tuple[float, float], ...]
    code: int | None
    seconds_to_target: float | None = None

    @property
    def best(self):
        """The best value; ``None`` before the first epoch."""
        return self.best_so_far[-1][1] if self.best_so_far else None

    def per_epoch(self, name):
        """Divides seconds by the epochs; ``None`` without any."""
        return getattr(self, name) / self.epochs if self.epochs else None

    def reaching(self, value):
        """Adds the seconds after which a value was first reached."""
        reached = (seconds for seconds, best in self.best_so_far if best >= value)
        return replace(self, seconds_to_target=next(reached, None))


def figures(usage, training):
    """Computes the figures of one search."""
    epochs = training.epochs
    last = epochs[-1].time if epochs else usage.samples[-1].time
    # A process may end with its last epoch, and its memory with it.
    end = usage.before(last)
    prepared, trained = training.built + training.traced, training.trained
    return Figures(
        trials=len({one.trial for one in epochs}),
        epochs=len(epochs),
        wall=last - usage.started,
        cpu=usage.after(last).cpu,
        cpu_collected=usage.collected,
        memory_end=end.memory,
        memory_peak=max(one.memory for one in usage.samples),
        largest_process=end.largest,
        prepared_share=prepared / trained if trained else None,
        images_per_second=training.rows / trained if trained else None,
        best_so_far=tuple(_best_so_far(epochs, usage.started)),
        code=usage.code,
    )


def _best_so_far(epochs, started):
    best = float("-inf")
    for one in epochs:
        if one.value > best:
            best = one.value
            yield one.time - started, best


def with_targets(results):
    """Adds to one round's figures the seconds to the worst contestant's best value."""
    known = [one.best for one in results.values() if one.best is not None]
    target = min(known, default=float("inf"))
    return {name: one.reaching(target) for name, one in results.items()}


COLUMNS = {
    "trials": (lambda one: one.trials, "{:.0f}"),
    "epochs": (lambda one: one.epochs, "{:.0f}"),
    "CPU s an epoch": (lambda one: one.per_epoch("cpu"), "{:.1f}"),
    "wall s an epoch": (lambda one: one.per_epoch("wall"), "{:.1f}"),
    "best value": (lambda one: one.best, "{:.3f}"),
    "s to the worst best": (lambda one: one.seconds_to_target, "{:.0f}"),
    "built + traced, % of training": (
        lambda one: one.prepared_share and 100 * one.prepared_share,
        "{:.0f}",
    ),
    "images a s": (lambda one: one.images_per_second, "{:.0f}"),
    "GB at the end": (lambda one: one.memory_end / GIGABYTE, "{:.1f}"),
    "largest process, GB": (lambda one: one.largest_process / GIGABYTE, "{:.1f}"),
    "GB at the peak": (lambda one: one.memory_peak / GIGABYTE, "{:.1f}"),
}


def render(rounds):
    """Renders the medians over rounds, a row a contestant, and ratios of pairs."""
    names = list(rounds[0])
    lines = [_row(["", *COLUMNS]), "|---" * (len(COLUMNS) + 1) + "|"]
    for name in names:
        cells = (
            _median([read(one[name]) for one in rounds], form)
            for read, form in COLUMNS.values()
        )
        failed = any(one[name].code for one in rounds)
        title = CONTESTANTS[name].title + (" (failed)" if failed else "")
        lines.append(_row([title, *cells]))
    return "\n".join([*lines, "", *_ratios(rounds, names)])


def _ratios(rounds, names):
    """Compares each peer with the harness, or else the first one, round by round."""
    first = HARNESS if HARNESS in names else names[0]
    for name in names:
        if name == first:
            continue
        cells = [_median(_pairs(rounds, first, name, one), "{:.2f}") for one in TIMES]
        yield (
            f"{CONTESTANTS[name].title} : {CONTESTANTS[first].title}, an epoch: "
            f"CPU {cells[0]}, wall clock {cells[1]} (median of {len(rounds)})"
        )


TIMES = ("cpu", "wall")


def _pairs(rounds, first, name, time):
    for one in rounds:
        mine, theirs = one[first].per_epoch(time), one[name].per_epoch(time)
        yield theirs / mine if mine and theirs else None


def _median(found, form):
    known = [one for one in found if one is not None]
    return form.format(statistics.median(known)) if known else "-"


def _row(cells):
    return f"| {' | '.join(cells)} |"


def as_json(rounds):
    """Returns the figures of all rounds as plain values."""
    return [{name: asdict(one) for name, one in figures.items()} for figures in rounds]
