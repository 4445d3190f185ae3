"""The results name the trials that cannot be told from the winner."""

from search.report_page.choice import choice_texts
from search.results.choice import choice
from tests.search.results.test_section import BEHIND, SELECTION

REPORT = {
    "trial": 3,
    "selection": {"tied": 3, "compared": 4, "subjects": 20, "known": []},
}
SELECTED = {
    "best": 3,
    "chosen": 3,
    "smallest_tied": 5,
    "fastest_tied": 7,
    "tied": [{"trial": number, "parameters": 150_000} for number in (3, 5, 7)],
}


def test_tied_trials_are_named():
    """Their numbers are listed, with the smallest, and no measured time."""
    text = "\n".join(choice(REPORT, SELECTED))
    assert "the best one, 3, is not significantly better than: 5, 7." in text
    assert "5 is the smallest (0.15 million weights; selection.json)" in text
    assert "fastest" not in text


def test_a_selection_of_another_test_is_left_out():
    """Trials are named only by the selection that the tested trial came from."""
    for selected in ({}, {**SELECTED, "chosen": 5}):
        assert "selection.json" not in "\n".join(choice(REPORT, selected))


def test_trials_that_were_compared_again_after_the_test_are_not_named():
    """The report is of the test: names of a later comparison would not fit it."""
    again = {**SELECTED, "tied": SELECTED["tied"][:2]}
    assert "selection.json" not in "\n".join(choice(REPORT, again))


def test_only_what_was_computed_is_said_of_an_earlier_selection():
    """Without the name of its intervals, neither text has today's method."""
    found = {**SELECTION, "known": [{"name": "paper", **BEHIND}]}
    del found["intervals"]
    text = "\n".join((*choice({"selection": found}), *choice_texts(found)))
    assert "interval by an earlier version of this project's method. Not" in text
    assert text.count("by an earlier version") == 5
    assert "jackknife" not in text
    assert "paired" not in text
