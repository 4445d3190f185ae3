"""A pruned trial's row of ``trials.csv``, through a whole serial run with a pruner."""

import numpy as np
import pytest

from models.metrics.predictions import Predictions
from models.training.epoch import EpochScore
from models.training.trainer import Timings
from search.trial import worker
from tests.factories.runs import STUDY, searched, table, write_study
from tests.fakes.model_cost import FakeCosts

SKILLED = 4
"""Trainings that validate well: those of the first two trials, of two folds each."""


class Trainer(FakeCosts):
    """Trains nothing: skilled on training rows, and at first on all other rows too."""

    loaded_weights = None

    def __init__(self, **options):
        """Has trained nothing yet; a fake keeps nothing, whatever the options."""
        del options
        self.timings = Timings()
        self._fits = 0

    def fit(self, config, arrays, part, *, seed):
        """Yields as many epochs as the configuration has, all alike."""
        del seed
        self._fits += 1
        predicted = _predictions(
            arrays.targets, part.validation, skilled=self._fits <= SKILLED
        )
        for epoch in range(1, config.epochs + 1):
            yield EpochScore(
                epoch=epoch,
                loss=0.5,
                learning_rate=1e-3,
                predictions=predicted,
                seconds_trained=0.1,
                seconds_validated=0.1,
                value=part.value(predicted),
                training_sample=_predictions(
                    arrays.targets, part.training_sample, skilled=True
                ),
            )


def _predictions(targets, rows, *, skilled):
    """Returns right or wrong predictions for all rows."""
    emotion, units = targets.emotion[rows], targets.action_unit[rows]
    return Predictions(
        emotion=emotion if skilled else np.roll(emotion, 1, axis=1),
        action_units=units if skilled else 1 - units,
    )


def test_a_pruned_trial_has_its_gap(tmp_path, coursework, monkeypatch):
    """The row of a pruned trial has its value on training rows and its gap."""
    monkeypatch.setattr(worker, "Trainer", Trainer)
    text = STUDY.replace('"none"', '"successive_halving"').replace(
        "trials = 2", "trials = 3"
    )
    words = (coursework, tmp_path / "runs", "--until", "search")
    answer = searched(write_study(tmp_path, text=text), *words)
    assert (answer.code, answer.err) == (0, ""), answer.err
    *_, row = table(tmp_path / "runs" / "tiny-synthetic")

    assert (row["state"], row["reason"], row["value"]) == ("PRUNED", "pruner", "")
    assert row["epochs"] == "1"
    assert float(row["trained_value"]) == pytest.approx(1.0)
    assert float(row["gap"]) == pytest.approx(1.0, abs=0.1)
    assert row["diagnosis"] == "over-fitting"
