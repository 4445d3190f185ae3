"""What commands share: one message for an error, an exit code, ports, paths."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from data_pipeline.system.errors import HarnessError
from data_pipeline.system.interrupts import interrupts, is_ending
from data_pipeline.system.terminal import (
    Output,
    OutputError,
    say_error,
    shown,
    standard_streams,
    without_passwords,
)

INTERRUPTED = 130


GOES_ON = "the same command goes on from here"


class Parser(argparse.ArgumentParser):
    """The grammar of a command line; what it quotes does not steer a terminal.

    A shell that completes ``*`` gives names of files as words.
    """

    def _print_message(self, message: str, file: Any = None) -> None:
        is_error = file is sys.stderr
        with standard_streams(is_result=False):
            to = sys.stderr if is_error else sys.stdout
            super()._print_message(without_passwords(shown(message)), to)


def run_command(
    work: Callable[[], int | None], *, stopped: str = GOES_ON, prints: bool = False
) -> int:
    """Runs a command's work and turns what went wrong into one message.

    Args:
        work: the command, its arguments already read; may give an exit code.
        stopped: what an interruption means for what was done so far.
        prints: whether the standard output is the command's result: where it cannot
            be written, the command then ends; otherwise the work goes on.

    Returns:
        The exit code: the work's own, 0 where it has none; 1 failed, or what was
        printed is lost; 2 wrong input; 130 interrupted; 141 nobody reads the result.
    """
    # Whatever imports Matplotlib fails with the backend of a notebook.
    os.environ["MPLBACKEND"] = "agg"
    with interrupts(), standard_streams(is_result=prints) as output:
        try:
            return _code(work() or 0, output)
        except OutputError as error:
            if not error.unread:
                say_error(str(error))
            return error.exit_code
        except HarnessError as error:
            say_error(str(error))
            return error.exit_code
        except KeyboardInterrupt:
            return _interrupted(stopped)
        except OSError as error:
            place = f" ({error.filename})" if error.filename else ""
            say_error(f"{error.strerror or error}{place}")
            return 1
        except Exception:
            # A library may turn the interruption into an error of its own.
            if is_ending():
                return _interrupted(stopped)
            raise


def _code(code: int, output: Output) -> int:
    """Makes sure that what was printed has arrived; a reader may leave earlier."""
    sys.stdout.flush()
    lost = output.error is not None and not isinstance(output.error, BrokenPipeError)
    return code or int(lost)


def _interrupted(stopped: str) -> int:
    say_error(f"interrupted; {stopped}")
    return INTERRUPTED


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


def some_text(text: str) -> str:
    """Reads a word off a command line, where an empty one would mean the default.

    Args:
        text: a word.

    Returns:
        The word.

    Raises:
        argparse.ArgumentTypeError: the word is empty.
    """
    if not text.strip():
        raise argparse.ArgumentTypeError("must not be empty")
    return text
