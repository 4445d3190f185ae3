"""Laws of the best trial: completed, highest, of equals the first, in any order."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from search.ledger.records import best_trial


@dataclass(frozen=True)
class Trial:
    """The fields that the rule uses."""

    number: int
    value: float | None


@given(st.lists(st.none() | st.sampled_from([-0.5, 0.0, 0.25, 1.0])), st.randoms())
def test_best(values, random):
    """The best is the first of the highest, below zero too; none without results."""
    trials = [Trial(number, value) for number, value in enumerate(values)]
    done = [value for value in values if value is not None]
    expected = trials[values.index(max(done))] if done else None
    random.shuffle(trials)
    assert best_trial(trials) == expected
