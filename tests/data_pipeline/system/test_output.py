"""Output that cannot be written loses no work and is reported once."""

import io
import os
import subprocess
import sys

import pytest
from rich.console import Console

from data_pipeline.images.cache import read_images
from data_pipeline.system.cli import run_command
from data_pipeline.system.terminal import (
    BROKEN_PIPE,
    Output,
    escape_controls,
    one_line,
    print_line,
)
from search.callbacks.progress_bar import ProgressBar
from tests.factories.runs import ROOT
from tests.strategies.tables import sample, table_of, write_image

LOST = "the standard output cannot be written"


class Full(io.StringIO):
    """A stream on a full disk."""

    def write(self, text):
        """Fails as a full disk does."""
        del text
        raise OSError(28, "No space left on device")


class Left(io.StringIO):
    """A pipe without a reader."""

    def flush(self):
        """Fails as a pipe does."""
        raise BrokenPipeError(32, "Broken pipe")


def answer(stream, work, monkeypatch, **options):
    """Runs work as a command that prints to a stream; returns code and errors."""
    errors = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", errors)
    return run_command(work, **options), errors.getvalue()


def works(done):
    """Makes work that prints twice, and notes that it came to its end."""

    def work():
        print_line("one")
        print_line("two")
        done.append("done")

    return work


@pytest.mark.parametrize(("stream", "code"), [(Full, 1), (Left, 0)])
def test_work_goes_on(stream, code, monkeypatch):
    """A full device or a closed pipe does not stop the work; it is reported once."""
    done = []
    found, errors = answer(stream(), works(done), monkeypatch)
    assert (found, done) == (code, ["done"])
    assert len(errors.splitlines()) == 1
    assert errors.startswith(f"error: {LOST} (")


@pytest.mark.parametrize(
    ("stream", "code", "message"),
    [(Full, 1, f"error: {LOST}"), (Left, BROKEN_PIPE, "")],
)
def test_a_result_that_cannot_be_printed(stream, code, message, monkeypatch):
    """A command whose result cannot be printed ends with an error."""
    done = []
    found, errors = answer(stream(), works(done), monkeypatch, prints=True)
    assert (found, done) == (code, [])
    assert errors.startswith(message)
    assert len(errors.splitlines()) == bool(message)


def test_the_works_own_code_stays(monkeypatch):
    """The exit code of failed work stays, printed or not."""
    for stream in (Full, Left):
        found, _ = answer(stream(), lambda: print_line("x") or 2, monkeypatch)
        assert found == 2


def test_names_beyond_the_terminals_letters():
    """A letter outside a stream's encoding is escaped; nothing fails."""
    raw = io.BytesIO()
    output = Output(io.TextIOWrapper(raw, encoding="ascii"), lambda _: None)
    output.write("\u00fc\n")
    output.flush()
    assert raw.getvalue() == b"\\xfc\n"


@pytest.mark.parametrize(
    "redirection", [">&-", "2>&-", "2>/dev/full", ">&- 2>&-", "<&- >&- 2>&-"]
)
def test_closed_streams(tmp_path, redirection):
    """Without standard streams a command works, and no file takes their place."""
    code = (
        "import sys; from data_pipeline.system.cli import run_command;"
        "from data_pipeline.system.terminal import print_line, print_error\n"
        "def work():\n"
        f" file = open({str(tmp_path / 'file')!r}, 'w')\n"
        " print_line('x'); print_error('y'); assert file.fileno() > 2; return 3\n"
        "sys.exit(run_command(work))"
    )
    script = tmp_path / "work.py"
    script.write_text(code)
    done = subprocess.run(  # noqa: S603 - our own command
        ["/bin/sh", "-c", f"{sys.executable} {script} {redirection}"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert (tmp_path / "file").read_text() == ""


def test_the_cache_is_not_blamed(tmp_path, monkeypatch):
    """Images are kept while nothing can be printed of it: the cache has no fault."""
    table = table_of([sample("S000", row) for row in range(3)], tmp_path / "data")
    for number, image in enumerate(table.frame["image"]):
        write_image(table.root / image, number)

    def work():
        with ProgressBar(Console()) as progress:
            cache = tmp_path / "cache"
            read_images(table, size=8, cache=cache, progress=progress.stage)
            progress.print("all are read")

    found, errors = answer(Full(), work, monkeypatch)
    assert found == 1
    assert errors.startswith(f"error: {LOST} (No space left on device)")
    assert len(errors.splitlines()) == 1


def test_nothing_steers_a_terminal():
    """Escapes, bells, one-byte controls and turned text are spelt, all else is kept."""
    text = "a\x1b]0;title\x07 b\x9b31m c\u202etxt.exe \udcff \r\n\tü表"
    assert escape_controls(text) == (
        "a\\x1b]0;title\\x07 b\\x9b31m c\\u202etxt.exe \\xff \\r\n\\tü表"
    )
    assert one_line("a\nb") == "a\\nb"


def test_a_stream_that_another_closed():
    """An output is collected without an error, and closes no stream of another."""
    stream = io.StringIO()
    output = Output(stream, print)
    output.write("a line")
    output.close()
    assert stream.getvalue() == "a line"
    stream.close()
    output.close()
