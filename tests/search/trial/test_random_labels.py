"""A leak would show: labels that mean nothing are scored at chance by a whole trial."""

import numpy as np
import pytest

from data_pipeline.split.split import Fold
from models.config.config import DataSpec
from search.trial.messages import Job, TrialRequest
from search.trial.worker import Worker
from tests.factories.models import EMOTIONS, SIDE, UNITS, pictures
from tests.fakes.trainer import follow

ROWS = 240
VALUES = {
    "backbone.blocks": 1,
    "backbone.filters": 16,
    "backbone.normalization": "development",
    "head.dense_units": 32,
    "training.epochs": 6,
    "training.patience": 2,
    "training.learning_rate": 1e-2,
    "balance": "oversample",
}


def _job(folder, order):
    """Gives each picture the label of another, or its own where nothing is changed."""
    arrays = pictures(ROWS)
    np.save(folder / "images.npy", arrays.images)
    targets = arrays.targets.take(order)
    halves = np.array_split(np.arange(ROWS), 2)
    data_spec = DataSpec(
        image_size=SIDE, channels=1, emotions=EMOTIONS, action_units=UNITS
    )
    return Job(
        images=str(folder / "images.npy"),
        targets=targets,
        scoring_targets=targets,
        rows=np.arange(ROWS),
        folds=tuple(
            Fold(train=train, validation=validation)
            for train, validation in (halves, halves[::-1])
        ),
        data_spec=data_spec,
        objective={"emotion.accuracy": 1.0},
        stride=6,
        cpus=1,
        gpus=0.0,
        concurrent=1,
        memory=10**12,
    )


@pytest.mark.slow
def test_random_labels_are_scored_at_chance(tmp_path):
    """The same trial learns true labels, and of shuffled ones no more than chance.

    Of 240 rows a third is right by luck, give or take .03; five times that is allowed,
    for the best of six epochs is looked at.
    """
    request = TrialRequest(number=0, seed=3, values=VALUES, seconds=0.0)
    truth, shuffled = np.arange(ROWS), np.random.default_rng(5).permutation(ROWS)
    _, learned = follow(Worker(_job(tmp_path, truth)).trial(request))
    _, lucky = follow(Worker(_job(tmp_path, shuffled)).trial(request))

    assert learned.value > 0.8
    assert lucky.value < 1 / 3 + 5 * 0.03
    assert lucky.gap.baseline_value == pytest.approx(1 / 3, abs=0.1)
