"""The front of a search with several objectives: trials that no other one dominates."""

from collections.abc import Sequence
from typing import Any

from search.costs.dominance import front
from search.ledger.records import TrialRecord
from search.sampling.objectives import point


def trials_on_front(
    ranked: Sequence[TrialRecord], goals: Sequence[str]
) -> list[TrialRecord]:
    """Returns the front of completed trials, in their order; all for one objective.

    The front has a trial with the highest value, the weighted mean of the metrics.
    """
    if not goals:
        return list(ranked)
    points = [point([r.objectives[goal] for goal in goals], goals) for r in ranked]
    return [ranked[place] for place in front(points)]


def front_entry(
    ranked: Sequence[TrialRecord], goals: Sequence[str]
) -> dict[str, list[dict[str, Any]]]:
    """Writes the front for ``selection.json``: a row a trial; nothing without goals."""
    if not goals:
        return {}
    rows = [
        {"trial": record.number} | {goal: record.objectives[goal] for goal in goals}
        for record in trials_on_front(ranked, goals)
    ]
    return {"front": rows}
