"""Tune's Searcher: trials for the places there are, and the nodes that have them."""

from pathlib import Path

from search.executors.ray.executor import LedgerSearcher
from search.executors.tune_bridge import Bridge
from search.executors.workers import Workers
from tests.fakes.bridge_ledger import FakeLedger, then


def test_places_and_nodes():
    """It asks for no more trials than there are places, and tells the living nodes."""
    ledger = FakeLedger(9)
    workers = Workers(
        post=None,
        folder=Path(),
        resources={},
        capacity=lambda: 2,
        nodes=lambda: ["first", "second"],
    )
    searcher = LedgerSearcher(Bridge(ledger, then()), workers)
    asked = [searcher.suggest(name) for name in "abc"]
    assert [isinstance(task, dict) for task in asked] == [True, True, False]
    assert ledger.living == ["first", "second"]
