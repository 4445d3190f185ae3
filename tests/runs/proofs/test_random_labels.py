"""Proof: of labels that mean nothing a whole run learns nothing, and says so."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.factories.data.crowd import STUDY, crowd, write_crowd
from tests.factories.runs import searched, write_study

pytestmark = pytest.mark.slow

PEOPLE = 40
CHANCE = 1 / 3
ONLY_EMOTION = STUDY.replace(
    '["emotion", "action_units", "action_unit_intensities", "valence_arousal"]',
    '["emotion"]',
)


def run(place, faces, *, trials):
    """Searches, retrains and tests on a crowd; returns report and printed lines."""
    data = write_crowd(place / "data", faces)
    words = ("--set", f"search.trials={trials}")
    study = write_study(place, text=ONLY_EMOTION)
    answer = searched(study, data, place / "runs", *words)
    assert (answer.code, answer.err) == (0, "")
    path = place / "runs" / "tiny-synthetic" / "holdout.json"
    return json.loads(path.read_text()), answer.out


def test_shuffled_labels_are_chance_and_have_no_winner(tmp_path):
    """The hold-out's interval has the constant's value in it, and no trial wins.

    So have the linear baseline's value and the corrected one of the search.
    """
    faces = crowd(PEOPLE)
    order = np.random.default_rng(5).permutation(len(faces))
    shuffled = [
        replace(face, word=faces[other].word)
        for face, other in zip(faces, order, strict=True)
    ]
    report, printed = run(tmp_path, shuffled, trials=4)
    part = report["emotion"]
    for name in ("balanced_accuracy", "accuracy"):
        metric = part["metrics"][name]
        assert metric["low"] < CHANCE < metric["high"], name
        assert part["baseline"][name] == pytest.approx(CHANCE, abs=0.1)
    linear = part["baselines"]["linear_pixels"]["balanced_accuracy"]
    assert linear["value"] == pytest.approx(CHANCE, abs=0.2)
    corrected = report["selection"]["corrected"]
    assert corrected["low"] < CHANCE < corrected["high"]
    assert "no significant winner" in printed


def test_the_same_run_learns_true_labels(tmp_path):
    """With each face's own label, all of these are far above chance."""
    report, _ = run(tmp_path, crowd(PEOPLE), trials=1)
    part = report["emotion"]
    assert part["metrics"]["balanced_accuracy"]["low"] > CHANCE + 0.1
    assert report["selection"]["corrected"]["low"] > CHANCE + 0.1
    assert part["baselines"]["linear_pixels"]["balanced_accuracy"]["value"] > 0.8
