"""The learning rate of each epoch: an explicit state, advanced by a pure function.

A trial that is stopped early and a retraining that stops at the best epoch follow
the same curve as a full training: the horizon decides, not the stop. Only a plateau
depends on the validation; a retraining replays the rates that the search recorded.
A new schedule is one function and one line of ``SCHEDULES``.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

FLOOR = 0.01
"""Share of the initial rate that a cosine's last epochs reach."""

PLATEAU = "plateau"
"""The one schedule that depends on the validation."""

PLATEAU_FLOOR = 1e-3
"""Share of the initial rate below which a plateau drops no further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How the learning rate changes from epoch to epoch.

    ``kind`` is a name of ``SCHEDULES``; ``initial`` the rate that the others are shares
    of; ``epochs`` the horizon. The first ``frozen_epochs``, in which only the head is
    trained, have ``frozen_rate``; the shape spans the others. Each further number
    belongs to one kind.
    """

    kind: str
    initial: float
    epochs: int
    warmup_epochs: int
    step_epochs: int
    step_factor: float
    plateau_patience: int
    plateau_factor: float
    frozen_epochs: int = 0
    frozen_rate: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleState:
    """Where a training is on its schedule, before ``epoch`` is trained.

    ``best`` is the highest validation value so far, ``patience_count`` the epochs since
    it was reached or the rate dropped, ``drops`` how often the rate dropped.
    """

    epoch: int = 1
    best: float = -math.inf
    patience_count: int = 0
    drops: int = 0


def learning_rate(schedule: Schedule, state: ScheduleState) -> float:
    """Returns the rate of the next epoch: in (0, initial], or the frozen one."""
    frozen = schedule.frozen_epochs
    if state.epoch <= frozen:
        return schedule.frozen_rate
    rest = replace(schedule, epochs=schedule.epochs - frozen)
    return SCHEDULES[rest.kind](rest, replace(state, epoch=state.epoch - frozen))


def next_state(
    schedule: Schedule, state: ScheduleState, value: float | None
) -> ScheduleState:
    """Returns the state after an epoch with this validation value, higher is better.

    Without a value, and in frozen epochs, patience is not counted.
    """
    after = replace(state, epoch=state.epoch + 1)
    if value is None or state.epoch <= schedule.frozen_epochs:
        return after
    if value > state.best:
        return replace(after, best=value, patience_count=0)
    if state.patience_count + 1 < schedule.plateau_patience:
        return replace(after, patience_count=state.patience_count + 1)
    return replace(after, patience_count=0, drops=state.drops + 1)


def _cosine(schedule: Schedule, state: ScheduleState) -> float:
    """Anneals along a half cosine.

    Source: Loshchilov and Hutter 2017, "SGDR", without restarts.
    """
    return _annealed(schedule.initial, state.epoch, schedule.epochs)


def _cosine_warmup(schedule: Schedule, state: ScheduleState) -> float:
    """Rises in equal steps, then anneals over the remaining epochs.

    Source: Goyal et al. 2017, "Accurate, Large Minibatch SGD", section 2.2, where
    the rise is from step to step.
    """
    rising = schedule.warmup_epochs
    if state.epoch <= rising:
        return schedule.initial * state.epoch / (rising + 1)
    rest = max(1, schedule.epochs - rising)
    return _annealed(schedule.initial, state.epoch - rising, rest)


def _step(schedule: Schedule, state: ScheduleState) -> float:
    steps = (state.epoch - 1) // schedule.step_epochs
    return schedule.initial * schedule.step_factor**steps


def _plateau(schedule: Schedule, state: ScheduleState) -> float:
    share = schedule.plateau_factor**state.drops
    return schedule.initial * max(share, min(PLATEAU_FLOOR, schedule.plateau_factor))


def _annealed(initial: float, epoch: int, epochs: int) -> float:
    """Returns a rate in [0.01 initial, initial], falling from epoch to epoch.

    Example:
        >>> [round(_annealed(1.0, epoch, 4), 3) for epoch in (1, 2, 3, 4)]
        [1.0, 0.855, 0.505, 0.155]
    """
    cosine = (1 + math.cos(math.pi * (epoch - 1) / epochs)) / 2
    return initial * (FLOOR + (1 - FLOOR) * cosine)


SCHEDULES: dict[str, Callable[[Schedule, ScheduleState], float]] = {
    "cosine": _cosine,
    "constant": lambda schedule, _: schedule.initial,
    "cosine_warmup": _cosine_warmup,
    "step": _step,
    PLATEAU: _plateau,
}
"""Every schedule by the name that a study gives it."""
