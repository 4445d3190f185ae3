"""``python -m data_pipeline.check``: tell what is wrong with a study's data set.

    python -m data_pipeline.check --study NAME|FILE.toml [--data DIR|drawn] [--all]

It looks at every image, those of the hold-out included, and writes nothing. Exit codes:
0 clean, 1 problems found, 2 wrong input, 130 interrupted.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from data_pipeline.errors import DataError, HarnessError
from data_pipeline.study_file import read_data_keys

DATA = Path("data")
DRAWN = "drawn"
SHOWN = 10
"""Problems of one check that are listed without ``--all``."""
_PROBLEMS, _WRONG_INPUT, _INTERRUPTED = 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command.

    Args:
        arguments: words of the command line; none reads the process's own.

    Returns:
        The exit code.
    """
    asked = _parser().parse_args(arguments)
    try:
        return _check(asked)
    except HarnessError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        print(f"error: {error.strerror or error}{place}", file=sys.stderr)  # noqa: T201
        return _WRONG_INPUT
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)  # noqa: T201
        return _INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    """The grammar of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m data_pipeline.check",
        description="Tell what is wrong with a data set: files, labels, leaks.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--study", required=True, help="a name in studies/, or the path of a .toml")
    add("--data", help="the data folder, or drawn (default: data/<dataset>)")
    add("--all", action="store_true", help=f"list more than {SHOWN} of a kind")
    return parser


def _check(asked: argparse.Namespace) -> int:
    """Examines and reports; returns the exit code."""
    keys = read_data_keys(asked.study)
    root = _folder(asked.data or keys.dataset, named=asked.data is not None)
    # Loads pandas and Pillow, which --help and a wrong study need not.
    from data_pipeline.examine import examine  # noqa: PLC0415
    from data_pipeline.examine_report import report  # noqa: PLC0415

    with _progress() as progress:
        found = examine(root, keys, progress)
    report(root, found, shown=None if asked.all else SHOWN)
    return _PROBLEMS if found.problems else 0


def _folder(name: str, *, named: bool) -> Path:
    if name != DRAWN:
        return Path(name) if named else DATA / name
    root = DATA / DRAWN
    if not root.is_dir():
        raise DataError(
            f"no drawn faces at {root}; draw them with "
            f"python -m data_pipeline.draw --out {root}"
        )
    return root


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar for each stage, where a person is looking."""
    if not sys.stderr.isatty():
        yield lambda _stage, _done, _total: None
        return
    from rich.console import Console  # noqa: PLC0415 - errors need it not
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as bar:
        tasks = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done)

        yield show


if __name__ == "__main__":
    sys.exit(main())
