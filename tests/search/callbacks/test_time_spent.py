"""The line at the end of a search that says where its time went."""

from dataclasses import replace
from types import SimpleNamespace

from search.callbacks.time_spent import TimeSpent
from search.trial.messages import Pruned, Spent
from tests.factories.ledger import report


def test_costs_are_added_over_trials():
    """Two trials on two workers: each kind of seconds is summed, the largest first."""
    clock, lines = iter([100.0, 130.0, 150.0]), []
    callback = TimeSpent(lines.append, now=lambda: next(clock))
    request, counts = SimpleNamespace(number=0), SimpleNamespace(running=0)
    for running in (1, 2):
        callback.on_trial_start(request, SimpleNamespace(running=running))
    for trained in (20.0, 30.0):
        spent = Spent(trained=trained, traced=5.0, waited=0.2)
        callback.on_trial_end(0, Pruned(reason="pruner", spent=spent), counts)
    callback.on_search_end()

    (line,) = lines
    assert line.startswith("time of 2 workers in 50 s: trained 50 s, traced 10 s, ")
    assert line.endswith("; training is 50 % of it")


def test_what_an_earlier_run_spent_is_not_counted():
    """Of a trial that goes on after its last finished fold only the rest counts."""
    clock, lines = iter([100.0, 130.0]), []
    callback = TimeSpent(lines.append, now=lambda: next(clock))
    request, counts = SimpleNamespace(number=0), SimpleNamespace(running=1)
    callback.on_trial_start(request, counts)
    for epochs in (1, 2, 3):
        spent = Spent(epochs=epochs, trained=10.0 * epochs)
        callback.on_epoch_end(
            0, replace(report(epochs, 0.5), spent=spent, repeated=epochs < 3)
        )
    callback.on_trial_end(0, Pruned(reason="pruner", spent=spent), counts)
    callback.on_search_end()
    assert lines == ["time of 1 worker in 30 s: trained 10 s; training is 33 % of it"]


def test_nothing_is_printed_without_a_trial():
    """A run that only resumes its end prints no line."""
    lines = []
    callback = TimeSpent(lines.append)
    callback.on_search_end()

    assert lines == []
