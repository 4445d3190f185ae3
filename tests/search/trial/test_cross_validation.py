"""Scores of a fixed configuration: trained as the final model is, on each fold."""

from dataclasses import replace

import numpy as np
import pytest

from data_pipeline.system.seeds import child_seed
from models.metrics.scores import scores
from search.trial.cross_validation import cross_validate
from search.trial.messages import CrossValidated, Failed, RetrainRequest
from search.trial.objective import weighted_mean
from tests.fakes.trainer import CONFIG, EPOCHS, FOLDS, OBJECTIVE, FakeTrainer, trial

REQUEST = RetrainRequest(values={}, seed=5, stop_after=EPOCHS, path="", rates=(0.1,))


def validated(job, folds):
    """Cross-validates with a fake trainer; returns both."""
    trainer = FakeTrainer(folds)
    return trainer, cross_validate(trainer, None, job, CONFIG, REQUEST)


def test_scores_are_of_the_last_epochs_pooled():
    """The last epoch of each fold is pooled and scored once."""
    job, tables, folds = trial()
    _, found = validated(job, folds)
    rows = np.concatenate([fold.validation for fold in job.folds])
    wanted = scores(job.scoring_targets.take(rows), tables[-1].take(rows))
    assert isinstance(found, CrossValidated)
    assert found.scores == pytest.approx(wanted)
    assert found.value == pytest.approx(weighted_mean(wanted, OBJECTIVE))


def test_each_fold_is_trained_as_the_final_model():
    """Epochs and rates are the request's, and each fold has its own seed."""
    job, _, folds = trial()
    trainer, _ = validated(job, folds)
    assert len(trainer.calls) == FOLDS
    for index, (call, fold) in enumerate(zip(trainer.calls, job.folds, strict=True)):
        assert call.options == {"stop_after": EPOCHS, "rates": (0.1,)}
        assert call.seed == child_seed(5, "fold", index)
        assert np.array_equal(call.part.train, fold.train)
        assert np.array_equal(call.part.validation, fold.validation)


def test_a_diverged_fold_has_no_score():
    """A loss that is not finite is a failure that names the fold."""
    job, _, folds = trial()
    folds[1][2] = replace(folds[1][2], loss=float("nan"))
    _, found = validated(job, folds)
    assert found == Failed(reason="training diverged in fold 2")
