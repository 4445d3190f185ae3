"""Runs a case and says what is wrong with how the command took it."""

import faulthandler
import importlib
import io
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data_pipeline.system.terminal import (
    SCREEN_COLUMNS,
    SCREEN_ROWS,
    escape_controls,
)
from tests.benchmarks.survival.fuzz.case import Case
from tests.benchmarks.survival.fuzz.writes import writes_outside

CODES = (0, 1, 2)
_PROJECT = ("data_pipeline", "models", "search")


class TimedOut(BaseException):
    """A case took too long; no command catches it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong: its kind, and where, the same for all cases of one fault."""

    kind: str
    where: str
    text: str = ""


@dataclass(slots=True)
class Ran:
    """What a command did."""

    code: Any = None
    error: BaseException | None = None
    out: str = ""
    err: str = ""
    outside: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The exit code of a case, and what is wrong with how it was taken."""

    code: Any
    findings: list[Finding]


def judge(case: Case, bases: Path, work: Path, *, limit: float) -> Verdict:
    """Runs a case in ``work/root``.

    ``bases`` holds the sound files; ``limit`` is in seconds of this process.
    """
    root = work / "root"
    case.lay_out(bases, root)
    with inside(root), writes_outside(str(root)) as outside:
        ran = run(case, limit=limit)
    ran.outside = outside
    left = sorted(path.name for path in work.iterdir() if path.name != "root")
    beside = [Finding(kind="outside", where=one) for one in left]
    return Verdict(code=ran.code, findings=[*_findings(ran), *beside])


def run(case: Case, *, limit: float) -> Ran:
    """Runs the command of a case in this process and the working folder."""
    command = importlib.import_module(case.command)
    ran = Ran()
    with captured(ran):
        try:
            with time_limit(limit):
                ran.code = command.main(list(case.words))
        except SystemExit as end:
            ran.code = end.code
        except BaseException as error:  # noqa: BLE001 - this is what is looked for
            ran.error = error
    return ran


def _findings(ran: Ran) -> Iterator[Finding]:
    if isinstance(ran.error, TimedOut):
        yield Finding(kind="hang", where=_place(ran.error), text=_trace(ran.error))
    elif ran.error is not None:
        yield Finding(kind="traceback", where=_place(ran.error), text=_trace(ran.error))
    elif "Traceback (most recent call last)" in ran.err + ran.out:
        yield Finding(kind="traceback", where="printed", text=ran.err + ran.out)
    elif ran.code not in CODES:
        yield Finding(kind="exit code", where=str(ran.code), text=ran.err)
    for name, text in (("output", ran.out), ("error", ran.err)):
        if escape_controls(text) != text:
            yield Finding(
                kind="escape code", where=f"{name}, {_masked(text)}", text=text
            )
    if ran.code in CODES and ran.code and _rows(ran.err) > SCREEN_ROWS:
        yield Finding(kind="long message", where=_masked(ran.err), text=ran.err)
    yield from (Finding(kind="outside", where=place) for place in set(ran.outside))


def _rows(text: str) -> int:
    """Counts the rows of a screen that a text takes."""
    return sum(
        1 + max(0, len(line) - 1) // SCREEN_COLUMNS for line in text.splitlines()
    )


def _place(error: BaseException) -> str:
    """Names the kind of an error, and the line of this project nearest to it."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [one for one in frames if _is_own(one.filename)]
    last = (own or list(frames) or [None])[-1]
    name = type(error).__name__
    if last is None:
        return name
    top = "/".join(Path(last.filename).parts[-3:])
    return f"{name} at {top}:{last.lineno}"


def _is_own(file: str) -> bool:
    return any(f"/{package}/" in file for package in _PROJECT) and "/tests/" not in file


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))[-6000:]


def _masked(text: str) -> str:
    """Returns the first words of a message, without its values."""
    words = escape_controls(text.strip()[:300]).split()
    return " ".join(word for word in words if word.isalpha())[:60]


@contextmanager
def inside(root: Path) -> Iterator[None]:
    """Works in a root folder: temporary files, home and caches are in it too."""
    before, temporary, environment = Path.cwd(), tempfile.tempdir, dict(os.environ)
    place = root / "tmp"
    place.mkdir(exist_ok=True)
    tempfile.tempdir = str(place)
    os.environ |= {"TMPDIR": str(place), "HOME": str(root)}
    os.environ.pop("EXPRESSION_SEARCH_STORAGE", None)
    os.chdir(root)
    try:
        yield
    finally:
        os.chdir(before)
        tempfile.tempdir = temporary
        os.environ.clear()
        os.environ.update(environment)


@contextmanager
def captured(ran: Ran) -> Iterator[None]:
    """Captures what Python and its libraries in C write to descriptors 1 and 2."""
    sys.stdout.flush()
    sys.stderr.flush()
    streams = sys.stdout, sys.stderr
    saved = os.dup(1), os.dup(2)
    files = [tempfile.TemporaryFile(dir="/dev/shm") for _ in saved]  # noqa: SIM115
    for number, file in enumerate(files, start=1):
        os.dup2(file.fileno(), number)
    sys.stdout, sys.stderr = map(_text, files)
    try:
        yield
    finally:
        sys.stdout.close()
        sys.stderr.close()
        sys.stdout, sys.stderr = streams
        for number, descriptor in enumerate(saved, start=1):
            os.dup2(descriptor, number)
            os.close(descriptor)
        ran.out, ran.err = map(_content, files)


def _text(file: Any) -> Any:
    again = os.fdopen(os.dup(file.fileno()), "wb", buffering=0)
    return io.TextIOWrapper(again, encoding="utf-8", write_through=True)


def _content(file: Any) -> str:
    file.seek(0)
    content = file.read()
    file.close()
    return str(content.decode("utf-8", "backslashreplace"))


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises ``TimedOut`` in a case that computes longer; other work does not count."""

    def end(*_: object) -> None:
        raise TimedOut

    handler = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, handler)


def end_process_after(seconds: float, file: Any) -> None:
    """Ends the process when a case waits for ever, and writes where it is."""
    faulthandler.dump_traceback_later(seconds, exit=True, file=file)
