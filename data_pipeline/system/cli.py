"""What all commands share: the parser, exit codes, error messages, argument types."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from data_pipeline.system.errors import HarnessError, shorten
from data_pipeline.system.interrupts import handle_interrupts, is_interrupted
from data_pipeline.system.terminal import (
    Output,
    OutputError,
    escape_controls,
    mask_passwords,
    print_error,
    standard_streams,
)

INTERRUPTED = 130
RESUMABLE = "rerun the same command to resume"

MAX_ARGUMENT = 500
"""Characters kept of a message about an option, which quotes its value."""

DATA_HELP = "data folder, or 'synthetic' for synthetic faces (default: data/<dataset>)"


class Parser(argparse.ArgumentParser):
    """An argument parser that takes no abbreviations and escapes what it quotes.

    A shell that expands ``*`` passes file names, which may hold control characters.
    """

    def __init__(self, module: str, description: str) -> None:
        """Names the command as it is called: ``python -m <module>``."""
        super().__init__(
            prog=f"python -m {module}", description=description, allow_abbrev=False
        )

    def add_study(self) -> None:
        """Adds the options ``--study`` and ``--data``."""
        where = "name of a study in studies/, or path of a .toml file"
        self.add_argument("--study", required=True, help=where)
        self.add_argument("--data", type=nonempty_text, help=DATA_HELP)

    def add_out(self) -> None:
        """Adds the option ``--out``."""
        self.add_argument(
            "--out",
            type=nonempty_path,
            default=Path("runs"),
            help="folder of all runs (default: runs)",
        )

    def add_run(self) -> None:
        """Adds the options ``--study`` and ``--out``, which name a run."""
        self.add_argument("--study", required=True, help="name of a study or run")
        self.add_out()

    def add_storage(self, *, of: str = "search") -> None:
        """Adds the option ``--storage``, where the trials of a search are."""
        self.add_argument(
            "--storage",
            type=nonempty_text,
            metavar="URL",
            help=f"the --storage of the {of} (default: $EXPRESSION_SEARCH_STORAGE)",
        )

    def add_port(self, default: int) -> None:
        """Adds the option ``--port``."""
        self.add_argument(
            "--port",
            type=port_number,
            default=default,
            help=f"port (default: {default}; 0 picks a free one)",
        )

    def error(self, message: str) -> NoReturn:
        """Exits with the usage and a message, of which a long value is shortened."""
        super().error(shorten(message, most=MAX_ARGUMENT))

    def _print_message(self, message: str, file: Any = None) -> None:
        is_error = file is sys.stderr
        with standard_streams(is_result=False):
            to = sys.stderr if is_error else sys.stdout
            super()._print_message(mask_passwords(escape_controls(message)), to)


def positive(text: str) -> int:
    """Parses a whole number of at least 1."""
    value = int(text) if text.isdigit() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, found {text}")
    return value


def run_command(
    work: Callable[[], int | None], *, stopped: str = RESUMABLE, prints: bool = False
) -> int:
    """Runs a command and reports a failure in one message.

    Args:
        work: the command; may return an exit code.
        stopped: what the message of an interruption adds about the work so far.
        prints: whether the standard output is the command's result: if it cannot be
            written, the command ends; otherwise the work continues.

    Returns:
        The exit code: the work's own or 0; 1 failed, or the output was lost; 2 wrong
        input; 130 interrupted; 141 the reader of the result has left.
    """
    # With a notebook's backend, every import of Matplotlib fails here.
    os.environ["MPLBACKEND"] = "agg"
    with handle_interrupts(), standard_streams(is_result=prints) as output:
        try:
            return _exit_code(work() or 0, output)
        except HarnessError as error:
            if not (isinstance(error, OutputError) and error.broken_pipe):
                print_error(str(error))
            return error.exit_code
        except KeyboardInterrupt:
            return _interrupted(stopped)
        except OSError as error:
            place = f" ({error.filename})" if error.filename else ""
            print_error(f"{error.strerror or error}{place}")
            return 1
        except Exception:
            # A library may replace the interruption with an error of its own.
            if is_interrupted():
                return _interrupted(stopped)
            raise


def _exit_code(code: int, output: Output) -> int:
    """Returns 1 for a success with lost output; a reader may leave early."""
    sys.stdout.flush()
    lost = output.error is not None and not isinstance(output.error, BrokenPipeError)
    return code or int(lost)


def _interrupted(stopped: str) -> int:
    print_error(f"interrupted; {stopped}")
    return INTERRUPTED


def port_number(text: str) -> int:
    """Parses a port; 0 stands for any free one."""
    value = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= value < 1 << 16:
        raise argparse.ArgumentTypeError(f"must be 0 to 65535, found {text}")
    return value


def nonempty_path(text: str) -> Path:
    """Parses a path; an empty one would mean the working folder."""
    if not text:
        raise argparse.ArgumentTypeError("must name a file or a folder, found ''")
    return Path(text)


def nonempty_text(text: str) -> str:
    """Parses a word; an empty one would mean the default."""
    if not text.strip():
        raise argparse.ArgumentTypeError("must not be empty")
    return text
