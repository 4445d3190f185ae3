"""Laws of the paired difference between a model and a baseline."""

import json

import pytest

from models.evaluation.comparison import Candidate, compare, compare_votes
from models.evaluation.jackknife import DIFFERENCE, intervals
from models.evaluation.tables import NO_INTERVAL
from models.metrics.predictions import HEADS
from models.metrics.scores import scores
from models.metrics.thresholds import choose_thresholds
from tests.strategies.metrics import drawn, labels, outputs

SEED = 11


def sides(seed=1, **options):
    """Draws labels, a better and a worse candidate, and subjects."""
    targets, better, subjects = drawn(seed, skill=0.5, rated=True, **options)
    _, worse, _ = drawn(seed, skill=0.2, rated=True, **options)
    candidates = [
        Candidate(predictions=each, thresholds=choose_thresholds(targets, each))
        for each in (better, worse)
    ]
    return targets, *candidates, subjects


def test_value_and_difference_are_those_of_the_scores():
    """Each metric has the baseline's score, and how much higher the model's is."""
    targets, model, baseline, subjects = sides()
    found = compare(targets, model, baseline, subjects=subjects, seed=SEED)
    assert set(found) == set(HEADS)
    tables = [
        [
            scores(targets, side.predictions, thresholds=side.thresholds if at else {})
            for side in (model, baseline)
        ]
        for at in (False, True)
    ]
    for head, metrics in found.items():
        for name, compared in metrics.items():
            if name.startswith("AU"):
                continue  # of a unit's intensity alone
            short = f"{head}.{name.removesuffix('_at_thresholds')}"
            mine, theirs = (table[short] for table in tables["_at_" in name])
            assert compared["value"] == pytest.approx(theirs)
            assert compared["difference"] == pytest.approx(mine - theirs)
    assert found["emotion"]["accuracy"]["difference"] > 0


def test_the_interval_is_of_differences_of_the_same_people():
    """The interval is that of the differences of the rows, not of two intervals."""
    targets, model, baseline, subjects = sides(2, rows=40, masked=0.0)
    right = targets.emotion.argmax(axis=1)
    mine, theirs = (
        (side.predictions.emotion.argmax(axis=1) == right).astype(float)
        for side in (model, baseline)
    )
    wanted = intervals(
        lambda weights: {"mean": weights @ (mine - theirs) / weights.sum(axis=1)},
        subjects,
        seed=SEED,
        scale=lambda _: DIFFERENCE,
    )
    found = compare(targets, model, baseline, subjects=subjects, seed=SEED)
    ends = [found["emotion"]["accuracy"][key] for key in ("low", "high")]
    assert ends == pytest.approx(wanted["mean"])
    assert ends[0] < found["emotion"]["accuracy"]["difference"] < ends[1]


def test_a_model_does_not_differ_from_itself():
    """Every difference of a model from itself is 0, with an interval from 0 to 0."""
    targets, model, _, subjects = sides(3)
    found = compare(targets, model, model, subjects=subjects, seed=SEED)
    for metrics in found.values():
        for name, compared in metrics.items():
            assert compared["difference"] == 0.0
            ends = {compared["low"], compared["high"]}
            assert ends == ({None} if name in NO_INTERVAL else {0.0})


def test_one_subject_has_no_interval():
    """With one subject there are differences, and each end is null, as JSON has it."""
    targets, model, baseline, subjects = sides(4)
    alone = ["S001"] * len(subjects)
    found = compare(targets, model, baseline, subjects=alone, seed=SEED)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert {m["low"] for part in found.values() for m in part.values()} == {None}


def test_only_shared_heads_are_compared():
    """A head that one of them lacks is left out."""
    targets, model, baseline, subjects = sides(5)
    emotion = Candidate(
        predictions=outputs(baseline.predictions.emotion.argmax(axis=1)), thresholds={}
    )
    found = compare(targets, model, emotion, subjects=subjects, seed=SEED)
    assert set(found) == {"emotion"}


def test_votes_are_compared_too():
    """The model nearer to the votes has a divergence below the other's."""
    votes = labels([0, 1, 2, 0])
    near = Candidate(predictions=outputs([0, 1, 2, 0]), thresholds={})
    far = Candidate(predictions=outputs([1, 1, 2, 0]), thresholds={})
    (part,) = compare_votes(votes, near, far, subjects=list("aabb"), seed=SEED).values()
    assert part["kl_divergence"]["difference"] < 0
    assert part["kl_divergence"]["value"] > 0
