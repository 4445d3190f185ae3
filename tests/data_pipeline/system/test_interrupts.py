"""Laws of Ctrl-C: the first ends the work in order, no further one disturbs it."""

import io
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from rich.console import Console

from data_pipeline.system.interrupts import (
    STILL_ENDING,
    handle_interrupts,
    on_interrupt,
    raise_if_interrupted,
)
from search.callbacks.progress_bar import ProgressBar
from search.ledger.records import Counts
from search.trial.messages import TrialRequest

ROOT = Path(__file__).parents[3]

BEGIN = """
import sys, time
from pathlib import Path
from data_pipeline.system.cli import run_command

def say(text):
    sys.stdout.write(text + "\\n")
    sys.stdout.flush()
"""

CLEANS_UP = """
def work():
    try:
        say("working")
        time.sleep(60)
    finally:
        say("cleaning")
        for _ in range(20):
            time.sleep(0.1)
        Path(sys.argv[1]).write_text("clean")

sys.exit(run_command(work))
"""

TURNS_IT_INTO_AN_ERROR = """
def work():
    try:
        say("working")
        time.sleep(60)
    except KeyboardInterrupt:
        raise ImportError("half imported") from None

sys.exit(run_command(work))
"""


GIVES_IT_BACK = """
import ctypes
from data_pipeline.system.interrupts import restore_sigterm

def work():
    ctypes.CDLL(None).signal(15, 0)
    restore_sigterm()
    say("working")
    time.sleep(60)

sys.exit(run_command(work))
"""

SLOW_END = """
import atexit

def work():
    say("working")
    time.sleep(60)

atexit.register(time.sleep, 1)
code = run_command(work)
say("over")
sys.exit(code)
"""


def begun(folder, work):
    """Starts a small command that listens to Ctrl-C, and waits until it works."""
    # A shell's background jobs ignore Ctrl-C, and so would what they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    code = textwrap.dedent(BEGIN + work)
    process = subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", code, str(folder / "cleaned")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert process.stdout.readline() == b"working\n"
    return process


@pytest.mark.parametrize(
    "first", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "kill"]
)
def test_a_further_one_does_not_break_the_end(tmp_path, first):
    """Further signals of both kinds do not disturb the cleanup."""
    process = begun(tmp_path, CLEANS_UP)
    process.send_signal(first)
    assert process.stdout.readline() == b"cleaning\n"
    for further in (signal.SIGINT, signal.SIGTERM, signal.SIGINT, signal.SIGINT):
        process.send_signal(further)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.2)
    _, err = process.communicate(timeout=60)
    assert (tmp_path / "cleaned").read_text() == "clean"
    assert process.returncode == 130
    lines = err.splitlines(keepends=True)
    assert lines[0] == STILL_ENDING
    assert lines[1:] == [b"error: interrupted; rerun the same command to resume\n"]


def test_the_very_end_is_not_disturbed(tmp_path):
    """While Python itself ends, further signals change nothing, not the code either."""
    process = begun(tmp_path, SLOW_END)
    process.send_signal(signal.SIGTERM)
    assert process.stdout.readline() == b"over\n"
    while process.poll() is None:
        for further in (signal.SIGTERM, signal.SIGINT):
            process.send_signal(further)
            time.sleep(0.005)
    process.communicate()
    assert process.returncode == 130


def test_an_error_that_is_an_interruption(tmp_path):
    """A library's own error for Ctrl-C is not a failure."""
    process = begun(tmp_path, TURNS_IT_INTO_AN_ERROR)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == b"error: interrupted; rerun the same command to resume\n"


def test_a_library_that_gives_the_signal_back(tmp_path):
    """Where C++ has put the system's handler there, a polite kill is taken again."""
    process = begun(tmp_path, GIVES_IT_BACK)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == b"error: interrupted; rerun the same command to resume\n"


def test_what_was_swallowed_is_raised_again(monkeypatch):
    """A search whose library swallowed Ctrl-C ends at its next trial, epoch, step."""
    raise_if_interrupted()
    with ProgressBar(Console(file=io.StringIO())) as progress:
        progress.stage("reading images", 1, 2)
        monkeypatch.setattr("data_pipeline.system.interrupts._state.count", 1)
        request = TrialRequest(number=0, values={}, seed=1, seconds=0.0)
        counts = Counts(budget=1, completed=0, pruned=0, failed=0, running=0)
        for call in (
            lambda: progress.stage("reading images", 2, 2),
            lambda: progress.on_trial_start(request, counts),
            lambda: progress.on_epoch_end(0, None),
        ):
            with pytest.raises(KeyboardInterrupt):
                call()


def test_an_event_loop_ends_by_itself(monkeypatch):
    """With a callback, the first signal calls it and raises nothing."""
    # Set back afterwards: other tests of this process were not interrupted.
    monkeypatch.setattr("data_pipeline.system.interrupts._state.count", 0)
    called = []
    with handle_interrupts():
        with on_interrupt(lambda: called.append("ended")):
            signal.raise_signal(signal.SIGTERM)
        assert called == ["ended"]
        with pytest.raises(KeyboardInterrupt):
            raise_if_interrupted()
