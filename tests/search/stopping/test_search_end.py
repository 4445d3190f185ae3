"""A search ends early by its hours, or when no better trial comes any more."""

import itertools
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.system.errors import RunError
from search.executors.serial import run_serial
from search.executors.tune_bridge import FINISHED, Bridge
from search.final.retraining import require_best
from search.holdout.holdout_test import search_entry
from search.ledger.reader import read_end
from search.reports.console import describe_end
from search.stopping import search_clock
from search.stopping.search_clock import SECONDS
from search.storage.hidden_attributes import hide_study_attribute, study_attribute
from tests.factories.ledger import (
    GRID,
    STORAGES,
    begin,
    complete,
    crash,
    fail,
    inside,
    prune,
    report,
    small,
)
from tests.fakes.bridge_ledger import then
from tests.fakes.trainer import trial

ALL = pytest.mark.parametrize("storage", STORAGES)


def study(line, trials=20):
    """Checks the small study with one more line in its section ``[search]``."""
    return small(("trials = 4", f"trials = {trials}\n{line}"))


def spend(ledger, outcomes):
    """Runs trials with these outcomes until the ledger starts no more."""
    outcomes = iter(outcomes)
    return [
        ledger.tell(request.number, next(outcomes)) or request.number
        for request in iter(ledger.ask, None)
    ]


@pytest.fixture
def clock(monkeypatch):
    """A clock that only moves when it is told to."""

    class Clock:
        seconds = 0.0

        def __call__(self):
            return self.seconds

    fake = Clock()
    monkeypatch.setattr(search_clock, "now", fake)
    return fake


@ALL
def test_no_better_trial_ends_the_search(tmp_path, storage):
    """So many trials begin after the best as stop_after says; an equal is no better."""
    ledger = begin(tmp_path, study("stop_after = 3"), storage=storage)
    values = [complete(0.5), complete(0.6), prune(), complete(0.6), fail()]
    assert spend(ledger, values) == [0, 1, 2, 3, 4]
    assert ledger.exhausted()
    (line,) = describe_end(ledger)
    assert line == (
        "search ended after 5 of 20 trials: no better trial than 1 in 3 trials "
        "(search.stop_after = 3)"
    )
    entry = search_entry(ledger)
    assert (entry["trials"], entry["pruned"], entry["failed"]) == (5, 1, 1)
    assert entry["ended"] == ledger.end().reason


@pytest.mark.parametrize(
    ("searched", "outcome"),
    [
        (study("stop_after = 2"), complete(0.5)),
        (study("stop_after_failures = 3"), fail()),
        (study("hours = 1e-9"), complete(0.5)),
        (small(("trials = 4", "trials = 9"), text=GRID), complete(0.5)),
    ],
)
def test_a_report_reads_why_a_search_ended(tmp_path, searched, outcome):
    """The storage alone tells why a search ended; a running one has not ended."""
    ledger = begin(tmp_path, searched)
    place = {"url": f"sqlite:///{tmp_path / 'optuna.db'}", "name": "small"}
    first = ledger.ask().number
    assert read_end(searched, **place) is None
    ledger.tell(first, outcome)
    spend(ledger, itertools.repeat(outcome))
    ledger.close()
    assert read_end(searched, **place) == ledger.end()
    assert search_entry(ledger)["ended"] == ledger.end().reason
    (line,) = describe_end(ledger)
    assert line.endswith(f"of {searched.search.trials} trials: {ledger.end().reason}")


def test_a_grid_of_its_number_of_trials_did_not_end_before(tmp_path):
    """Where the grid has as many configurations as trials, no early end is read."""
    searched = small(("trials = 4", "trials = 3"), text=GRID)
    ledger = begin(tmp_path, searched)
    assert spend(ledger, itertools.repeat(complete(0.5))) == [0, 1, 2]
    ledger.close()
    place = {"url": f"sqlite:///{tmp_path / 'optuna.db'}", "name": "small"}
    assert read_end(searched, **place) is None


def test_nothing_is_counted_before_a_trial_completes(tmp_path):
    """Pruned and failed trials before the first completed one end nothing."""
    ledger = begin(tmp_path, study("stop_after = 1"))
    values = [prune(), fail(), prune("diverged"), complete(0.1), prune()]
    assert spend(ledger, values) == [0, 1, 2, 3, 4]


