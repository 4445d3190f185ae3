"""Scores of single subjects: each by its own images, and only where they mean much."""

import numpy as np

from search.holdout.subjects import ACCURACY, MICRO_F1, score_subjects
from search.study.study import read_study
from tests.factories.made_run import drawn_rows


def test_action_units_of_a_subject():
    """Each subject has the micro F1 of its units; one who shows none has no F1."""
    rows = drawn_rows(heads=["emotion", "action_units"], rows=60, seeds=0)
    units, subjects = rows.targets, list(rows.units)
    plain = np.array(subjects) == subjects[0]
    units.action_unit[plain] = 0
    found = score_subjects(read_study("smoke"), rows, subjects)["by_subject"]
    assert found["subjects"][subjects[0]][MICRO_F1] is None
    assert found["subjects"][subjects[0]][ACCURACY] is not None
    other = next(name for name in subjects if name != subjects[0])
    mine = np.array(subjects) == other
    known = units.action_unit_mask[mine]
    shown = (units.action_unit[mine] > 0)[known]
    said = (rows.model.predictions.action_units[mine] >= 0.5)[known]
    expected = 2 * (shown & said).sum() / (shown.sum() + said.sum())
    assert found["subjects"][other][MICRO_F1] == np.float64(expected)
    scored = [row for row in found["subjects"].values() if row[MICRO_F1] is not None]
    assert found["summary"][MICRO_F1]["subjects"] == len(scored)
