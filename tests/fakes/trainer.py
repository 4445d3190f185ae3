"""A fake trainer that yields scores made before, and jobs for it."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from data_pipeline.split.split import Fold
from models.config.config import DataSpec, model_config
from models.training.epoch import EpochScore
from models.training.trainer import Timings
from search.trial.messages import Job
from tests.fakes.model_cost import FakeCosts
from tests.strategies.metrics import drawn

ROWS, FOLDS, EPOCHS, STRIDE = 30, 3, 4, 10
OBJECTIVE = {"emotion.macro_f1": 1.0, "action_units.mean_auc": 0.5}


class FakeTrainer(FakeCosts):
    """Yields given scores, one list a fold; records its calls."""

    def __init__(self, folds, *, traced=(0.5, 0.0, 0.0)):
        """Takes what each fold yields."""
        self._folds = folds
        self._traced = traced
        self.timings = Timings()
        self.calls = []
        self.closed = 0

    def fit(self, config, arrays, part, *, seed, **options):
        """Yields the epochs of the next fold."""
        index = len(self.calls)
        self.calls.append(
            SimpleNamespace(
                arrays=arrays, part=part, seed=seed, config=config, options=options
            )
        )
        self.timings = Timings(built=1.0, traced=self._traced[index])
        try:
            for score in self._folds[index]:
                yield replace(score, value=part.value(score.predictions))
        finally:
            self.closed += 1


def epoch(number, predictions, *, loss=0.5):
    """Makes the score of one epoch."""
    return EpochScore(
        epoch=number,
        loss=loss,
        learning_rate=1e-3,
        predictions=predictions,
        seconds_trained=2.0,
        seconds_validated=0.25,
    )


def job_of(targets, objective=None):
    """Makes a job of three folds whose rows are mixed."""
    order = np.random.default_rng(5).permutation(ROWS)
    parts = [np.sort(part) for part in np.array_split(order, FOLDS)]
    folds = tuple(
        Fold(train=np.setdiff1d(np.arange(ROWS), part), validation=part)
        for part in parts
    )
    return Job(
        images="",
        targets=targets,
        scoring_targets=targets,
        rows=np.arange(ROWS),
        folds=folds,
        data_spec=DATA_SPEC,
        objective=OBJECTIVE if objective is None else objective,
        stride=STRIDE,
        cpus=1,
        gpus=0.0,
        concurrent=1,
        memory=10**12,
    )


DATA_SPEC = DataSpec(
    image_size=16, channels=1, emotions=("a", "b", "c"), action_units=("AU1",)
)
CONFIG = model_config({"training.epochs": EPOCHS}, DATA_SPEC)


def trial(seed=1):
    """Draws targets and, for each epoch, predictions of the whole table."""
    targets, _, _ = drawn(seed, rows=ROWS)
    tables = [
        drawn(seed * 100 + number, rows=ROWS, skill=0.0)[1] for number in range(EPOCHS)
    ]
    job = job_of(targets)
    folds = [
        [epoch(n + 1, table.take(fold.validation)) for n, table in enumerate(tables)]
        for fold in job.folds
    ]
    return job, tables, folds


def follow(stream):
    """Runs a trial to its end; returns its reports and its outcome."""
    reports = []
    while True:
        try:
            reports.append(next(stream))
        except StopIteration as end:
            return reports, end.value
