"""The bridge where workers die or cannot start: what costs a trial, what does not."""

from functools import partial

import pytest

from search.executors.board import FolderBoard
from search.executors.heartbeat import Pulse, was_left
from search.executors.parcels import Parcel
from search.executors.tune_bridge import FINISHED, LINES, STARTS, Bridge, trial_name
from search.trial.messages import (
    OUT_OF_MEMORY,
    Completed,
    Failed,
    Retrained,
    WorkerDied,
)
from tests.fakes.bridge_ledger import ORDER, FakeLedger, completed, report, then

CAUSE = "a worker cannot start:\nValueError: no such backend"


def bridged(ledger, *, ready=(), left=lambda _: False, kept=None):
    """A bridge whose workers have started the trials of these numbers."""
    names = {f"trial {number}" for number in ready}
    retraining = then(ORDER, kept=kept)
    return Bridge(ledger, retraining, lambda name: name in names, left)


def test_a_death_is_recorded_as_one():
    """A trial whose worker died is left for the ledger to run again."""
    ledger = FakeLedger(2)
    bridge = bridged(ledger, ready=[0])
    bridge.suggest("a")
    last = {"report": report(3), "started": 0.0}
    bridge.report("a", last)
    bridge.complete("a", None, error=True)
    assert ledger.outcomes[0] == WorkerDied(
        reason="the worker died in this trial", spent=ledger.outcomes[0].spent
    )
    assert ledger.outcomes[0].spent.epochs == 3
    assert bridge.error is None
    assert bridge.suggest("b")["trial"].number == 1


def test_a_death_for_lack_of_memory_has_its_reason():
    """Ray's cause of a death is part of the trial's reason."""
    ledger = FakeLedger(1)
    bridge = bridged(ledger, ready=[0])
    bridge.suggest("a")
    bridge.trouble = "Task was killed due to the node running low on memory."
    bridge.complete("a", None, error=True)
    assert "ran out of memory" in ledger.outcomes[0].reason


@pytest.mark.parametrize(
    "trouble",
    [
        "The actor died because its node has died. Node Id: 5645",
        "The actor is temporarily unavailable: RpcError: Socket closed",
    ],
)
def test_a_lost_node_is_no_death_of_the_configuration(trouble):
    """In a cluster the trial runs again however often; on one machine it counts."""
    for in_cluster in (True, False):
        ledger = FakeLedger(1)
        bridge = Bridge(ledger, then(ORDER))
        bridge.in_cluster = in_cluster
        bridge.suggest("a")
        bridge.trouble = trouble
        bridge.complete("a", None, error=True)
        assert ledger.outcomes[0].lost == in_cluster
        assert ("node" in ledger.outcomes[0].reason) == in_cluster


def test_what_a_cluster_tells_is_recorded(tmp_path):
    """A trial's node is kept, and its checkpoints arrive before it is told."""
    ledger = FakeLedger(1)
    bridge = Bridge(ledger, then(ORDER), checkpoints=str(tmp_path))
    bridge.suggest("a")
    parcel = Parcel({"trial-0000/fold-1/epoch-0001.keras": b"weights"})
    result = {"outcome": completed(), "node": "10.0.0.5 abc", "parcel": parcel}
    bridge.complete("a", result, error=False)
    assert ledger.nodes == {0: "10.0.0.5 abc"}
    file = tmp_path / "trial-0000" / "fold-1" / "epoch-0001.keras"
    assert file.read_bytes() == b"weights"


def test_a_worker_that_dies_was_located_before():
    """Its first report has its node: of a dead worker Tune gives no last result."""
    ledger = FakeLedger(1)
    bridge = Bridge(ledger, then(ORDER))
    bridge.suggest("a")
    bridge.report("a", {"report": report(), "node": "10.0.0.5 abc"})
    bridge.complete("a", None, error=True)
    assert ledger.nodes == {0: "10.0.0.5 abc"}
    assert isinstance(ledger.outcomes[0], WorkerDied)


def test_a_worker_that_cannot_start_costs_nothing():
    """Its trial stays open for the next start; the search ends with the cause."""
    ledger = FakeLedger(5)
    bridge = bridged(ledger)
    bridge.suggest("a")
    bridge.complete("a", {"cannot_start": CAUSE, "done": True}, error=False)
    assert ledger.outcomes == {}
    assert str(bridge.error) == CAUSE
    assert bridge.suggest("b") == FINISHED
    assert ledger.next == 1


def test_a_trial_that_reported_had_begun():
    """Its worker's death counts, also where the note of its start is lost."""
    ledger = FakeLedger(1)
    bridge = Bridge(ledger, then(), has_started=lambda _: False)
    bridge.suggest("a")
    bridge.report("a", {"report": report(), "started": 0.0})
    bridge.complete("a", None, error=True)
    assert isinstance(ledger.outcomes[0], WorkerDied)
    assert bridge.error is None


def test_others_stop_after_such_an_error():
    """Trials stopped by the error stay open; a finished trial counts."""
    ledger = FakeLedger(3)
    bridge = bridged(ledger, ready=[0, 1])
    for name in "abc":
        bridge.suggest(name)
    bridge.complete("c", {"cannot_start": CAUSE, "done": True}, error=False)
    bridge.complete("a", {"report": report(1), "started": 0.0}, error=False)
    bridge.complete("b", {"outcome": completed(), "started": 0.0}, error=False)
    assert list(ledger.outcomes) == [1]
    assert isinstance(ledger.outcomes[1], Completed)


