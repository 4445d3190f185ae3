"""Searches over recorded learning curves: a stand-in trainer replays them.

The curves are of 1,000 configurations of Adam, trained on six text tasks (TaskSet, Metz
et al. 2020). A proposal trains as the recorded configuration nearest to it.
"""

import functools
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import optuna

from search.ledger.ledger import Ledger
from search.ledger.own_trials import OwnTrials, quiet
from search.ledger.pruners import build_pruner
from search.sampling.rungs import steps_of
from search.study.space import FloatRange, Parameter, SearchSpace
from search.trial.curve import peak, smoothed
from search.trial.messages import Completed, Pruned, Report, Spent
from tests.factories.ledger import many

CURVES = Path(__file__).parents[3] / "shared" / "data" / "curves"
POINTS = 50
"""Recorded points after the untrained one."""

FULL_TRAININGS = 20
TRIALS = 100_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """Recorded configurations in the unit cube, and a curve of each."""

    name: str
    keys: tuple[str, ...]
    points: np.ndarray
    curves: np.ndarray
    best: float
    median: float

    def curve(self, values):
        """Returns the recorded curve that is nearest to a proposal."""
        point = np.array([values[key] for key in self.keys])
        return self.curves[np.argmin(((self.points - point) ** 2).sum(axis=1))]

    def regret(self, value):
        """Returns the share of the way from the best configuration to the median."""
        return (self.best - value) / (self.best - self.median)


@functools.cache
def read_tasks(folder=CURVES, *, epochs=POINTS):
    """Reads the recorded tasks; with fewer epochs, as many points of each curve."""
    return [_task(path, epochs) for path in sorted(folder.glob("*.npz"))]


def _task(path, epochs):
    with np.load(path) as file:
        names, raw = [str(name) for name in file["names"]], file["hyperparameters"]
        losses = file["valid_loss"].astype(float)
    columns = (
        np.log(1 - column.astype(float) if name.startswith("beta") else column)
        for name, column in zip(names, raw.T, strict=True)
    )
    cube = np.stack([_unit(column) for column in columns], axis=1)
    at = [round(epoch * POINTS / epochs) for epoch in range(1, epochs + 1)]
    curves = -losses[:, at]
    finite = (curve[np.isfinite(curve)].tolist() for curve in curves)
    peaks = [max(smoothed(curve)) for curve in finite if curve]
    return Task(
        name=path.stem,
        keys=tuple(names),
        points=cube,
        curves=curves,
        best=max(peaks),
        median=float(np.median(peaks)),
    )


def _unit(column):
    return (column - column.min()) / (column.max() - column.min())


def study_of(task, *, sampler, pruner, seed):
    """Makes the study of a task: its keys from 0 to 1, one fold."""
    study = many(TRIALS)
    unit = FloatRange(low=0.0, high=1.0)
    space = SearchSpace(
        parameters=tuple(Parameter(key=key, domain=unit) for key in task.keys),
        fixed=(("training.epochs", task.curves.shape[1]),),
    )
    search = replace(study.search, sampler=sampler, pruner=pruner, seed=seed)
    return replace(study, space=space, search=search)


def searched(task, *, sampler, pruner, seed, rungs=None):
    """Searches a task with the budget of 20 full trainings.

    Returns the regret of the best trial and the number of trials.
    """
    study = study_of(task, sampler=sampler, pruner=pruner, seed=seed)
    steps = steps_of(study)
    if rungs is not None:
        steps = replace(steps, rungs=tuple(map(Fraction, rungs)))
    with quiet():
        stored = optuna.create_study(study_name=str(seed), direction="maximize")
        trials = OwnTrials(stored, pruner=build_pruner(pruner, steps), seed=seed)
    ledger = Ledger(study, trials)
    left = FULL_TRAININGS * task.curves.shape[1]
    while left > 0:
        left -= _train(ledger, task.curve, left)
    best = ledger.best()
    regret = 1.0 if best is None else task.regret(best.value)
    return regret, ledger.counts().done


def _train(ledger, curve_of, left):
    """Replays one trial; returns its epochs. The budget may end within it."""
    request = ledger.ask()
    curve = curve_of(request.values)
    for epoch, value in enumerate(curve[:left], start=1):
        spent = Spent(epochs=epoch)
        if not np.isfinite(value):
            ledger.tell(request.number, Pruned(reason="diverged", spent=spent))
            return epoch
        message = Report(
            step=epoch,
            fold=0,
            epoch=epoch,
            value=float(value),
            last=epoch == len(curve),
            spent=spent,
        )
        if ledger.report(request.number, message):
            ledger.tell(request.number, Pruned(reason="pruner", spent=spent))
            return epoch
    if len(curve) <= left:
        ledger.tell(request.number, _completed([float(value) for value in curve]))
    return min(len(curve), left)


def _completed(curve):
    epoch = peak(curve)
    return Completed(
        value=smoothed(curve)[epoch - 1],
        epoch=epoch,
        curve=tuple(curve),
        scores={},
        thresholds={},
        spent=Spent(epochs=len(curve)),
    )