def test_the_same_command_runs_no_more_and_a_larger_number_does(tmp_path):
    """After such an end a start runs nothing, until its number is made larger."""
    spend(begin(tmp_path, study("stop_after = 2")), [complete(0.5)] * 3)
    again = begin(tmp_path, study("stop_after = 2"))
    assert again.exhausted()
    assert again.ask() is None
    assert begin(tmp_path, study("stop_after = 1")).ask() is None
    larger = begin(tmp_path, study("stop_after = 4"))
    assert spend(larger, [complete(0.4), complete(0.4)]) == [3, 4]


def test_trials_stay_the_limit(tmp_path):
    """The number of trials is exact whatever the other limits allow."""
    ledger = begin(tmp_path, study("stop_after = 9\nhours = 9", trials=3))
    assert spend(ledger, itertools.repeat(complete(0.5))) == [0, 1, 2]
    assert ledger.end().reason == "all trials have run (search.trials = 3)"
    assert list(describe_end(ledger)) == []


def test_running_trials_end_and_may_be_better(tmp_path):
    """No trial begins while the last ones run; with a better one the search goes on."""
    ledger = begin(tmp_path, study("stop_after = 2"))
    ledger.tell(ledger.ask().number, complete(0.5))
    first, second = ledger.ask().number, ledger.ask().number
    assert ledger.ask() is None
    assert not ledger.exhausted()
    ledger.tell(second, complete(0.7))
    third, fourth = ledger.ask().number, ledger.ask().number
    assert ledger.ask() is None
    for number in (first, third, fourth):
        ledger.tell(number, complete(0.1))
    assert ledger.exhausted()


def test_a_crash_among_the_last_trials_loses_none(tmp_path):
    """A trial that a kill interrupted runs again, and counts once."""
    ledger = begin(tmp_path, study("stop_after = 2"))
    spend_one = ledger.ask().number
    ledger.tell(spend_one, complete(0.5))
    ledger.tell(ledger.ask().number, prune())
    ledger.ask()
    crash(ledger)
    again = begin(tmp_path, study("stop_after = 2"))
    assert not again.exhausted()
    assert spend(again, [prune()]) == [3]
    assert again.exhausted()
    assert again.counts().done == 3


@ALL
def test_hours_end_the_search(tmp_path, storage, clock):
    """A trial that begins within the hours ends; after them none begins."""
    ledger = begin(tmp_path, study("hours = 1"), storage=storage)
    number = ledger.ask().number
    clock.seconds += 3599
    other = ledger.ask().number
    clock.seconds += 1000
    assert not ledger.report(number, report(1, 0.5))
    ledger.tell(number, complete(0.5))
    assert ledger.ask() is None
    assert not ledger.exhausted(), "one still runs"
    ledger.tell(other, complete(0.6))
    assert ledger.exhausted()
    (line,) = describe_end(ledger)
    assert line == (
        "search ended after 2 of 20 trials: its time is used up (search.hours = 1)"
    )


def test_hours_of_earlier_starts_count(tmp_path, clock):
    """The time of every start counts, killed or not; that between two does not."""
    ledger = begin(tmp_path, study("hours = 1"))
    ledger.tell(ledger.ask().number, complete(0.5))
    number = ledger.ask().number
    clock.seconds += 1800
    ledger.report(number, report(1, 0.5))
    crash(ledger)
    clock.seconds += 99999
    ledger = begin(tmp_path, study("hours = 1"))
    number = ledger.ask().number
    clock.seconds += 1799
    ledger.tell(number, complete(0.4))
    number = ledger.ask().number
    clock.seconds += 60
    ledger.close()
    assert study_attribute(inside(ledger), SECONDS) == 3659.0
    clock.seconds += 99999
    again = begin(tmp_path, study("hours = 1"))
    assert again.ask() is None
    assert again.exhausted(), "an interrupted trial waits for more time"
    more = begin(tmp_path, study("hours = 2", trials=3))
    assert spend(more, [complete(0.5)] * 2) == [4]


