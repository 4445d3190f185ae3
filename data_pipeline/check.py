"""``python -m data_pipeline.check``: find problems in a study's data set.

    python -m data_pipeline.check --study NAME|FILE.toml [--data DIR|synthetic]
        [--out DIR] [--all]

It reads every image, those of the hold-out included, and writes nothing. Exit codes:
0 clean, 1 problems found, 2 wrong input, 130 interrupted.
"""

if __name__ == "__main__":  # first, before a local file can hide a package
    import runpy

    runpy.run_path(f"{__file__.rsplit('/', 2)[0]}/data_pipeline/system/import_guard.py")

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from data_pipeline.config.study_data import StudyData, read_study_data
from data_pipeline.files.folder_names import run_name
from data_pipeline.system.cli import Parser, nonempty_path, run_command
from data_pipeline.system.progress import stage_bars

if TYPE_CHECKING:  # slow to import
    from data_pipeline.checks.dataset_check import CheckResult

MAX_LISTED = 10
"""Problems of one check that are listed without ``--all``."""
_PROBLEMS = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command with these or the process's arguments; returns the exit code."""
    args = _parser().parse_args(arguments)
    return run_command(lambda: _check(args), stopped="nothing was written")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        "data_pipeline.check",
        "Find problems in a data set: files, labels, leaks.",
    )
    parser.add_study()
    add = parser.add_argument
    add(
        "--out",
        type=nonempty_path,
        default=Path("runs"),
        help="folder of all runs; subjects tested there stay held out (default: runs)",
    )
    add(
        "--all",
        action="store_true",
        help=f"list every problem, not only the first {MAX_LISTED} of each kind",
    )
    return parser


def _check(args: argparse.Namespace) -> int:
    """Checks the data, prints the report and returns the exit code."""
    root, found = check_data(read_study_data(args.study), data=args.data, out=args.out)
    from data_pipeline.checks.report import report  # noqa: PLC0415 - loads rich

    report(root, found, shown=None if args.all else MAX_LISTED)
    return _PROBLEMS if found.problems else 0


def check_data(
    keys: StudyData, *, data: str | None, out: Path
) -> "tuple[Path, CheckResult]":
    """Runs every check on a study's data.

    Args:
        keys: the study's sections.
        data: as ``--data``.
        out: the folder of all runs; people who were tested there stay held out.

    Returns:
        The data folder, and what was found.

    Raises:
        InputError: there are no such data, or they cannot be split this way.
    """
    # Imported late to keep --help and study errors fast.
    from data_pipeline.checks.dataset_check import check_dataset  # noqa: PLC0415
    from data_pipeline.readers.location import data_folder  # noqa: PLC0415
    from data_pipeline.readers.own.code import check_importable  # noqa: PLC0415
    from data_pipeline.split.holdout_history import read_history  # noqa: PLC0415

    check_importable(keys.data.dataset, keys.place)
    root, synthetic = data_folder(keys.data.dataset, data)
    history = read_history(out, run_name(keys.name, synthetic=synthetic))
    with stage_bars() as progress:
        found = check_dataset(
            root, keys, progress, synthetic=synthetic, history=history
        )
    return root, found


if __name__ == "__main__":
    sys.exit(main())
