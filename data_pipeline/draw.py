"""``python -m data_pipeline.draw``: write drawn faces in a real layout.

    python -m data_pipeline.draw --out DIR [--subjects N] [--seed S]
        [--layout coursework|official|ferplus|fer2013]

The same seed gives the same bytes. Exit codes: 0 done, 1 failed, 2 wrong input,
130 interrupted.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from data_pipeline.drawn.subjects import DEFAULT_SUBJECTS
from data_pipeline.drawn.write import LAYOUTS, MARKER, write_drawn
from data_pipeline.errors import HarnessError

_FAILED, _INTERRUPTED = 1, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command.

    Args:
        arguments: words of the command line; none reads the process's own.

    Returns:
        The exit code.
    """
    asked = _parser().parse_args(arguments)
    try:
        with _progress() as progress:
            write_drawn(
                asked.out,
                layout=asked.layout,
                subjects=asked.subjects,
                seed=asked.seed,
                progress=progress,
            )
    except HarnessError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    except OSError as error:
        reason = f"{error.strerror or error} ({error.filename or asked.out})"
        print(f"error: cannot write drawn faces: {reason}", file=sys.stderr)  # noqa: T201
        return _FAILED
    except KeyboardInterrupt:
        print("interrupted: nothing was written", file=sys.stderr)  # noqa: T201
        return _INTERRUPTED
    print(f"drawn faces ({asked.layout}, seed {asked.seed}): {asked.out}/{MARKER}")  # noqa: T201
    return 0


def _parser() -> argparse.ArgumentParser:
    """The grammar of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m data_pipeline.draw",
        description="Write drawn faces (no real person) in a real data set's layout.",
        allow_abbrev=False,
    )
    parser.add_argument("--out", type=Path, required=True, help="a new or empty folder")
    parser.add_argument(
        "--layout",
        choices=tuple(LAYOUTS),
        default="coursework",
        help="default: %(default)s",
    )
    parser.add_argument(
        "--subjects", type=int, default=DEFAULT_SUBJECTS, help="default: %(default)s"
    )
    parser.add_argument("--seed", type=int, default=1, help="default: %(default)s")
    return parser


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """A progress line, where a person is looking."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415 - costs time that errors have not
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("drawing faces", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


if __name__ == "__main__":
    sys.exit(main())
