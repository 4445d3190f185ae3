"""Text as a terminal may have it: nothing in a name or a label steers it."""

import errno
import io
import os
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from data_pipeline.system.errors import RunError

_OBEYED = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode categories that a terminal obeys or cannot show."""

_TURNING = frozenset(
    "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
"""Characters that change the order of those around them (Unicode's UAX 9)."""

_USER_PART = re.compile(r"(://[^:/@\s]*:)\S*@")
_SECRET_PAIR = re.compile(
    r"([?&;]\w*(?:pass|pwd|secret|token|credential)\w*=)[^&;\s'\"]*", re.IGNORECASE
)


def is_shown(character: str) -> bool:
    """Tells whether a terminal shows a character as it is, and obeys nothing.

    Example:
        >>> [is_shown(one) for one in ("é", "表", chr(27), chr(0x202E))]
        [True, True, False, False]
    """
    obeyed = unicodedata.category(character) in _OBEYED
    return not obeyed and character not in _TURNING


def shown(text: str) -> str:
    """Spells out what a terminal would obey; lines stay lines.

    Args:
        text: what is to be printed, names and labels in it.

    Returns:
        The text, with a backslash and a number for each control character, each that
        turns the order of others, and each byte of a name that is no text.

    Example:
        >>> shown(f"a{chr(27)}[31m") == "a" + chr(92) + "x1b[31m"
        True
    """
    if text.isprintable():
        return text
    return "".join(one if one == "\n" or is_shown(one) else _spelt(one) for one in text)


def one_line(text: str) -> str:
    """Spells out line breaks too, which would begin a line of their own.

    Example:
        >>> one_line("a" + chr(10) + "b") == "a" + chr(92) + "nb"
        True
    """
    return shown(text).replace("\n", "\\n")


def without_passwords(text: str) -> str:
    """Hides the passwords of URLs that a person typed, also where nobody knows of one.

    Example:
        >>> without_passwords("unknown: --url mysql://me:s3cret@host/x?sslpassword=abc")
        'unknown: --url mysql://me:***@host/x?sslpassword=***'
    """
    return _SECRET_PAIR.sub(r"\1***", _USER_PART.sub(r"\1***@", text))


def _spelt(character: str) -> str:
    """Writes a character as Python does, and a byte of a name as that byte."""
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:  # noqa: PLR2004 - of Python's surrogateescape
        return f"\\x{number - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")


UNREAD = 141
"""The exit code where nobody reads on, as shells tell it: 128 and SIGPIPE."""


class OutputError(RunError):
    """The standard output cannot be written, and it is what the command is for."""

    def __init__(self, error: OSError) -> None:
        """Takes what happened."""
        super().__init__(f"the standard output cannot be written ({error.strerror})")
        self.unread = error.errno == errno.EPIPE
        self.exit_code = UNREAD if self.unread else 1


class Output(io.TextIOBase):
    """A stream that takes what it is given, also when nothing can be written any more.

    Attributes:
        error: why it cannot be written; ``None`` while it can.
    """

    def __init__(self, stream: Any, lost: Callable[[OSError], None]) -> None:
        """Takes the stream, and whom to tell when it is lost; told once."""
        self._stream = stream
        self._lost = lost
        self.error: OSError | None = None

    def __getattr__(self, name: str) -> Any:
        """Looks like the stream in all else."""
        return getattr(self._stream, name)

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding of the stream."""
        return str(getattr(self._stream, "encoding", None) or "utf-8")

    def isatty(self) -> bool:
        """Tells whether a person looks at it."""
        return self.error is None and bool(self._stream.isatty())

    def fileno(self) -> int:
        """Names the stream's descriptor."""
        return int(self._stream.fileno())

    def writable(self) -> bool:
        """It takes everything."""
        return True

    def write(self, text: str) -> int:
        """Writes as far as it can be written."""
        self._do(self._stream.write, text)
        return len(text)

    def flush(self) -> None:
        """Writes what waits."""
        self._do(self._stream.flush)

    def _do(self, write: Callable[..., object], *text: str) -> None:
        if self.error is not None:
            return
        try:
            try:
                write(*text)
            except UnicodeEncodeError:
                # A terminal may know less than names hold.
                kept = text[0].encode(self.encoding, "backslashreplace")
                write(kept.decode(self.encoding))
        except OSError as error:
            self.error = error
            _put_away(self._stream)
            self._lost(error)


@contextmanager
def standard_streams(*, is_result: bool) -> Iterator[Output]:
    """Lets a command go on where its standard output or error cannot be written.

    Args:
        is_result: whether the standard output is what the command is for; then it
            ends with the first failure.

    Yields:
        The standard output. All that is printed meanwhile goes by way of it.

    Raises:
        OutputError: it cannot be written, where it is the result.
    """

    def lost(error: OSError) -> None:
        if is_result:
            raise OutputError(error) from None
        say_error(
            f"the standard output cannot be written ({error.strerror}): nothing more "
            "is printed, and the work goes on"
        )

    _fill_descriptors()
    kept = sys.stdout, sys.stderr
    sys.stderr = Output(kept[1] or _nowhere(), lambda _: None)
    output = Output(kept[0] or _nowhere(), lost)
    sys.stdout = output
    try:
        if kept[0] is None:
            output.error = OSError(errno.EBADF, "it is closed")
            lost(output.error)
        yield output
    finally:
        for stream in (output, sys.stderr):
            with suppress(OutputError):
                stream.flush()
        sys.stdout, sys.stderr = kept


def say(text: str) -> None:
    """Prints a line to the standard output; names in it do not steer a terminal."""
    sys.stdout.write(f"{shown(text)}\n")
    sys.stdout.flush()


def say_error(text: str) -> None:
    """Writes a message to the standard error."""
    note(f"error: {text}")


def note(text: str) -> None:
    """Writes a line to the standard error."""
    with suppress(OSError):
        sys.stderr.write(f"{without_passwords(shown(text))}\n")
        sys.stderr.flush()


def _nowhere() -> Any:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123


def _fill_descriptors() -> None:
    """Opens what was closed: the next file, such as a database, would take its place.

    C++ writes to descriptors 1 and 2 whatever they are.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest that is free


def _put_away(stream: Any) -> None:
    """Leads a stream nowhere: Python writes what waits when it ends."""
    with suppress(OSError, ValueError, AttributeError):
        number = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        os.close(nowhere)
