"""``python -m data_pipeline.check``: tell what is wrong with a study's data set.

    python -m data_pipeline.check --study NAME|FILE.toml [--data DIR|synthetic]
        [--out DIR] [--all]

It looks at every image, those of the hold-out included, and writes nothing. Exit codes:
0 clean, 1 problems found, 2 wrong input, 130 interrupted.
"""

if __name__ == "__main__":  # first, before a local file can hide a package
    import runpy

    runpy.run_path(f"{__file__.rsplit('/', 2)[0]}/data_pipeline/system/import_guard.py")

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from data_pipeline.dataset.config import read_study_data
from data_pipeline.system.cli import Parser, nonempty_path, nonempty_text, run_command
from data_pipeline.system.progress import stage_bars

SHOWN = 10
"""Problems of one check that are listed without ``--all``."""
_PROBLEMS = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command.

    Args:
        arguments: words of the command line; none reads the process's own.

    Returns:
        The exit code.
    """
    asked = _parser().parse_args(arguments)
    return run_command(lambda: _check(asked), stopped="nothing was written")


def _parser() -> argparse.ArgumentParser:
    """The grammar of the command line."""
    parser = Parser(
        "data_pipeline.check",
        "Tell what is wrong with a data set: files, labels, leaks.",
    )
    add = parser.add_argument
    add("--study", required=True, help="a name in studies/, or the path of a .toml")
    add(
        "--data",
        type=nonempty_text,
        help="the data folder, or synthetic (default: data/<dataset>)",
    )
    add(
        "--out",
        type=nonempty_path,
        default=Path("runs"),
        help="all runs: who was tested in one stays held out (default: runs)",
    )
    add("--all", action="store_true", help=f"list more than {SHOWN} of a kind")
    return parser


def _check(asked: argparse.Namespace) -> int:
    """Examines and reports; returns the exit code."""
    keys = read_study_data(asked.study)
    # Loads pandas and Pillow, which --help and a wrong study need not.
    from data_pipeline.checks.dataset_check import examine  # noqa: PLC0415
    from data_pipeline.checks.report import report  # noqa: PLC0415
    from data_pipeline.readers.location import data_folder  # noqa: PLC0415
    from data_pipeline.split.held_out_subjects import read_history  # noqa: PLC0415

    root, synthetic = data_folder(keys.data.dataset, asked.data)
    study = Path(asked.study).stem if asked.study.endswith(".toml") else asked.study
    history = read_history(asked.out / (f"{study}-synthetic" if synthetic else study))
    with stage_bars() as progress:
        found = examine(root, keys, progress, synthetic=synthetic, history=history)
    report(root, found, shown=None if asked.all else SHOWN)
    return _PROBLEMS if found.problems else 0


if __name__ == "__main__":
    sys.exit(main())
