"""The results name the trials that cannot be told from the winner."""

from search.results.choice import choice

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
