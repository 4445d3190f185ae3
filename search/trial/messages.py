"""What a trial says: reports while it runs, one outcome when it ends."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from data_pipeline.split.split import Fold
from data_pipeline.targets.targets import Targets
from models.config.config import DataSpec
from models.config.hyperparameters import Value
from models.pretrained.sources import LoadedWeights
from search.trial.generalization_gap import Gap


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Job:
    """The development part of a study, small enough to be sent to every worker.

    ``images`` is the path of the memory-mapped pixels; ``rows`` are the development
    rows to train on that could be read, and the folds hold no other. ``targets`` are
    learned from and ``truth`` is scored against; they differ where votes make labels.
    There is nothing of the hold-out in it. ``objective`` is metric name to weight;
    ``unreadable`` counts development images that were left out, ``without_face`` those
    that show none where one was looked for, ``duplicates`` validation images that are
    the same file as a training image of their fold, ``duplicates_dropped`` those left
    out: duplicates of the hold-out, and of a fold's validation part. ``checkpoints`` is
    the folder that trials write their epochs' weights to, where a study asks for them.
    """

    images: str
    targets: Targets
    truth: Targets
    rows: np.ndarray
    folds: tuple[Fold, ...]
    data_spec: DataSpec
    objective: Mapping[str, float]
    stride: int
    cpus: int
    gpus: float
    concurrent: int
    unreadable: int = 0
    without_face: int = 0
    duplicates: int = 0
    duplicates_dropped: tuple[int, int] = (0, 0)
    checkpoints: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a trial has cost so far.

    Unit and range: seconds, 0 or more. ``asked`` is the sampler's time, ``waited``
    the time between the sampler's answer and the worker's start, ``built`` and
    ``traced`` a new graph (0.0 where the worker was warm), ``trained`` and
    ``validated`` the epochs. ``epochs`` counts over all folds.
    """

    epochs: int = 0
    parameters: int = 0
    asked: float = 0.0
    waited: float = 0.0
    built: float = 0.0
    traced: float = 0.0
    trained: float = 0.0
    validated: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """Numbers of an epoch by their names, for a person to look at."""

    training: Mapping[str, float] = field(default_factory=dict)
    validation: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One epoch of one fold.

    ``step`` is ``fold * stride + epoch`` with epochs from 1; ``last`` says that the
    trial is fully trained, so that no pruner may be asked any more. ``gap`` is that of
    this epoch and fold; ``None`` where nobody looked.
    """

    step: int
    fold: int
    epoch: int
    value: float
    last: bool
    spent: Spent
    curves: Curves = field(default_factory=Curves)
    gap: Gap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A trial that was trained over all its folds.

    Attributes:
        value: peak of the smoothed curve of pooled predictions.
        epoch: the epoch of that peak, from 1; retraining stops after it.
        curve: the pooled value of each epoch, not smoothed.
        learning_rates: of each epoch, over the folds.
        scores: every metric of the pooled predictions at ``epoch``.
        thresholds: per action unit, chosen on the same pooled predictions.
        spent: what the trial cost.
        gap: how it does on rows that it trained on; ``None`` where nobody looked.
        start: what its backbone started from, where that was not random.
    """

    value: float
    epoch: int
    curve: tuple[float, ...]
    scores: Mapping[str, float]
    thresholds: Mapping[str, float]
    spent: Spent
    learning_rates: tuple[float, ...] = ()
    gap: Gap | None = None
    start: LoadedWeights | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """A trial that was stopped: ``pruner``, ``diverged`` or ``out_of_memory``.

    ``gap`` is that of its last report.
    """

    reason: str
    spent: Spent = field(default_factory=Spent)
    gap: Gap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A trial that broke, with the first line of what it said."""

    reason: str
    spent: Spent = field(default_factory=Spent)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerDied:
    """A trial whose process or machine was lost before the trial said anything.

    The ledger runs it again with the same seed, once. At the second death of the same
    configuration it is a failed trial, with ``reason``.
    """

    reason: str
    spent: Spent = field(default_factory=Spent)


Outcome = Completed | Pruned | Failed | WorkerDied


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRequest:
    """A trial to run: its number, the seed of all its randomness, its configuration.

    ``enqueued`` is the name of the enqueued configuration, if it is one.
    """

    number: int
    seed: int
    values: Mapping[str, Value]
    seconds: float
    enqueued: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrainOrder:
    """The winner, to be trained on everything but the hold-out and exported.

    ``stop_after`` is the epoch to stop at; the schedule keeps its own horizon.
    ``rates`` are the learning rates of the search, to be replayed; without any, it is
    the schedule's.
    """

    values: Mapping[str, Value]
    seed: int
    stop_after: int
    path: str
    rates: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrained:
    """A retrained model that lies at its path.

    ``left_out`` counts unreadable rows, ``without_face`` those that show no face;
    ``start`` is what the backbone started from, where that was not random.
    """

    losses: tuple[float, ...]
    parameters: int
    seconds: float
    left_out: int = 0
    without_face: int = 0
    start: LoadedWeights | None = None


def settled(
    outcome: Outcome, last: Report | None, *, asked: float, waited: float
) -> Outcome:
    """Completes an outcome with what only the driver knows.

    Args:
        outcome: what the worker said; a broken trial has lost its own account.
        last: the trial's last report, if it made any.
        asked: seconds the sampler took.
        waited: seconds until a worker began.
    """
    spent = outcome.spent
    if last is not None:
        spent = spent if spent.epochs else last.spent
        if isinstance(outcome, Pruned):
            outcome = replace(outcome, gap=last.gap)
    return replace(outcome, spent=replace(spent, asked=asked, waited=waited))


def attributes_of(outcome: Outcome) -> dict[str, Any]:
    """Lists what a ledger keeps of how a trial ended, beside its state and value."""
    told: dict[str, Any] = {"spent": asdict(outcome.spent)}
    if isinstance(outcome, Completed | Pruned) and outcome.gap is not None:
        told |= asdict(outcome.gap)
    if not isinstance(outcome, Completed):
        return told | {"reason": outcome.reason}
    return told | {
        "epoch": outcome.epoch,
        "pooled_curve": list(outcome.curve),
        "learning_rates": list(outcome.learning_rates),
        "scores": dict(outcome.scores),
        "thresholds": dict(outcome.thresholds),
        **({} if outcome.start is None else {"start": asdict(outcome.start)}),
    }
