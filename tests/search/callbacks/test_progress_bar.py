"""The progress of a search: one line a trial, also after a crash."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from search.callbacks.progress_bar import ProgressBar
from search.callbacks.running_trials import RunningTrials, clock
from search.callbacks.time_left import TimeLeft
from search.ledger.records import Counts
from search.run_folder import RunFolder
from search.trial.messages import Spent, TrialRequest
from tests.factories.ledger import begin, complete, fail, prune, report, small


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
    assert lines[1].startswith("[2/4] trial 1: pruned     diverged after 1 epoch ")
    assert lines[2].startswith("[3/4] trial 2: failed     ValueError: [no]")
    assert lines[0].endswith("(residual_cnn, 0:00)")


def test_failures_name_their_files(tmp_path):
    """Each failed trial names its traceback, and the first one the run's log too."""
    text = io.StringIO()
    folder = RunFolder(out=tmp_path, name="tiny")
    folder.make()
    with ProgressBar(Console(file=text, width=140)) as progress:
        progress.log.open(folder)
        ledger = begin(tmp_path, callbacks=[progress])
        for _ in range(2):
            failed = replace(fail("ValueError: no"), trace="Traceback")
            ledger.tell(ledger.ask().number, failed)
    first, second = text.getvalue().splitlines()
    traces = folder.path / "trials"
    log = folder.path / "run.log"
    assert f"failed     ValueError: no; traceback: {traces / '0.txt'}; log: {log}" in (
        first
    )
    assert f"traceback: {traces / '1.txt'}  (" in second


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
        progress.expect(2, small())
        ledger = begin(tmp_path, callbacks=[progress])
        ledger.tell(ledger.ask().number, complete(0.5))
        for step in ("retraining", "test"):
            progress.begin_step(step, ledger.counts())
            progress.end_step()
    shown = text.getvalue()
    assert "/6" in shown
    assert "3/3" in shown
    assert "test" in shown


def asked(number, **values):
    """Makes the request of a trial."""
    return TrialRequest(number=number, seed=1, values=values, seconds=0.0)


def reported(fold, epoch, trained):
    """Makes the report of an epoch, after so many seconds of training."""
    spent = Spent(epochs=epoch, trained=trained)
    return replace(report(epoch, 0.731), fold=fold, spent=spent)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (
            80,
            [
                "trial 3  resnet18  fold 2/5  epoch 7/30  value 0.731  2.0 s an epoch",
                "trial 4  residual_cnn  starting 0:12",
            ],
        ),
        (40, ["3  resnet18  2/5 7/30  0.731  2.0 s", "4  residual_cnn  starting 0:12"]),
    ],
)
def test_a_line_for_each_running_trial(columns, expected):
    """A line has backbone, fold, epoch, value and an epoch's seconds, in its width."""
    times = iter([0.0, 8.0, 20.0])
    running = RunningTrials(now=lambda: next(times))
    running.folds = 5
    running.start(asked(3, **{"backbone.name": "resnet18", "training.epochs": 30}))
    running.start(asked(4))
    running.report(3, reported(1, 6, 11.0))
    running.report(3, reported(1, 7, 13.0))
    lines = list(running.lines(columns=columns, most=9))
    assert lines == expected
    assert max(map(len, lines)) <= columns


def test_many_running_trials_fit_into_a_terminal():
    """No more lines than there is room for."""
    running = RunningTrials()
    for number in range(40):
        running.start(asked(number))
    lines = list(running.lines(columns=80, most=10))
    assert len(lines) == 10
    assert lines[-1] == "and 31 more"


def counted(done, *, budget=10):
    """Makes the counts after so many completed trials."""
    return Counts(completed=done, pruned=0, failed=0, running=0, budget=budget)


def test_the_time_left():
    """It counts trials and retraining: at first at most, then by what trials took."""
    now = [0.0]
    left = TimeLeft(
        small(("folds = 1", "folds = 2")), retrains=True, now=lambda: now[0]
    )
    left.start_trial(1)
    left.start_trial(2)
    assert left.describe(counted(0), [0.0, 0.0]) == "left ?"
    left.end_epoch(10.0)
    # Two folds of 3 epochs, 10 trials by 2 workers; 3 epochs on twice the rows.
    assert left.describe(counted(0), [0.0, 0.0]) == "left at most 6:00"
    left.end_trial(20.0)
    assert left.describe(counted(1), [5.0]) == "left about 2:28"
    left.retrain(epochs=2, seeds=1)
    now[0] = 10.0
    assert left.describe(counted(10), []) == "left about 0:30"


def test_a_resumed_trial_is_no_measure_of_the_time_left():
    """What is trained of a resumed trial is less than a whole trial takes."""
    text = io.StringIO()
    console = Console(file=text, force_terminal=True, width=140)
    with ProgressBar(console) as progress:
        progress.expect(0, small())
        for number, repeated in enumerate((True, False)):
            progress.on_trial_start(asked(number), counted(number))
            again = replace(reported(0, 1, 600.0), repeated=repeated)
            progress.on_epoch_end(number, again)
            progress.on_trial_end(number, complete(0.5), counted(number + 1))
            found = "about" if number else "at most"
            assert f"left {found}" in progress._status()  # noqa: SLF001 - the line below the bar


def test_the_time_left_has_the_hours_of_the_study():
    """A search of so many hours takes no longer."""
    study = small(("seed = 7", "seed = 7\nhours = 0.01"))
    left = TimeLeft(study, retrains=False, now=lambda: 0.0)
    left.start_trial(1)
    left.end_epoch(1000.0)
    assert left.describe(counted(0), [0.0]) == "left at most 0:36"


def test_a_terminal_has_a_line_for_each_ended_trial(tmp_path):
    """A line of each trial stays above the bar, which goes in the end."""
    text = shown(tmp_path, terminal=True)
    for number, state in enumerate(("completed", "pruned", "failed")):
        assert f"[{number + 1}/4] trial {number}: {state}" in text


def test_a_name_is_shown_as_it_is():
    """Neither markup nor control characters of a name reach the terminal."""
    text = io.StringIO()
    console = Console(file=text, force_terminal=True, width=140)
    with ProgressBar(console) as progress:
        name = "[red]x[/red]\x1b[31m"
        request = asked(3, **{"backbone.name": name})
        progress.on_trial_start(request, counted(0))
    assert "[red]x[/red]\\x1b[31m" in text.getvalue()


@pytest.mark.parametrize(("counts", "shown"), [((2, 1, 2), "2/3"), ((9,), "3/3")])
def test_retrainings_that_were_not_needed_count_once(tmp_path, counts, shown):
    """Steps are counted up to a number, and never more than there are."""
    text = io.StringIO()
    with ProgressBar(Console(file=text, force_terminal=True, width=140)) as progress:
        progress.expect(3, small())
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
