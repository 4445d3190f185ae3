"""A worker's death has a cause, and one for lack of memory is no death to repeat."""

import json

import pytest

from search.executors.oom_kills import count_kills, kill_counter
from search.executors.tune_bridge import Bridge
from search.executors.worker_death import (
    KERNEL,
    LOW_MEMORY,
    KernelKills,
    describe_death,
)
from search.trial.messages import OUT_OF_MEMORY, Pruned, WorkerDied
from tests.factories.ledger import begin, many
from tests.fakes.bridge_ledger import FakeLedger, then


@pytest.mark.parametrize(
    ("trouble", "cause"),
    [
        ("*** SIGSEGV received at time=17 on cpu 1 ***", "segmentation fault"),
        ("Fatal Python error: Segmentation fault\n\nStack", "segmentation fault"),
        ("needs AVX\n*** SIGILL received", "illegal instruction"),
        ("The worker died. Error code 2. End of file.", ""),
    ],
)
def test_the_cause_is_in_the_last_words(trouble, cause):
    """A crash is named by its signal; of a silent death nothing is guessed."""
    death = describe_death(trouble, killed_for_memory=False)
    assert (death.cause, death.ran_out, death.short) == (cause, False, False)


def test_a_crash_is_no_kill():
    """A process that crashed was not killed, whatever else the kernel killed."""
    assert not describe_death("*** SIGSEGV", killed_for_memory=True).ran_out
    assert describe_death("", killed_for_memory=True).ran_out
    assert describe_death(
        "std::bad_alloc\n*** SIGABRT", killed_for_memory=False
    ).ran_out
    assert describe_death(LOW_MEMORY, killed_for_memory=False).short


GROUPS = {
    "0::/a/b": "a/b/memory.events",
    "0::/of/the/host": "memory.events",
    "5:cpu:/x\n4:memory:/a": "memory/a/memory.oom_control",
    "4:memory,hugetlb:/of/the/host": "memory/memory.oom_control",
}


@pytest.mark.parametrize(("own", "place"), GROUPS.items())
def test_the_counter_of_a_control_group(tmp_path, own, place):
    """Both versions are read, also in a container that does not see its own path."""
    (tmp_path / "own").write_text(f"{own}\n")
    file = tmp_path / "groups" / place
    file.parent.mkdir(parents=True)
    file.write_text("low 0\noom 3\noom_kill 2\n")
    found = kill_counter(own=tmp_path / "own", groups=tmp_path / "groups")
    assert found == file
    assert count_kills(found) == 2


def test_a_system_without_a_counter(tmp_path):
    """Elsewhere no kill is seen, and a death stays without a cause."""
    assert kill_counter(own=tmp_path / "none") is None
    (tmp_path / "own").write_text("0::/\nnonsense\n")
    assert kill_counter(own=tmp_path / "own", groups=tmp_path) is None
    assert count_kills(tmp_path / "none") is None
    assert not KernelKills(lambda _: '{"counter": "None", "kills": null}')("trial 0")


def test_each_kill_is_told_of_once(tmp_path):
    """Of two workers that died since their start and one kill, one was killed."""
    counter = tmp_path / "memory.events"
    counter.write_text("oom_kill 1\n")
    kills = KernelKills(lambda _: json.dumps({"counter": str(counter), "kills": 1}))
    assert not kills("trial 0")
    counter.write_text("oom_kill 2\n")
    assert kills("trial 1")
    assert not kills("trial 2")
    counter.write_text("oom_kill 4\n")
    assert [kills("trial 3"), kills("trial 4"), kills("trial 5")] == [True, True, False]


def died(trouble="", *, killed=False):
    """Has a worker die in a trial; returns what the ledger was told."""
    ledger = FakeLedger(9)
    bridge = Bridge(ledger, then(), was_killed=lambda _: killed)
    bridge.suggest("a")
    bridge.trouble = trouble
    bridge.complete("a", None, error=True)
    return ledger.outcomes[0]


def test_what_the_kernel_kills_does_not_run_again():
    """It is pruned as out of memory, with the cause."""
    outcome = died(killed=True)
    assert isinstance(outcome, Pruned)
    assert (outcome.reason, outcome.why) == (OUT_OF_MEMORY, KERNEL)


def test_other_deaths_run_again():
    """A crash is told with its cause; a trial that Ray chose to end may fit later."""
    crash = died("*** SIGSEGV received")
    assert isinstance(crash, WorkerDied)
    assert crash.reason == "the worker died in this trial: segmentation fault"
    assert not crash.out_of_memory
    assert died(f"Task was killed, {LOW_MEMORY}").out_of_memory


def test_out_of_memory_twice(tmp_path):
    """A trial that Ray ended twice for memory is pruned, and bound by a constraint."""
    ledger = begin(tmp_path, many(3))
    short = WorkerDied(reason="the worker died", out_of_memory=True)
    ledger.tell(ledger.ask().number, short)
    ledger.tell(ledger.ask().number, short)
    record = ledger.records()[1]
    assert (record.state, record.reason) == ("PRUNED", OUT_OF_MEMORY)
    assert record.attributes["constraint_broken"] == "the worker died, twice"
    assert ledger.ask() is not None, "one alone says nothing of others as large"
