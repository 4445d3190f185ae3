"""A search that is stopped: by Ctrl-C, by a kill, and the same command again."""

import signal
from dataclasses import dataclass, field

import optuna
import psutil
import pytest

from tests.factories.processes.run_database import finished, running, wait
from tests.factories.runs import (
    STUDY,
    Answer,
    ended,
    searched,
    started,
    table,
    write_study,
)

pytestmark = pytest.mark.slow

TRIALS = 4


@dataclass(kw_only=True)
class Story:
    """What happened to one run, in the order of its chapters."""

    second: Answer
    interrupted: Answer
    killed: int
    orphans: list[str]
    temporary: list[str]
    finished_before: list[tuple]
    last: Answer
    trials: list = field(default_factory=list)
    rows: list = field(default_factory=list)


def workers_of(process):
    """Finds the processes that train, or are about to."""
    return [
        child
        for child in psutil.Process(process.pid).children(recursive=True)
        if "Agent" not in " ".join(child.cmdline())
    ]


def survivors(processes, seconds):
    """Names the processes that still live after some seconds."""
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return [" ".join(process.cmdline()) for process in alive]


@pytest.fixture(scope="module")
def story(tmp_path_factory, coursework):
    """One run: a rival and Ctrl-C, then ``kill -9``, then the end."""
    place = tmp_path_factory.mktemp("story")
    # A shell's background jobs ignore Ctrl-C, and so would what they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    text = STUDY.replace("trials = 2", f"trials = {TRIALS}")
    study = write_study(
        place, text=text.replace('"training.epochs" = 2', '"training.epochs" = 10')
    )
    folder = place / "runs" / "tiny-synthetic"
    words = ("--study", study, "--data", coursework, "--out", place / "runs")
    temporary = place / "tmp"
    temporary.mkdir()
    first = started("search.run", *words, TMPDIR=str(temporary))
    try:
        wait(first, lambda: running(folder))
        second = searched(study, coursework, place / "runs")
        first.send_signal(signal.SIGINT)
        interrupted = ended(first)
    finally:
        first.kill()
    next_ = started("search.run", *words, TMPDIR=str(temporary))
    try:
        wait(next_, lambda: len(finished(folder)) > 0 and running(folder))
        workers = workers_of(next_)
    finally:
        next_.kill()
    ended(next_)
    orphans = survivors(workers, 15)
    before = finished(folder)
    last = ended(started("search.run", *words, TMPDIR=str(temporary)))
    storage = f"sqlite:///{folder / 'optuna.db'}"
    return Story(
        second=second,
        interrupted=interrupted,
        killed=next_.returncode,
        orphans=orphans,
        temporary=sorted(path.name for path in temporary.iterdir() if path.is_dir()),
        finished_before=before,
        last=last,
        trials=optuna.load_study(study_name=folder.name, storage=storage).trials,
        rows=table(folder),
    )


def test_one_driver_at_a_time(story):
    """A second driver is turned away in one message, and disturbs nothing."""
    assert (story.second.code, story.second.err.count("\n")) == (1, 1)
    assert "one driver at a time" in story.second.err


def test_interrupt(story):
    """Ctrl-C ends in exit code 130, one message and no traceback."""
    assert story.interrupted.code == 130
    assert story.interrupted.err == (
        "error: interrupted; rerun the same command to resume\n"
    )
    assert "Traceback" not in story.interrupted.out


def test_nothing_outlives_a_kill(story):
    """After ``kill -9`` of the driver none of its processes trains on."""
    assert story.killed == -signal.SIGKILL
    assert story.orphans == []


def test_no_temporary_folder_is_left(story):
    """What a killed driver left, the next start has removed, and its own at its end."""
    assert story.temporary == []


def test_finished_trials_are_kept(story):
    """Trials that finished before the kill are unchanged after it."""
    assert story.finished_before
    after = [(t.number, t.state.name, t.value) for t in story.trials]
    assert set(story.finished_before) <= set(after)


def test_budget_is_exact(story):
    """Interrupted trials do not count and are run again; nothing stays open."""
    assert (story.last.code, story.last.err) == (0, "")
    states = [(t.state.name, t.user_attrs.get("reason")) for t in story.trials]
    assert set(states) == {("COMPLETE", None), ("FAIL", "interrupted")}
    assert states.count(("COMPLETE", None)) == TRIALS
    assert states.count(("FAIL", "interrupted")) >= 2
    assert f"trials: {TRIALS} completed, 0 pruned, 0 failed" in story.last.out


def test_interrupted_points_run_again(story):
    """Each interrupted configuration is completed by a later trial.

    One that a kill met before its first report may not have been whole yet.
    """
    completed = [t.params for t in story.trials if t.state.name == "COMPLETE"]
    failed = [t for t in story.trials if t.state.name == "FAIL"]
    interrupted = [t.params for t in failed if t.intermediate_values]
    assert interrupted
    assert all(params in completed for params in interrupted)
    assert len({str(params) for params in completed}) == TRIALS, "no point twice"


def test_table_tells_of_interruptions(story):
    """The table lists interrupted trials too, with their reason."""
    reasons = [row["reason"] for row in story.rows]
    assert reasons.count("interrupted") >= 2
    assert len(story.rows) == len(story.trials)
