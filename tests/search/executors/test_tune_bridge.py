"""The bridge between Tune and the ledger, by Tune's rules and without Ray."""

import pickle
from dataclasses import replace

import pytest

from search.executors.tune_bridge import FINISHED, Bridge
from search.trial.finished.fold_files import FoldFiles
from search.trial.messages import PackedFold, Pruned, Retrained
from tests.fakes.bridge_ledger import ORDER, FakeLedger, completed, report, then


@pytest.fixture
def ledger():
    """A ledger of two trials that prunes neither."""
    return FakeLedger(2)


def test_a_whole_search(ledger):
    """Trials come first, then the retraining, then the end; each ends once."""
    kept = {}
    bridge = Bridge(ledger, then(ORDER, kept=kept))
    assert bridge.suggest("a")["trial"].number == 0
    assert bridge.suggest("b")["trial"].number == 1
    assert bridge.suggest("c") is None, "trials still run"
    assert not bridge.report("a", {"report": report(), "started": 0.0})
    for name in ("a", "b"):
        bridge.complete(name, {"outcome": completed(), "started": 0.0}, error=False)
    assert bridge.suggest("c") == {"retrain": ORDER}
    assert bridge.suggest("d") is None, "the retraining still runs"
    done = Retrained(losses=(1.0,), parameters=3, seconds=1.0)
    bridge.complete("c", {"retrained": done, "done": True}, error=False)
    assert bridge.suggest("d") == FINISHED
    assert kept == {ORDER.path: done}
    assert set(ledger.outcomes) == {0, 1}
    assert ledger.outcomes[0].spent.sampled == 0.25


def test_nothing_to_retrain(ledger):
    """Where nothing is ordered the search ends after its trials."""
    ledger.budget = 0
    bridge = Bridge(ledger, then())
    assert bridge.suggest("a") == FINISHED
    assert bridge.suggest("b") == FINISHED


def test_several_retrainings_share_the_workers(ledger):
    """Each free worker takes one; each is kept once, and the last ends the search."""
    ledger.budget, kept = 0, {}
    orders = [replace(ORDER, path=name) for name in "xyz"]
    bridge = Bridge(ledger, then(*orders, kept=kept))
    assert [bridge.suggest(name)["retrain"].path for name in "ab"] == ["x", "y"]
    done = Retrained(losses=(1.0,), parameters=3, seconds=1.0)
    bridge.complete("b", {"retrained": done}, error=False)
    assert bridge.suggest("c")["retrain"].path == "z"
    bridge.complete("a", None, error=True)
    assert bridge.suggest("d")["retrain"].path == "x", "its worker died"
    assert bridge.suggest("e") is None
    for name in "cd":
        bridge.complete(name, {"retrained": done}, error=False)
    assert bridge.suggest("e") == FINISHED
    assert sorted(kept) == ["x", "y", "z"]


def test_what_was_finished_of_a_lost_trial_goes_along(ledger, tmp_path):
    """A worker gets the folds that are kept of its trial, by the trial's seed."""
    bridge = Bridge(ledger, then())
    bridge.folds = FoldFiles(tmp_path)
    assert bridge.suggest("a")["finished"] == ()
    bridge.folds.write(0, 0, PackedFold(b"fold"))
    assert bridge.suggest("b")["finished"] == (PackedFold(b"fold"),)


def test_pruned_trial():
    """A trial that the pruner stops is recorded as pruned, with its costs."""
    ledger = FakeLedger(1, prunes=(0,))
    bridge = Bridge(ledger, then())
    bridge.suggest("a")
    result = {"report": report(2), "started": 0.0}
    assert bridge.report("a", result)
    # Tune ends a stopped trial with its last result, as if it were complete.
    bridge.complete("a", result, error=False)
    assert isinstance(ledger.outcomes[0], Pruned)
    assert ledger.outcomes[0].reason == "pruner"
    assert ledger.outcomes[0].spent.epochs == 2


def test_last_report_prunes_nothing():
    """A fully trained trial is not stopped before it has reported its value."""
    bridge = Bridge(FakeLedger(1, prunes=(0,)), then())
    bridge.suggest("a")
    assert not bridge.report("a", {"report": report(2, last=True), "started": 0.0})


def test_repeated_end_is_recorded_once(ledger):
    """Tune may report the end of a trial twice; the ledger records it once."""
    bridge = Bridge(ledger, then())
    bridge.suggest("a")
    for _ in range(2):
        bridge.complete("a", {"outcome": completed()}, error=False)
    assert list(ledger.outcomes) == [0]


def test_error_ends_the_search(ledger):
    """After an error of the ledger nothing more is proposed."""
    bridge = Bridge(ledger, then())
    bridge.error = RuntimeError("the disk is full")
    assert bridge.suggest("a") == FINISHED
    assert ledger.next == 0


def test_copies_hold_nothing(ledger):
    """What Tune pickles of the bridge is empty: the ledger is the only state."""
    assert Bridge(ledger, then()).__getstate__() == {}
    assert isinstance(pickle.loads(pickle.dumps(Bridge(ledger, None))), Bridge)  # noqa: S301 - our own bytes
