"""A terminal's screen, drawn from what a program writes to a real pseudo-terminal."""

import os
import re
import sys
import threading
from contextlib import contextmanager, suppress

import pytest

termios = pytest.importorskip("termios", reason="Windows has no pseudo-terminals")

PARTS = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|(\r)|(\n)|([^\x1b\r\n]+)|(\x1b)")
STANDARD = (0, 1, 2)


class Screen:
    """What stands on a screen of unlimited height.

    Attributes:
        columns: its width.
        lines: what stands there, a line as it was written; a wide one fills more rows.
        written: every line that was written, also those erased since.
    """

    def __init__(self, columns):
        """Is empty."""
        self.columns, self.lines, self.written = columns, [""], set()
        self._row = 0

    def feed(self, text):
        """Draws text with the controls that a bar may use; any other is an error."""
        for count, control, back, down, plain, unknown in PARTS.findall(text):
            if down:
                self._row += 1
                self.lines += [""] * (self._row == len(self.lines))
            elif plain:
                self.lines[self._row] += plain
                self.written.add(self.lines[self._row])
            elif control == "A":
                self._row -= int(count or 1)
                assert self._row >= 0
            elif control == "K":
                self.lines[self._row] = ""
            else:
                assert back or (control in "mhl" and not unknown), (count, control)


@contextmanager
def on_terminal(columns, rows=16):
    """Runs the block on a pseudo-terminal of a size; yields its screen, drawn after."""
    screen, found = Screen(columns), []
    outer, inner = os.openpty()
    termios.tcsetwinsize(inner, (rows, columns))
    reader = threading.Thread(target=_read, args=(outer, found))
    reader.start()
    try:
        with standard_streams(inner):
            yield screen
    finally:
        reader.join()
        os.close(outer)
    screen.feed(b"".join(found).decode())


@contextmanager
def standard_streams(file):
    """Makes an open file the three standard streams, and closes it in the end."""
    kept = [os.dup(stream) for stream in STANDARD]
    before = sys.stdout
    for stream in STANDARD:
        os.dup2(file, stream)
    try:
        with os.fdopen(file, "w", encoding="utf-8") as sys.stdout:
            yield
    finally:
        sys.stdout = before
        for stream, number in zip(STANDARD, kept, strict=True):
            os.dup2(number, stream)
            os.close(number)


def _read(outer, found):
    """Reads until no stream is open any more, which Linux reports as an error."""
    with suppress(OSError):
        while part := os.read(outer, 65536):
            found.append(part)