@pytest.mark.parametrize(
    "trouble", ["terminate called: std::bad_alloc", "*** SIGSEGV received", ""]
)
def test_a_death_of_before_is_not_that_of_a_stopped_trial(trouble):
    """A trial that an error stopped stays open, whatever the last worker died of."""
    ledger, asked = FakeLedger(2), []
    bridge = Bridge(ledger, then(ORDER), was_killed=lambda n: asked.append(n) or True)
    bridge.suggest("a")
    bridge.trouble = trouble
    bridge.complete("b", {"cannot_start": CAUSE, "done": True}, error=False)
    bridge.complete("a", {"report": report(1), "started": 0.0}, error=False)
    assert (ledger.outcomes, asked) == ({}, [])


def test_a_trial_that_ended_uses_up_no_kill():
    """The kernel's kill is that of the worker that died, not of one that ended then."""
    ledger, kills = FakeLedger(2), [True]
    bridge = Bridge(
        ledger, then(ORDER), was_killed=lambda _: bool(kills and kills.pop())
    )
    bridge.suggest("a")
    bridge.suggest("b")
    bridge.complete("b", {"outcome": completed(), "started": 0.0}, error=False)
    bridge.complete("a", None, error=True)
    assert ledger.outcomes[0].reason == OUT_OF_MEMORY


def test_idle_workers_of_a_lost_node_end_no_search():
    """Each is tried once; on one machine the same deaths are workers' own."""
    trouble = "The actor died because its node has died. Node Id: 5645"
    for in_cluster in (True, False):
        bridge = bridged(FakeLedger(9))
        bridge.in_cluster, bridge.trouble = in_cluster, trouble
        for number in range(STARTS + 1):
            bridge.suggest(str(number))
            bridge.complete(str(number), None, error=True)
        assert (bridge.error is None) == in_cluster


def test_a_death_before_a_trial_hands_it_on():
    """A worker killed while it starts lost nothing: the next one takes its trial."""
    ledger = FakeLedger(2)
    bridge = bridged(ledger, ready=[])
    first = bridge.suggest("a")["trial"]
    bridge.complete("a", None, error=True)
    assert bridge.suggest("b")["trial"] == first
    assert (ledger.next, ledger.outcomes) == (1, {})


def test_workers_that_die_before_any_trial_end_the_search():
    """Too many deaths before a trial starts end the search with their cause."""
    bridge = bridged(FakeLedger(9))
    for number in range(STARTS):
        bridge.suggest(str(number))
        bridge.complete(str(number), None, error=True)
        assert bridge.error is None
    bridge.suggest("b")
    lines = [f"line {number}" for number in range(99)]
    bridge.trouble = "\n".join([*lines, "Fatal: Illegal instruction", "", ""])
    bridge.complete("b", None, error=True)
    assert "line 98\nFatal: Illegal instruction" in str(bridge.error)
    assert len(str(bridge.error).splitlines()) <= LINES + 2
    assert bridge.suggest("c") == FINISHED


def test_deaths_between_trials_that_began_are_not_counted_together():
    """Two kills of starting workers, with a trial between them, end no search."""
    ledger = FakeLedger(9)
    bridge = bridged(ledger, ready=[0])
    bridge.suggest("a")
    bridge.suggest("b")
    bridge.complete("b", None, error=True)
    bridge.complete("a", {"outcome": completed(), "started": 0.0}, error=False)
    bridge.suggest("c")
    bridge.complete("c", None, error=True)
    assert bridge.error is None
    assert bridge.suggest("d")["trial"].number == 1


def test_replaced_workers_end_no_search(tmp_path):
    """Any number of workers in a row may leave a trial to a fresh one; a crash counts.

    Workers that grew together are replaced together, before any of their trials ends.
    """
    board, ledger = FolderBoard(tmp_path), FakeLedger(9)
    pulse = Pulse(board)
    pulse.end()
    bridge = bridged(ledger, left=partial(was_left, board))
    names = [str(number) for number in range(STARTS + 3)]
    for name in names:
        number = bridge.suggest(name)["trial"].number
        pulse.leave(trial_name(number))
        bridge.complete(name, None, error=True)
    assert bridge.error is None
    assert (ledger.next, ledger.outcomes) == (1, {})
    for name in range(STARTS + 1):
        bridge.suggest(f"crash {name}")
        bridge.complete(f"crash {name}", None, error=True)
    assert bridge.error is not None


def test_retraining_has_a_second_worker():
    """A worker that dies while it retrains is replaced once."""
    kept = {}
    bridge = bridged(FakeLedger(0), kept=kept)
    assert bridge.suggest("a") == {"retrain": ORDER}
    bridge.complete("a", None, error=True)
    assert bridge.suggest("b") == {"retrain": ORDER}
    done = Retrained(losses=(1.0,), parameters=3, seconds=1.0)
    bridge.complete("b", {"retrained": done}, error=False)
    assert kept == {ORDER.path: done}
    assert bridge.suggest("c") == FINISHED


@pytest.mark.parametrize("result", [None, {"done": True}])
def test_dead_workers_of_the_retraining(result):
    """A retraining whose workers die, twice, is a failure, and the experiment ends."""
    kept = {}
    bridge = bridged(FakeLedger(0), kept=kept)
    for name in "ab":
        assert bridge.suggest(name) == {"retrain": ORDER}
        bridge.complete(name, result, error=True)
    assert isinstance(kept[ORDER.path], Failed)
    assert bridge.suggest("c") == FINISHED


def test_a_retraining_that_cannot_start():
    """Where its worker cannot start, the cause is reported."""
    bridge = bridged(FakeLedger(0))
    bridge.suggest("a")
    bridge.complete("a", {"cannot_start": CAUSE}, error=False)
    assert str(bridge.error) == CAUSE
    assert bridge.suggest("b") == FINISHED
