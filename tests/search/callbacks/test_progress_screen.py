"""A run's progress on a real pseudo-terminal, in a pipe and in a notebook."""

import os

import pytest
import rich.console

from search.callbacks.progress_bar import ProgressBar, open_console
from search.ledger.records import Counts
from search.trial.messages import TrialRequest
from tests.factories.ledger import complete, fail, prune, report, small
from tests.fakes.screen import on_terminal, standard_streams

BUDGET = 12
NAME = "backbone_of_a_study_with_a_long_name"
WHOLE = 80
"""Columns from which a trial's line has room, in two rows."""

ENDS = (complete(0.5), prune(), fail("ValueError: no"), complete(0.6))


def counts(done):
    """Makes the counts after so many trials."""
    return Counts(completed=done, pruned=0, failed=0, running=2, budget=BUDGET)


def run_and_print(*, epochs=2):
    """Runs what a search shows: images, trials with their epochs, a step, a note."""
    with ProgressBar(open_console()) as bar:
        for done in range(6):
            bar.stage("rendering faces", done, 5)
        bar.expect(2, small())
        for number, outcome in enumerate(ENDS):
            values = {"backbone.name": NAME, "training.epochs": epochs}
            request = TrialRequest(number=number, seed=1, values=values, seconds=0.0)
            bar.on_trial_start(request, counts(number))
            for epoch in range(1, epochs + 1):
                bar.on_epoch_end(number, report(epoch, 0.7312))
            bar._bar.refresh()  # noqa: SLF001 - its thread does so twice a second
            bar.print(f"a note while trial {number} runs")
            bar.on_trial_end(number, outcome, counts(number + 1))
        bar.begin_step("retraining", counts(len(ENDS)))
        bar.print("the end")


def is_kept(line):
    """Whether a line stays: one of a trial that ended, a note, or a stage's name."""
    return line.startswith(("[", "    ", "a note", "rendering faces:", "the end"))


def in_order(lines):
    """Checks that each line is there once, and nothing else."""
    ended = [f"[{n + 1}/{BUDGET}] trial {n}: " for n in range(len(ENDS))]
    notes = [f"a note while trial {n} runs" for n in range(len(ENDS))]
    pairs = [one for pair in zip(notes, ended, strict=True) for one in pair]
    expected = ["rendering faces: 5", *pairs, "the end"]
    assert len(lines) == len(expected)
    return all(a.startswith(b) for a, b in zip(lines, expected, strict=True))


@pytest.mark.parametrize("terminal", ["xterm-256color", "screen", "tmux-256color"])
@pytest.mark.parametrize("columns", [24, 40, 80, 200])
def test_a_terminal_of_any_width(monkeypatch, terminal, columns):
    """No row of the bar is wider than the terminal, and none is left in the end."""
    monkeypatch.setenv("TERM", terminal)
    for name in ("COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    with on_terminal(columns) as screen:
        run_and_print()
    bar = [line for line in screen.written if not is_kept(line)]
    assert max(map(len, bar)) <= columns
    assert any("0.731" in line for line in bar)
    lines = [line for line in screen.lines if line]
    assert in_order([line for line in lines if not line.startswith(" ")])
    assert columns < WHOLE or max(map(len, lines)) <= columns


def test_a_bar_is_calm(monkeypatch):
    """Epochs alone write nothing: the bar is drawn anew twice a second."""
    monkeypatch.setenv("TERM", "xterm")
    with on_terminal(80) as few:
        run_and_print()
    with on_terminal(80) as many:
        run_and_print(epochs=300)
    assert len(many.written) < len(few.written) + 20


def printed():
    """Returns what the run prints into a pipe."""
    outer, inner = os.pipe()
    with standard_streams(inner):
        run_and_print()
    with os.fdopen(outer, encoding="utf-8") as file:
        return file.read()


def test_a_pipe_gets_lines_alone():
    """Each line is there once, whole and without controls."""
    text = printed()
    assert "\x1b" not in text
    assert "\r" not in text
    assert in_order(text.splitlines())


def test_a_notebook_gets_the_lines_of_a_pipe(monkeypatch):
    """There is no box around each line, and no bar."""
    shell = type("ZMQInteractiveShell", (), {})()
    monkeypatch.setattr(rich.console, "get_ipython", lambda: shell, raising=False)
    assert rich.console.Console().is_jupyter
    assert in_order(printed().splitlines())
