"""Printed names, labels and reasons cannot control a terminal or a page."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from data_pipeline import check
from data_pipeline.checks.dataset_check import CheckResult
from data_pipeline.checks.report import report
from data_pipeline.dataset.problems import Check, Problem
from data_pipeline.exploration.page import TEMPLATES
from data_pipeline.fer2013.ferplus_csv import HEADER, read_ferplus
from data_pipeline.system.errors import DataError
from data_pipeline.system.terminal import (
    escape_controls,
    is_printable,
    one_line,
    print_error,
    print_line,
    print_note,
)
from search.callbacks.progress_bar import ProgressBar
from tests.factories.ledger import begin, fail
from tests.factories.runs import ROOT, run_main

STEERS = "\x1b]0;title\x07\x1b[31m \x9b2J \u202etxt.exe \r\x08"
SPELT = "\\x1b]0;title\\x07\\x1b[31m \\x9b2J \\u202etxt.exe \\r\\x08"
MARKUP = "[bold red]x[/] :skull: [link=http://x]y[/link]"


def test_what_a_terminal_obeys_is_spelt():
    """Escapes, bells, one-byte controls, turned text, no text; all else is kept."""
    assert escape_controls(f"{STEERS}\udcff\n\t表") == f"{SPELT}\\xff\n\\t表"
    assert one_line("a\nb") == "a\\nb"


@given(st.text())
def test_nothing_is_left(text):
    """Of any text nothing is left that a terminal obeys, and lines stay lines."""
    found = escape_controls(text)
    assert all(one == "\n" or is_printable(one) for one in found)
    assert found.count("\n") == text.count("\n")
    assert escape_controls(found) == found
    found.encode()


@pytest.mark.parametrize("way", [print_line, print_error, print_note])
def test_each_way_to_print(way, capsys):
    """Lines and messages of commands are spelt where they are printed."""
    way(f"{STEERS}{MARKUP}")
    found = "".join(capsys.readouterr())
    assert f"{SPELT}{MARKUP}\n" in found
    assert "\x1b" not in found


@pytest.mark.parametrize("terminal", [False, True], ids=["file", "terminal"])
def test_a_search(tmp_path, terminal):
    """Reasons of trials and names are text: no markup, no emoji, no escape."""
    text = io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=300)
    with ProgressBar(console) as progress:
        progress.print(f"{STEERS}{MARKUP}")
        ledger = begin(tmp_path, callbacks=[progress])
        ledger.tell(ledger.ask().number, fail(f"no\n{STEERS}{MARKUP}"))
    lines = text.getvalue().splitlines()
    assert any(line.endswith(f"{SPELT}{MARKUP}") for line in lines)
    assert any(f"failed     no\\n{SPELT}{MARKUP}" in line for line in lines)
    assert "\x1b]0;" not in text.getvalue()


def test_a_check(capsys):
    """A finding of the check is one line, whatever the file's name is."""
    problem = Problem(
        check=Check.MISSING, where=f"a\n{STEERS}{MARKUP}.png", message=f"no {STEERS}"
    )
    found = CheckResult(source="ckplus", parts={f"p{STEERS}": 1}, problems=(problem,))
    report(Path(f"data{STEERS}"), found, shown=None)
    out = capsys.readouterr().out
    assert f"  a\\n{SPELT}{MARKUP}.png: no {SPELT}\n" in out
    assert f"data{SPELT} (read as ckplus): 1 images; p{SPELT} 1\n" in out
    assert not {"\x1b", "\x07", "\x9b", "\u202e", "\r"} & set(out)


def test_a_page():
    """In a page of the exploration names are no tags, and hold no control."""
    page = TEMPLATES.from_string("{{ name }}")
    assert page.render(name=f"<script>{STEERS}\udcff") == f"&lt;script&gt;{SPELT}\\xff"


def test_words_of_a_command_line():
    """Quoted arguments cannot control the terminal."""
    answer = run_main(check.main, "--study", "x", f"--{STEERS}")
    assert answer.code == 2
    assert f"unrecognized arguments: --{SPELT}" in answer.err
    assert "\x1b" not in answer.err


@pytest.mark.parametrize("words", [["--help"], ["--wrong"]])
def test_help_that_cannot_be_printed(words):
    """Where nothing can be printed, help and usage are no traceback."""
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "data_pipeline.check", *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            check=False,
        )
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
    assert done.stderr != ""


@pytest.mark.parametrize(
    "name", ["=1.png", "-1.png", "..", ".x.png", "a,b.png", "\u00fc"]
)
def test_names_of_ferplus(tmp_path, name):
    """A name in FER+'s table becomes a file and a cell: no path, and no formula."""
    row = ["Training", f'"{name}"', *["1"] * (len(HEADER) - 2)]
    path = tmp_path / "fer2013new.csv"
    path.write_text(f"{','.join(HEADER)}\n{','.join(row)}\n", encoding="utf-8")
    with pytest.raises(
        DataError, match="line 2: an image name is a file name like fer0"
    ):
        read_ferplus(path)