def test_retraining_takes_no_time_of_the_search(tmp_path, clock):
    """What passes after the last trial does not count."""
    ledger = begin(tmp_path, study("hours = 1", trials=1))
    ledger.tell(ledger.ask().number, complete(0.5))
    clock.seconds += 99999
    ledger.close()
    again = begin(tmp_path, study("hours = 1", trials=2))
    assert again.ask() is not None


def test_nothing_completed_names_the_limit(tmp_path, clock):
    """Where no trial completed in time, the error says what ended the search."""
    ledger = begin(tmp_path, study("hours = 0.1"))
    ledger.tell(ledger.ask().number, prune("diverged"))
    clock.seconds += 360
    assert ledger.ask() is None
    with pytest.raises(RunError, match=r"search.hours = 0.1.*diverged"):
        require_best(ledger)


def test_a_study_whose_trials_all_fail_stops(tmp_path):
    """It stops after so many; the message has the first error once, and the files."""
    ledger = begin(tmp_path, study("stop_after_failures = 3"))
    outcomes = [fail("ValueError: no shape"), fail("other"), prune("out_of_memory")]
    assert spend(ledger, outcomes) == [0, 1, 2]
    trace, log = tmp_path / "0.txt", tmp_path / "run.log"
    trace.touch()
    with pytest.raises(RunError) as error:
        require_best(ledger, log, tmp_path)
    text = str(error.value)
    assert f"; traceback: {trace}; log: {log}. Correct" in text
    assert "all of its first 3 trials failed (search.stop_after_failures = 3)" in text
    assert text.count("of trial 0: ValueError: no shape") == 1
    assert "other" not in text


def test_a_later_start_tries_again(tmp_path):
    """After the cause was corrected the same command starts further trials."""
    spend(begin(tmp_path, study("stop_after_failures = 2")), [fail()] * 2)
    again = begin(tmp_path, study("stop_after_failures = 2"))
    assert spend(again, [fail(), fail()]) == [2, 3]
    again = begin(tmp_path, study("stop_after_failures = 2", trials=8))
    assert spend(again, [fail(), complete(0.5), *[fail()] * 2]) == [4, 5, 6, 7]


@settings(max_examples=12)
@given(st.lists(st.booleans(), min_size=1, max_size=8))
def test_a_trained_trial_forgives_failures(trained):
    """Once a trial has trained, pruned or diverged, no number of failures ends it."""
    with TemporaryDirectory() as folder:
        name = Path(folder)
        trials = study("stop_after_failures = 3", trials=len(trained))
        outcomes = [prune("diverged") if one else fail() for one in trained]
        ended = spend(begin(name, trials, storage="journal"), outcomes)
        assert len(ended) == len(trained if any(trained[:3]) else trained[:3])


@pytest.mark.parametrize("value", ["long", -1.0, True])
def test_another_programs_time_is_refused(tmp_path, value):
    """A stored time that is no duration is one message, before any trial."""
    hide_study_attribute(inside(begin(tmp_path)), SECONDS, value)
    with pytest.raises(RunError, match=SECONDS):
        begin(tmp_path)


def test_both_executors_end_alike(tmp_path, monkeypatch):
    """Serial and through the bridge to Tune, the same trials run before the end."""

    class Worker:
        def trial(self, request, finished):
            assert finished == ()
            yield report(1, 0.5)
            return complete(0.5 if request.number else 0.9)

    monkeypatch.setattr("search.executors.serial.start_worker", lambda _: Worker())
    folders = [tmp_path / name for name in ("serial", "ray")]
    for folder in folders:
        folder.mkdir()
    ledgers = [begin(folder, study("stop_after = 2")) for folder in folders]
    run_serial(trial()[0], ledgers[0], then())
    bridge = Bridge(ledgers[1], then())
    for name in "abcdef":
        task = bridge.suggest(name)
        if task == FINISHED:
            break
        outcome = complete(0.5 if task["trial"].number else 0.9)
        bridge.complete(name, {"outcome": outcome, "started": 0.0}, error=False)
    ends = [(ledger.counts(), ledger.end()) for ledger in ledgers]
    assert ends[0] == ends[1]
    assert ends[0][0].done == 3
