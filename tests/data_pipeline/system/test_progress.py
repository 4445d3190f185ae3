"""Bars of a command's stages: in a terminal alone, with their rate."""

import io
import sys

import pytest

from data_pipeline.system.progress import stage_bars


class Screen(io.StringIO):
    """A standard error that says whether it is a terminal."""

    def __init__(self, *, terminal):
        """Keeps what is written."""
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        """Whether it is one."""
        return self.terminal


def shown(monkeypatch, unit, *, terminal=True):
    """Returns what a stage of four steps shows."""
    screen = Screen(terminal=terminal)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with stage_bars(unit) as progress:
        for done in range(5):
            progress("predicting", done, 4)
    return screen.getvalue()


def test_a_bar_has_the_rate_of_its_unit(monkeypatch):
    """A terminal shows the stage, how far it is, and its steps a second."""
    text = shown(monkeypatch, "files")
    assert "predicting" in text
    assert "100%" in text
    assert " files/s" in text


def test_steps_without_a_name_have_no_rate(monkeypatch):
    """Where no unit is named nothing is counted a second."""
    text = shown(monkeypatch, "")
    assert "predicting" in text
    assert "/s" not in text


@pytest.mark.parametrize("unit", ["", "files"])
def test_elsewhere_nothing_is_shown(monkeypatch, unit):
    """A file or a pipe gets no bar."""
    assert shown(monkeypatch, unit, terminal=False) == ""
