"""``python -m data_pipeline.ferplus``: write FER2013's images as files, with labels.

    python -m data_pipeline.ferplus --fer fer2013.csv [--ferplus fer2013new.csv]
                                    --out DIR

With ``--ferplus``: the FER+ tree, a ``label.csv`` of votes in each folder. Without:
folders of FER2013's own seven emotions. Stopped, it goes on at the next call. Exit
codes: 0 done, 1 failed, 2 wrong input, 130 interrupted.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from data_pipeline.errors import HarnessError
from data_pipeline.fer_tree import Progress, Written, write_tree

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
            written = write_tree(asked.fer, asked.ferplus, asked.out, progress)
    except HarnessError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    except OSError as error:
        reason = f"{error.strerror or error} ({error.filename or asked.out})"
        print(f"error: cannot write the images: {reason}", file=sys.stderr)  # noqa: T201
        return _FAILED
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from here", file=sys.stderr)  # noqa: T201
        return _INTERRUPTED
    print(_said(written, asked.out))  # noqa: T201
    return 0


def _said(written: Written, out: Path) -> str:
    state = "written" if written.new else "there already"
    left_out = f", {written.nameless} rows have no face and no image"
    return (
        f"{out}: {written.images} images {state}{left_out if written.nameless else ''}"
    )


def _parser() -> argparse.ArgumentParser:
    """The grammar of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m data_pipeline.ferplus",
        description="Write the images of FER2013 as files, with FER+ votes or classes.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--fer", type=Path, required=True, help="fer2013.csv or icml_face_data.csv")
    add("--ferplus", type=Path, help="fer2013new.csv (default: FER2013's own labels)")
    add("--out", type=Path, required=True, help="a new or empty folder")
    return parser


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """A progress line, where a person is looking."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415 - costs time that errors have not
    from rich.progress import Progress as Bar  # noqa: PLC0415

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("writing images", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


if __name__ == "__main__":
    sys.exit(main())
