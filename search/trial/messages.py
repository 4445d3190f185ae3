"""Messages between driver and workers: a job, requests, reports, and outcomes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import numpy as np

from data_pipeline.split.split import Fold
from data_pipeline.targets.targets import Targets
from models.calibration.calibration import Calibration, CalibrationFit
from models.config.config import DataSpec
from models.config.hyperparameters import Value
from models.evaluation.out_of_fold import digest_of
from models.metrics.predictions import Predictions
from models.pretrained.sources import LoadedWeights
from models.training.epoch import EpochScore
from search.costs.limits import LATENCY, MEGABYTE, PARAMETERS, SIZE
from search.trial.generalization_gap import Gap

PREDICTIONS = "predictions"
"""Attribute of a completed trial: the digest of its out-of-fold predictions."""

CALIBRATION = "calibration"
"""Attribute of a completed trial: its ``CalibrationFit``."""

CONSTRAINT = "constraint"
"""Reason of a trial whose model breaks a limit of ``[constraints]``."""

OUT_OF_MEMORY = "out_of_memory"
"""Reason of a trial that does not fit into memory, of a GPU or of the machine."""

WHY = "constraint_broken"
"""Attribute of such trials: what the model costs and the limit, or why none began."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Job:
    """The development part of a study, small enough to be sent to every worker.

    It holds nothing of the hold-out. ``images`` is the path of the memory-mapped
    pixels. ``rows`` are the development rows to train on; the folds hold no others.
    Models are trained on ``targets`` and scored against ``scoring_targets``: they
    differ where votes make labels. ``objective`` is metric name to weight. ``subjects``
    numbers the subject of each row, (N,), or what stands for it; ``None`` where every
    row is one of its own. ``groups`` numbers the group of each development row, -1
    for none, where a value is that of the worst group.

    ``memory`` is what one worker may hold, in bytes. ``gpus`` is the number of GPUs of
    a trial, or its share of one.

    Images are counted: ``unreadable`` ones that were left out, those ``without_face``
    where one was looked for, ``duplicates`` among the validation images of training
    images of their fold, and ``duplicates_dropped``, left out as duplicates of the
    hold-out and of a fold's validation part. ``checkpoints`` is the folder for the
    weights of each epoch, if the study keeps checkpoints. ``limits`` are those of
    ``[constraints]``; ``timed`` asks for the latency of each model without one.
    ``finished_folds`` is the folder for the finished folds of running trials, if they
    are kept; ``origin`` describes what trials are computed by.
    """

    images: str
    targets: Targets
    scoring_targets: Targets
    rows: np.ndarray
    folds: tuple[Fold, ...]
    data_spec: DataSpec
    objective: Mapping[str, float]
    stride: int
    cpus: int
    gpus: float
    concurrent: int
    memory: int
    unreadable: int = 0
    without_face: int = 0
    duplicates: int = 0
    duplicates_dropped: tuple[int, int] = (0, 0)
    checkpoints: str | None = None
    subjects: np.ndarray | None = None
    limits: Mapping[str, float] = field(default_factory=dict)
    timed: bool = False
    groups: np.ndarray | None = None
    finished_folds: str | None = None
    origin: str = ""

    @property
    def times_models(self) -> bool:
        """Whether the latency of each model is measured."""
        return self.timed or LATENCY in self.limits

    def groups_of(self, rows: np.ndarray) -> np.ndarray | None:
        """Returns the groups of some development rows."""
        return None if self.groups is None else self.groups[rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRequest:
    """A trial to run; ``seed`` determines everything random in it.

    ``seconds`` is the sampler's time. ``enqueued`` is the name of the enqueued trial
    that it is, if it is one. ``finetunes`` is the number of the head trial that it
    trains as a whole, ``None`` for any other trial.
    """

    number: int
    seed: int
    values: Mapping[str, Value]
    seconds: float
    enqueued: str = ""
    finetunes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrainRequest:
    """The winner, to be trained on all development rows and exported to ``path``.

    Training stops after epoch ``stop_after``; the schedule keeps its own horizon.
    ``rates`` are the learning rates of the search, to be replayed; empty, the
    schedule sets them. The exported model's probabilities are calibrated. ``number``
    is the place of the seed among several, from 1; ``None`` for the only one.
    """

    values: Mapping[str, Value]
    seed: int
    stop_after: int
    path: str
    rates: tuple[float, ...] = ()
    calibration: Calibration = field(default_factory=Calibration)
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a trial has cost so far, in seconds and in memory.

    ``sampled`` is the sampler's time, ``waited`` the time from the sampler's answer to
    the worker's start, ``built`` and ``traced`` a new graph (0.0 where it was reused),
    ``trained`` and ``validated`` the epochs. ``epochs`` counts over all folds.
    ``device_memory`` is the most bytes that its worker has held on a GPU until then.
    ``parameters``, ``model_bytes`` and ``latency_ms`` are those of its model, exported;
    see ``models.training.saving.ModelCost``.
    """

    epochs: int = 0
    parameters: int = 0
    model_bytes: int = 0
    latency_ms: float | None = None
    sampled: float = 0.0
    waited: float = 0.0
    built: float = 0.0
    traced: float = 0.0
    trained: float = 0.0
    validated: float = 0.0
    device_memory: int = 0

    def costs(self) -> dict[str, float | None]:
        """Returns what the model costs, by the names of ``[constraints]``."""
        return {
            PARAMETERS: self.parameters,
            LATENCY: self.latency_ms,
            SIZE: self.model_bytes / MEGABYTE,
        }

    def after_epoch(self, epoch: EpochScore, *, built: float, traced: float) -> "Spent":
        """Adds an epoch; ``built`` and ``traced`` are of the whole trial so far."""
        return replace(
            self,
            epochs=self.epochs + 1,
            device_memory=epoch.device_memory,
            built=built,
            traced=traced,
            trained=self.trained + epoch.seconds_trained,
            validated=self.validated + epoch.seconds_validated,
        )


PHASES = tuple(one.name for one in fields(Spent) if one.type is float)
"""What a trial's seconds are of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """Points of an epoch's curves by name, for TensorBoard."""

    training: Mapping[str, float] = field(default_factory=dict)
    validation: Mapping[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class PackedFold:
    """A finished fold of a running trial, as bytes."""

    content: bytes = field(repr=False)

    def take(self) -> bytes:
        """Returns the bytes and drops them: Tune keeps the last result of a trial."""
        found, self.content = self.content, b""
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One epoch of one fold.

    ``step`` is ``fold * stride + epoch`` with epochs from 1. ``last`` marks a fully
    trained trial, which is not pruned any more. ``gap`` is that of this epoch and
    fold, ``None`` where no training rows were scored. ``metrics`` are those of the
    objective, of which ``value`` is the mean; all of them of so many ``rows``. The last
    report of a fold has the whole of it, ``finished``, where that is kept. One that
    another run of the trial made is ``repeated``.
    """

    step: int
    fold: int
    epoch: int
    value: float
    last: bool
    spent: Spent
    curves: Curves = field(default_factory=Curves)
    gap: Gap | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    rows: int = 0
    finished: PackedFold | None = field(default=None, compare=False)
    repeated: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A trial that was trained over all its folds.

    ``value`` is the peak of the smoothed ``curve`` of pooled predictions, ``epoch``
    the epoch of that peak, from 1; retraining stops after it. ``curve`` and
    ``learning_rates`` have an entry an epoch. ``scores`` has every metric of the
    pooled predictions at ``epoch``, and ``thresholds``, one an action unit, are chosen
    on the same predictions, as ``calibration`` is. ``start`` is what the backbone was
    initialized with, if not at random. ``predictions`` are the pooled ones, in half
    precision. ``metrics`` are those of the objective, each
    smoothed like the value.
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
    predictions: Predictions | None = field(default=None, compare=False)
    calibration: CalibrationFit | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """A trial that was stopped for a reason.

    It is ``pruner``, ``diverged``, ``out_of_memory`` or ``constraint``. ``gap`` is that
    of its last report. ``excess`` has by how much its model breaks each limit, as a
    share of the limit, and ``why`` says so.
    """

    reason: str
    spent: Spent = field(default_factory=Spent)
    gap: Gap | None = None
    excess: Mapping[str, float] = field(default_factory=dict)
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A failed trial and the first line of its error; ``trace`` is the whole of it."""

    reason: str
    spent: Spent = field(default_factory=Spent)
    trace: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerDied:
    """A trial whose process or machine was lost before it reported its end.

    The ledger runs it again with the same seed, once. At the second death of the same
    configuration it is a failed trial, with ``reason``, or one that is pruned if the
    machine was ``out_of_memory``. Where its node was ``lost`` in a cluster, that is not
    counted as a death. ``trace`` is its last output.
    """

    reason: str
    out_of_memory: bool = False
    lost: bool = False
    spent: Spent = field(default_factory=Spent)
    trace: str = field(default="", compare=False, repr=False)


Outcome = Completed | Pruned | Failed | WorkerDied


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrained:
    """A retrained model that lies at the request's path.

    ``left_out`` counts unreadable rows, ``without_face`` those that show no face.
    ``start`` is what the backbone was initialized with, if not at random.
    """

    losses: tuple[float, ...]
    parameters: int
    seconds: float
    left_out: int = 0
    without_face: int = 0
    start: LoadedWeights | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retraining:
    """What an executor does after the trials.

    ``plan`` is called when the search has ended and lists what to train, in any order;
    ``keep`` takes each outcome as soon as it is known, and may raise.
    """

    plan: Callable[[], Sequence[RetrainRequest]]
    keep: Callable[[RetrainRequest, Retrained | Failed], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossValidated:
    """One configuration, trained with one seed on each fold.

    ``scores`` has every defined metric of the pooled predictions of validation rows,
    and ``value`` is their objective.
    """

    value: float
    scores: Mapping[str, float]


def complete_outcome(
    outcome: Outcome, last: Report | None, *, sampled: float, waited: float
) -> Outcome:
    """Adds the driver's times to a worker's outcome.

    The costs of a failed trial are those of its ``last`` report. ``sampled`` and
    ``waited`` are seconds, as in ``Spent``.
    """
    spent = outcome.spent
    if last is not None:
        spent = spent if spent.epochs else last.spent
        if isinstance(outcome, Pruned):
            outcome = replace(outcome, gap=last.gap)
    return replace(outcome, spent=replace(spent, sampled=sampled, waited=waited))


def outcome_attributes(outcome: Outcome) -> dict[str, Any]:
    """Lists what the ledger stores of an outcome, beside its state and value."""
    kept: dict[str, Any] = {"spent": asdict(outcome.spent)}
    if isinstance(outcome, Completed | Pruned) and outcome.gap is not None:
        kept |= asdict(outcome.gap)
    if isinstance(outcome, Pruned) and outcome.why:
        kept[WHY] = outcome.why
    if not isinstance(outcome, Completed):
        return kept | {"reason": outcome.reason}
    return kept | {
        "epoch": outcome.epoch,
        "pooled_curve": list(outcome.curve),
        "learning_rates": list(outcome.learning_rates),
        "scores": dict(outcome.scores),
        "thresholds": dict(outcome.thresholds),
        **({} if outcome.start is None else {"start": asdict(outcome.start)}),
        **(
            {}
            if outcome.predictions is None
            else {PREDICTIONS: digest_of(outcome.predictions)}
        ),
        **(
            {}
            if outcome.calibration is None
            else {CALIBRATION: outcome.calibration.entry()}
        ),
    }
