"""A replayed trial beside its record: each epoch, and one line of verdict."""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

TOLERANCE = 0.01
"""Largest difference of a value that is allowed where bits may differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedValue:
    """The value of one epoch of a fold, or of the whole trial: recorded, replayed.

    ``fold`` and ``epoch`` count from 1; ``fold`` is ``None`` for the whole trial, whose
    ``epoch`` is that of its value. A value that is missing is ``None``.
    """

    fold: int | None
    epoch: int | None
    recorded: float | None
    replayed: float | None

    @property
    def difference(self) -> float | None:
        """The distance of the two; ``None`` where one is missing."""
        if self.recorded is None or self.replayed is None:
            return None
        return abs(self.replayed - self.recorded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A trial that was trained again, from its record alone.

    ``tolerance`` is the largest difference that counts as equal: 0 where it must repeat
    to the bit. ``changes`` lists what differs from the search: data, versions, device.
    ``ends`` is how the trial ended, recorded and replayed.
    """

    run: str
    trial: int
    values: tuple[ReplayedValue, ...]
    tolerance: float
    changes: tuple[str, ...] = ()
    ends: tuple[str, str]

    @property
    def equal(self) -> bool:
        """Whether every epoch and the end are the recorded ones."""
        return self.ends[0] == self.ends[1] and not any(self.apart)

    @property
    def apart(self) -> list[ReplayedValue]:
        """The values that differ by more than the tolerance, or are missing."""
        return [
            value
            for value in self.values
            if value.difference is None or value.difference > self.tolerance
        ]

    def __str__(self) -> str:
        """Renders the table and the verdict as the command prints them."""
        return "\n".join((*self.changes, *_table(self.values), verdict(self)))

    def _repr_html_(self) -> str:
        """Renders it for a notebook."""
        return f"<pre>{html.escape(str(self))}</pre>"


def verdict(replay: Replay) -> str:
    """Says in one line whether a trial repeats.

    Example:
        >>> value = ReplayedValue(fold=1, epoch=1, recorded=0.5, replayed=0.25)
        >>> ends = ("pruned", "pruned")
        >>> found = Replay(run="r", trial=3, values=(value,), tolerance=0.0, ends=ends)
        >>> print(verdict(found))
        different: trial 3 of r: 1 of 1 values differ, the most 0.25 in fold 1 epoch 1
    """
    which = f"trial {replay.trial} of {replay.run}"
    if replay.ends[0] != replay.ends[1]:
        recorded, replayed = replay.ends
        return f"different: {which}: recorded: {recorded}; replayed: {replayed}"
    known = [v for v in replay.values if v.difference is not None]
    most = max(known, key=lambda v: v.difference or 0.0, default=None)
    largest = 0.0 if most is None else most.difference or 0.0
    allowed = f"; {replay.tolerance:g} is allowed" if replay.tolerance else ""
    if replay.equal:
        found = f"the largest difference is {largest:.2g}{allowed}"
        same = f"all {len(replay.values)} values are equal to the bit"
        return f"equal: {which}: {found if largest else same}"
    where = "" if most is None else f", the most {largest:.2g} in {_place(most)}"
    return (
        f"different: {which}: {len(replay.apart)} of {len(replay.values)} values "
        f"differ{where}{allowed}"
    )


def _place(value: ReplayedValue) -> str:
    if value.fold is None:
        return "the trial's value"
    return f"fold {value.fold} epoch {value.epoch}"


def _table(values: Sequence[ReplayedValue]) -> Iterator[str]:
    yield f"{'fold':>5}  {'epoch':>5}  {'recorded':>9}  {'replayed':>9}  difference"
    for value in values:
        fold = "value" if value.fold is None else str(value.fold)
        epoch = "-" if value.epoch is None else str(value.epoch)
        found = "-" if value.difference is None else f"{value.difference:.2g}"
        yield (
            f"{fold:>5}  {epoch:>5}  {_cell(value.recorded):>9}  "
            f"{_cell(value.replayed):>9}  {found:>10}"
        )


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.6f}"
