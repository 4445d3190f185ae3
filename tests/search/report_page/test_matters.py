"""What mattered: each trial that is not compared is named as what it is."""

import pytest

from search.ledger.records import TrialRecord
from search.report_page.importance import Importance
from search.report_page.sections.matters import _left_out


def record(number, reason="", *, state="PRUNED", value=None, curve=(1,)):
    """Makes a trial that has reported a value at the steps of ``curve``."""
    return TrialRecord(
        number=number,
        state=state,
        reason=reason,
        value=value,
        values={},
        curve=dict.fromkeys(curve, 0.5),
        attributes={},
    )


COMPARED = Importance(shares={}, numbers=frozenset({9}), fold=1, epoch=1)


@pytest.mark.parametrize(
    ("trial", "words"),
    [
        (record(1, "no", state="FAIL"), "1 failed"),
        (record(1, "diverged"), "1 diverged"),
        (record(1, "constraint"), "1 broke a constraint"),
        (record(1, "out_of_memory"), "1 did not fit into the memory"),
        (record(1, "pruner"), "1 came before the last 300 of them"),
        (record(1, value=0.5, state="COMPLETE"), "1 came before the last 300 of them"),
        (record(1, "pruner", curve=()), "1 had no value to compare"),
    ],
)
def test_a_trial_that_is_not_compared(trial, words):
    """The page says why a trial is left out."""
    (text,) = _left_out([trial, record(9, "pruner")], COMPARED)
    assert text == f"1 other trial is not compared: {words}."


def test_trials_that_are_all_compared():
    """Nothing is said where no trial is left out."""
    assert list(_left_out([record(9, "pruner")], COMPARED)) == []
