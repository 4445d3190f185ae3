"""``python -m data_pipeline.ferplus``: write FER2013's images as files, with labels.

    python -m data_pipeline.ferplus --fer fer2013.csv [--ferplus fer2013new.csv]
                                    --out DIR

With ``--ferplus``: the FER+ tree, a ``label.csv`` of votes in each folder. Without:
folders of FER2013's own seven emotions. The next call resumes an interrupted one.
Exit codes: 0 done, 1 failed, 2 wrong input, 130 interrupted.
"""

if __name__ == "__main__":  # first, before a local file can hide a package
    import runpy

    runpy.run_path(f"{__file__.rsplit('/', 2)[0]}/data_pipeline/system/import_guard.py")

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from data_pipeline.fer2013.convert import Written, write_tree
from data_pipeline.system.cli import Parser, nonempty_path, run_command
from data_pipeline.system.progress import stage_bars
from data_pipeline.system.terminal import print_line


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command with these or the process's arguments; returns the exit code."""
    args = _parser().parse_args(arguments)
    return run_command(lambda: _write(args))


def _write(args: argparse.Namespace) -> None:
    """Writes the tree and prints a summary."""
    print_line(_summary(write_faces(args.fer, args.ferplus, args.out), args.out))


def write_faces(fer: Path, ferplus: Path | None, out: Path) -> Written:
    """Writes FER2013's images as files, and shows how many.

    Args:
        fer: ``fer2013.csv``.
        ferplus: ``fer2013new.csv``; ``None`` for the labels of FER2013.
        out: the folder, new or empty, or that of an interrupted call.

    Returns:
        What was written.

    Raises:
        DataError: a table is wrong, or the folder holds something else.
    """
    with stage_bars() as stages:
        return write_tree(
            fer,
            ferplus,
            out,
            lambda done, total: stages("writing images", done, total),
        )


def _summary(written: Written, out: Path) -> str:
    state = "written" if written.new else "already there"
    left_out = f", {written.unnamed} rows have no face and no image"
    return (
        f"{out}: {written.images} images {state}{left_out if written.unnamed else ''}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        "data_pipeline.ferplus",
        "Write the images of FER2013 as files, with FER+ votes or classes.",
    )
    add = parser.add_argument
    add(
        "--fer",
        type=nonempty_path,
        required=True,
        help="path of fer2013.csv or icml_face_data.csv",
    )
    add(
        "--ferplus",
        type=nonempty_path,
        help="path of fer2013new.csv (default: use the labels of FER2013)",
    )
    add("--out", type=nonempty_path, required=True, help="output folder, new or empty")
    return parser


if __name__ == "__main__":
    sys.exit(main())
