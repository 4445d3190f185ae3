"""Safe output: control characters in names and labels never reach a terminal."""

import errno
import io
import itertools
import os
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from data_pipeline.system.errors import RunError, shorten

_CONTROL_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode categories that a terminal acts on or cannot show."""

_BIDIRECTIONAL = frozenset(
    "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
"""Characters that change the order of those around them (Unicode's UAX 9)."""

_USER_PART = re.compile(r"(://[^:/@\s]*:)\S*@")
_SECRET_PAIR = re.compile(
    r"([?&;]\w*(?:pass|pwd|secret|token|credential)\w*=)[^&;\s'\"]*", re.IGNORECASE
)


def is_printable(character: str) -> bool:
    """Returns whether a terminal shows a character as it is.

    Example:
        >>> [is_printable(one) for one in ("é", "表", chr(27), chr(0x202E))]
        [True, True, False, False]
    """
    control = unicodedata.category(character) in _CONTROL_CATEGORIES
    return not control and character not in _BIDIRECTIONAL


def escape_controls(text: str) -> str:
    """Escapes what a terminal would act on, except line breaks.

    Args:
        text: any text, names and labels in it.

    Returns:
        The text, with a backslash escape for each control character, each
        bidirectional mark and each byte of a file name that is not UTF-8.

    Example:
        >>> escape_controls(f"a{chr(27)}[31m") == "a" + chr(92) + "x1b[31m"
        True
    """
    if text.isprintable():
        return text
    return "".join(
        one if one == "\n" or is_printable(one) else _escape(one) for one in text
    )


def one_line(text: str) -> str:
    """Escapes line breaks as well as control characters.

    Example:
        >>> one_line("a" + chr(10) + "b") == "a" + chr(92) + "nb"
        True
    """
    return escape_controls(text).replace("\n", "\\n")


SCREEN_ROWS, SCREEN_COLUMNS = 24, 80
_LONGEST_LINE = 20 * SCREEN_COLUMNS


def fit_screen(text: str) -> str:
    """Shortens long lines, and leaves out lines that no screen has room for.

    Example:
        >>> fit_screen("x" * 9999).count("x") < 1600
        True
        >>> fit_screen(chr(10).join("abc" * 10)).splitlines()[-2:]
        ['b', '... and 7 more lines']
    """
    lines = [shorten(line, most=_LONGEST_LINE) for line in text.split("\n")]
    ends = list(itertools.accumulate(map(_rows, lines)))
    if ends[-1] <= SCREEN_ROWS:
        return "\n".join(lines)
    kept = sum(end < SCREEN_ROWS for end in ends)
    return "\n".join([*lines[:kept], f"... and {len(lines) - kept} more lines"])


def _rows(line: str) -> int:
    return 1 + max(0, len(line) - 1) // SCREEN_COLUMNS


def mask_passwords(text: str) -> str:
    """Hides passwords in URLs, in any text that quotes a command line.

    Example:
        >>> mask_passwords("unknown: --url mysql://me:s3cret@host/x?sslpassword=abc")
        'unknown: --url mysql://me:***@host/x?sslpassword=***'
    """
    return _SECRET_PAIR.sub(r"\1***", _USER_PART.sub(r"\1***@", text))


def _escape(character: str) -> str:
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:  # noqa: PLR2004 - a byte, by surrogateescape
        return f"\\x{number - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")


BROKEN_PIPE = 141
"""The exit code after a broken pipe, as in shells: 128 plus SIGPIPE."""


class OutputError(RunError):
    """The standard output cannot be written, and it is the command's result."""

    def __init__(self, error: OSError) -> None:
        """Keeps the reason; a reader that has left needs no message."""
        super().__init__(f"the standard output cannot be written ({error.strerror})")
        self.broken_pipe = error.errno == errno.EPIPE
        self.exit_code = BROKEN_PIPE if self.broken_pipe else 1


