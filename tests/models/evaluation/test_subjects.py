"""Scores of single subjects and of groups are those of their own rows."""

import numpy as np
import pytest

from models.evaluation.baseline import constants_of
from models.evaluation.comparison import Candidate
from models.evaluation.report import evaluate
from models.evaluation.subjects import (
    RowGroups,
    group_scores,
    subject_scores,
    summarize_subjects,
)
from models.metrics.scores import scores
from tests.strategies.metrics import drawn

PRIMARY = "emotion.macro_f1"


def test_single_subjects_are_scored_by_their_rows():
    """A subject's scores are those of its rows; the worst tenth is its mean."""
    targets, predictions, subjects = drawn(8, rows=200)
    metrics = ["emotion.macro_f1", "emotion.accuracy", "action_units.mean_auc"]
    found = subject_scores(targets, predictions, subjects, metrics)
    assert list(found) == sorted(set(subjects))
    for name, row in found.items():
        rows = np.flatnonzero(np.array(subjects) == name)
        alone = scores(targets.take(rows), predictions.take(rows))
        assert row.pop("images") == len(rows)
        assert row == pytest.approx({metric: alone[metric] for metric in metrics})
    values = {f"S{n}": {"a": n / 10 if n else None} for n in range(21)}
    total = summarize_subjects(values, "a")
    assert (total["subjects"], total["of_worst_decile"]) == (20, 2)
    assert (total["lowest"], total["worst_decile"]) == pytest.approx((0.1, 0.15))
    assert summarize_subjects({"S1": {"a": None}}, "a") == {"subjects": 0}


def grouped(*, harm=0.0, skill=0.35):
    """Draws two groups of 12 subjects; in the second a share of emotions is wrong."""
    targets, predictions, _ = drawn(9, rows=480, units=2, skill=skill)
    place = np.arange(480) % 25
    of_row = np.select([place < 12, place < 24], ["f", "m"], "").astype(object)
    generator = np.random.default_rng(2)
    wrong = (of_row == "m") & (generator.random(480) < harm)
    predictions.emotion[wrong] = predictions.emotion[wrong][:, [1, 2, 0]]
    subjects = [f"S{n:03}" for n in place]
    model = Candidate(predictions=predictions, thresholds={"AU1": 0.4})
    found = group_scores(
        targets,
        model,
        RowGroups(names=("f", "m"), of_row=of_row),
        subjects=subjects,
        primary=PRIMARY,
        seed=1,
    )
    return found, targets, model, of_row, np.array(subjects)


def test_a_group_is_scored_by_its_rows():
    """Values and intervals of a group are those of a report on its rows alone."""
    found, targets, model, of_row, subjects = grouped()
    for name in ("f", "m"):
        rows = np.flatnonzero(of_row == name)
        alone = evaluate(
            targets.take(rows),
            model.take(rows).predictions,
            subjects=subjects[rows].tolist(),
            thresholds=model.thresholds,
            constants=constants_of(targets, count=len(rows)),
            seed=1,
        )
        part = found["groups"][name]
        assert (part["subjects"], part["images"]) == (12, len(rows))
        for head in ("emotion", "action_units"):
            assert part[head] == alone[head]["metrics"]


def test_a_gap_is_the_difference_of_the_ends():
    """Each gap is that of two groups, its interval around it, and chance beside it."""
    found, *_ = grouped(harm=0.8)
    for head, gaps in found["gaps"].items():
        for name, gap in gaps.items():
            ends = (found["groups"][gap[end]][head] for end in ("highest", "lowest"))
            high, low = (part[name]["value"] for part in ends)
            assert gap["gap"] == pytest.approx(high - low)
            if gap["low"] is not None:
                assert gap["low"] <= gap["gap"] <= gap["high"]
    gap = found["gaps"]["emotion"]["macro_f1"]
    assert (gap["highest"], gap["lowest"]) == ("f", "m")
    assert gap["low"] > 0
    assert found["by_chance"]["metric"] == PRIMARY
    assert 0 < found["by_chance"]["gap"] < gap["gap"]


def test_equal_groups_are_not_told_apart():
    """Without a difference the gap is one of chance, and its interval holds 0."""
    found, *_ = grouped()
    gap = found["gaps"]["emotion"]["macro_f1"]
    assert gap["low"] < 0 < gap["high"]
    assert gap["gap"] < found["by_chance"]["gap"]
    perfect, *_ = grouped(skill=0.9)
    gap = perfect["gaps"]["emotion"]["macro_f1"]
    assert (gap["gap"], gap["low"], gap["high"]) == (0.0, None, None)
