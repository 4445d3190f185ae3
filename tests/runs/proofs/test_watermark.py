"""Proof: a mark that gives a person away gains nothing, because folds share nobody."""

from dataclasses import replace

import numpy as np
import pytest

from data_pipeline.development import read_scoring_targets
from data_pipeline.images.decode_table import decode_readable
from data_pipeline.split.split import Fold
from models.evaluation.linear import BaselineData, fit_linear, pixel_features
from models.metrics.scores import scores
from search.inputs.prepare import prepare_job
from tests.factories.data.crowd import WORDS, crowd, open_crowd, opened, write_crowd

PEOPLE = 45
METRIC = "emotion.balanced_accuracy"
LUCK = 0.1
"""What chance may add to a score of 30 people, of whom nothing is known."""


def found(place, *, marked):
    """Scores a linear model on a study's folds, on its hold-out, and on mixed folds.

    Each person shows one word only, so that who it is tells the word. In mixed folds
    everybody is in training and in validation.
    """
    faces = [
        replace(face, word=word, shown=word, mark=face.subject if marked else "")
        for number, face in enumerate(crowd(PEOPLE))
        for word in [WORDS[number // len(WORDS) % len(WORDS)]]
    ]
    run = open_crowd(place, write_crowd(place / "data", faces, noise=60, signal=36))
    job, _ = prepare_job(run)
    held_out = opened(run)
    pixels = decode_readable(held_out, size=32, unreadable="error").pixels
    takes = run.data.split.development.frame["sequence"].str[-1].astype(int).to_numpy()
    data = BaselineData(
        images=np.load(job.images),
        targets=replace(job.scoring_targets, action_units=(), intensities=()),
        rows=job.rows,
        folds=job.folds,
        objective={METRIC: 1.0},
    )
    mixed = tuple(
        Fold(train=np.flatnonzero(takes != take), validation=np.flatnonzero(here))
        for take in range(len(WORDS))
        for here in [takes == take]
    )
    fitted = fit_linear(data, pixels, pixel_features)
    leaky = fit_linear(replace(data, folds=mixed), pixels, pixel_features)
    truth = read_scoring_targets(run.study.data, held_out)
    tested = scores(truth, fitted.candidate.predictions)
    return {
        "validation": fitted.scores[METRIC],
        "hold-out": tested[METRIC],
        "mixed": leaky.scores[METRIC],
    }


@pytest.fixture(scope="module")
def values(tmp_path_factory):
    """Scores of faces as they are, and of the same faces with their person's mark."""
    return tuple(
        found(tmp_path_factory.mktemp(name), marked=name == "marked")
        for name in ("plain", "marked")
    )


def test_a_watermark_of_the_person_gains_nothing(values):
    """Neither on the validation rows of the study's folds nor on the hold-out."""
    plain, marked = values
    for part in ("validation", "hold-out"):
        assert plain[part] > 1 / 3 + LUCK, "something can be learned"
        assert plain[part] < 1 - LUCK, "more could be gained"
        assert marked[part] < plain[part] + LUCK


def test_the_same_mark_gives_the_person_away(values):
    """Where folds share people it tells their word: the proof can fail."""
    plain, marked = values
    assert marked["mixed"] > plain["mixed"] + LUCK
    assert marked["mixed"] > marked["validation"] + 2 * LUCK
