"""What commands share: one message for an error, an exit code, ports, paths."""

import argparse
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from data_pipeline.errors import HarnessError

INTERRUPTED = 130


GOES_ON = "the same command goes on from here"


def run_command(work: Callable[[], int | None], *, stopped: str = GOES_ON) -> int:
    """Runs a command's work and turns what went wrong into one message.

    Args:
        work: the command, its arguments already read; may give an exit code.
        stopped: what an interruption means for what was done so far.

    Returns:
        The exit code: the work's own, 0 where it has none; 1 failed, 2 wrong input,
        130 interrupted.
    """
    interrupt_on_term()
    try:
        return work() or 0
    except HarnessError as error:
        say_error(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        say_error(f"interrupted; {stopped}")
        return INTERRUPTED
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        say_error(f"{error.strerror or error}{place}")
        return 1


def port_number(text: str) -> int:
    """Reads a port off a command line.

    Args:
        text: a word.

    Returns:
        The port; 0 stands for any that is free.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    value = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= value < 1 << 16:
        raise argparse.ArgumentTypeError(f"must be 0 to 65535, found {text}")
    return value


def some_path(text: str) -> Path:
    """Reads a path off a command line, where nothing would mean the present folder.

    Args:
        text: a word.

    Returns:
        The path.

    Raises:
        argparse.ArgumentTypeError: the word is empty.
    """
    if not text:
        raise argparse.ArgumentTypeError("must name a file or a folder, found ''")
    return Path(text)


def interrupt_on_term() -> None:
    """Takes a polite kill for Ctrl-C, so that a search ends in order.

    Batch systems and ``timeout`` send it. Elsewhere than in the main thread Python
    cannot listen, and nothing changes.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def say_error(text: str) -> None:
    """Writes a message to the standard error."""
    sys.stderr.write(f"error: {text}\n")