class Output(io.TextIOBase):
    """A text stream that discards further output after its first failure.

    ``error`` is that failure, or ``None``; ``on_error`` is called with it, once.
    """

    def __init__(self, stream: Any, on_error: Callable[[OSError], None]) -> None:
        """Wraps a stream."""
        self._stream = stream
        self._on_error = on_error
        self.error: OSError | None = None

    def __getattr__(self, name: str) -> Any:
        """Delegates to the stream."""
        return getattr(self._stream, name)

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The stream's encoding."""
        return str(getattr(self._stream, "encoding", None) or "utf-8")

    def isatty(self) -> bool:
        """Returns whether a working stream is a terminal."""
        return self.error is None and bool(self._stream.isatty())

    def fileno(self) -> int:
        """Returns the stream's descriptor."""
        return int(self._stream.fileno())

    def writable(self) -> bool:
        """Returns true, also after a failure."""
        return True

    def write(self, text: str) -> int:
        """Writes the text unless the stream has failed."""
        self._try(self._stream.write, text)
        return len(text)

    def flush(self) -> None:
        """Flushes the stream unless it has failed."""
        self._try(self._stream.flush)

    def close(self) -> None:
        """Leaves the stream open, which belongs to another; it may be closed before."""

    def _try(self, write: Callable[..., object], *text: str) -> None:
        if self.error is not None:
            return
        try:
            try:
                write(*text)
            except UnicodeEncodeError:
                # A terminal's encoding may lack characters of a file name.
                escaped = text[0].encode(self.encoding, "backslashreplace")
                write(escaped.decode(self.encoding))
        except OSError as error:
            self.error = error
            _redirect_to_null(self._stream)
            self._on_error(error)


@contextmanager
def standard_streams(*, is_result: bool) -> Iterator[Output]:
    """Keeps a command running when its standard output or error cannot be written.

    Yields the standard output, which all prints go through. If that ``is_result``, the
    first failure ends the command with an ``OutputError``.
    """

    def fail(error: OSError) -> None:
        if is_result:
            raise OutputError(error) from None
        print_error(
            f"the standard output cannot be written ({error.strerror}): nothing more "
            "is printed, and the work continues"
        )

    _fill_descriptors()
    previous = sys.stdout, sys.stderr
    sys.stderr = Output(previous[1] or _null(), lambda _: None)
    output = Output(previous[0] or _null(), fail)
    sys.stdout = output
    try:
        if previous[0] is None:
            output.error = OSError(errno.EBADF, "it is closed")
            fail(output.error)
        yield output
    finally:
        for stream in (output, sys.stderr):
            with suppress(OutputError):
                stream.flush()
        sys.stdout, sys.stderr = previous


@contextmanager
def no_stderr() -> Iterator[None]:
    """Discards what C++ libraries write to file descriptor 2.

    TensorFlow writes there before it reads its own log level.
    """
    sys.stderr.flush()
    saved, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(null)


_listeners: list[Callable[[str], None]] = []


@contextmanager
def listening(listener: Callable[[str], None]) -> Iterator[None]:
    """Calls a function with each line that is printed to the standard error.

    Args:
        listener: for example one that logs it.

    Yields:
        Nothing.
    """
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def print_line(text: str) -> None:
    """Prints a line to the standard output, with control characters escaped."""
    sys.stdout.write(f"{escape_controls(text)}\n")
    sys.stdout.flush()


def print_error(text: str) -> None:
    """Prints an error message to the standard error, as much as a screen holds."""
    _print_note(f"error: {text}", fit_screen)


def print_note(text: str) -> None:
    """Prints a line to the standard error, with passwords masked."""
    _print_note(text, lambda whole: whole)


def _print_note(text: str, fit: Callable[[str], str]) -> None:
    """Tells the listeners the whole text, and prints what fits."""
    for listener in _listeners:
        listener(text)
    with suppress(OSError):
        sys.stderr.write(f"{fit(mask_passwords(escape_controls(text)))}\n")
        sys.stderr.flush()


def _null() -> Any:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123


def _fill_descriptors() -> None:
    """Opens closed standard descriptors, which the next file would take.

    C++ writes to descriptors 1 and 2 whatever they are.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free descriptor


def _redirect_to_null(stream: Any) -> None:
    """Redirects a failed stream: Python flushes its buffer again at exit."""
    with suppress(OSError, ValueError, AttributeError):
        number = stream.fileno()
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, number)
        os.close(null)
