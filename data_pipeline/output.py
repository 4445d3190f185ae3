"""The standard output, which may be gone: a reader that left, a full disk."""

import errno
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from data_pipeline.errors import RunError
from data_pipeline.shown import shown, without_passwords

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
