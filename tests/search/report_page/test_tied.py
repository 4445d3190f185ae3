"""The table of trials that cannot be told from the winner."""

from search.report_page.tied import tied_tables

ROW = {"score": 0.8, "behind": 0.02, "low": -0.01, "high": 0.05, "seconds": 0.5}
FOUND = {
    "best": 3,
    "chosen": 5,
    "smallest_tied": 5,
    "fastest_tied": 7,
    "tied": [
        {**ROW, "trial": 3, "parameters": 2_000_000},
        {**ROW, "trial": 5, "parameters": 150_000},
        {**ROW, "trial": 7, "parameters": 2_000_000},
    ],
}


def test_each_tied_trial_is_listed():
    """Every tied trial has its row, and what it is among them."""
    (table,) = tied_tables(FOUND)
    roles = dict(table.frame["among them"])
    assert roles == {
        "trial 3": "best",
        "trial 5": "chosen, smallest",
        "trial 7": "fastest",
    }
    assert table.frame.loc["trial 5", "weights, millions"] == "0.15"
    assert "0.020" in table.frame.loc["trial 5", "behind the best"]


def test_a_clear_winner_has_no_table():
    """No table is made of the winner alone, nor of a choice without a comparison."""
    assert list(tied_tables({**FOUND, "tied": FOUND["tied"][:1]})) == []
    assert list(tied_tables({"best": 3, "chosen": 3})) == []
