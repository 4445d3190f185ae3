"""The progress of a search: one line a trial, also after a crash."""

import io

import pytest
from rich.console import Console

from search.callbacks.progress_bar import ProgressBar, clock
from tests.factories.ledger import begin, complete, fail, prune


def shown(folder, *, terminal, best=None):
    """Runs three trials and returns the printed lines."""
    text = io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=140)
    with ProgressBar(console) as progress:
        if best is not None:
            progress.resume(best)
        ledger = begin(folder, callbacks=[progress])
        for outcome in (complete(0.5), prune("diverged"), fail("ValueError: [no]")):
            ledger.tell(ledger.ask().number, outcome)
    return text.getvalue()


def test_lines(tmp_path):
    """Away from a terminal each trial is one line: how far, which, how it ended."""
    lines = shown(tmp_path, terminal=False).splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("[1/4] trial 0: completed  value 0.5000 at epoch 2")
    assert lines[1].startswith("[2/4] trial 1: pruned     diverged after 1 epochs")
    assert lines[2].startswith("[3/4] trial 2: failed     ValueError: [no]")
    assert lines[0].endswith("(residual_cnn, 0:00)")


def test_bar(tmp_path):
    """In a terminal a bar counts the trials by outcome, with the best value."""
    text = shown(tmp_path, terminal=True)
    assert "completed 1  pruned 1  failed 1  best 0.500" in text
    assert "3/4" in text


def test_the_bar_counts_what_follows_the_search(tmp_path):
    """The retraining and the test count in the bar, also where a search ends early."""
    text = io.StringIO()
    console = Console(file=text, force_terminal=True, width=140)
    with ProgressBar(console) as progress:
        progress.expect(2)
        ledger = begin(tmp_path, callbacks=[progress])
        ledger.tell(ledger.ask().number, complete(0.5))
        for step in ("retraining", "test"):
            progress.begin_step(step, ledger.counts())
            progress.end_step()
    shown = text.getvalue()
    assert "/6" in shown
    assert "3/3" in shown
    assert "test" in shown


@pytest.mark.parametrize(("counts", "shown"), [((2, 1, 2), "2/3"), ((9,), "3/3")])
def test_retrainings_that_were_not_needed_count_once(tmp_path, counts, shown):
    """Steps are counted up to a number, and never more than there are."""
    text = io.StringIO()
    with ProgressBar(Console(file=text, force_terminal=True, width=140)) as progress:
        progress.expect(3)
        ledger = begin(tmp_path, callbacks=[progress])
        progress.begin_step("retraining", ledger.counts())
        for count in counts:
            progress.end_steps(count)
    assert shown in text.getvalue()[-200:]


def test_best_of_an_earlier_start(tmp_path):
    """The best value of an earlier start stays the best until it is beaten."""
    assert "best 0.900" in shown(tmp_path, terminal=True, best=0.9)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (75, "1:15"), (3700, "1:01:40")]
)
def test_clock(seconds, text):
    """Durations are minutes and seconds, with hours where there are any."""
    assert clock(seconds) == text
