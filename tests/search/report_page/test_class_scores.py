"""Each emotion against all others has the scores that scikit-learn computes."""

import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from search.report_page.class_scores import class_scores
from tests.factories.made_run import drawn_rows


def test_areas_are_those_of_one_class_against_all_others():
    """AUC, PR-AUC and prevalence of the labelled rows, class by class."""
    rows = drawn_rows(heads=["emotion"], rows=90, seeds=0)
    known = rows.targets.emotion_mask
    truth = rows.targets.emotion[known].argmax(axis=1)
    chances = rows.model.predictions.emotion[known]
    found = class_scores(rows)
    assert list(found) == list(rows.targets.emotions)
    for place, row in enumerate(found.values()):
        mine = truth == place
        assert row["prevalence"] == pytest.approx(mine.mean())
        assert row["auc"] == pytest.approx(roc_auc_score(mine, chances[:, place]))
        wanted = average_precision_score(mine, chances[:, place])
        assert row["pr_auc"] == pytest.approx(wanted)
        assert 0 <= row["ece"] <= 1


def test_a_class_that_does_not_occur_has_no_area():
    """What is undefined is empty, and a study without emotions has no scores."""
    rows = drawn_rows(heads=["emotion"], rows=40, seeds=0)
    rows.targets.emotion_mask[rows.targets.emotion[:, 0] > 0] = False
    first, *_ = class_scores(rows).values()
    assert (first["auc"], first["pr_auc"], first["prevalence"]) == (None, None, 0.0)
    assert class_scores(drawn_rows(heads=["action_units"], rows=20, seeds=0)) == {}
