"""``python -m search.run``: search, retrain the winner, test it once on the hold-out.

    python -m search.run --study NAME|FILE.toml [--data DIR|synthetic] [--out DIR]
        [--set section.key=VALUE ...] [--executor ray|serial] [--storage URL]
        [--seed N] [--until search|retrain|holdout] [--reopen]

Run the same command again to resume a run, or to print the result of a finished one.
Exit codes: 0 done, 1 failed, 2 wrong input, 130 interrupted.
"""

if __name__ == "__main__":  # first, before a local file can hide a package
    import runpy

    runpy.run_path(f"{__file__.rsplit('/', 2)[0]}/data_pipeline/system/import_guard.py")

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from data_pipeline.system.cli import Parser, nonempty_path, nonempty_text, run_command
from data_pipeline.system.keras_import import check_backend

STAGES = ("search", "retrain", "holdout")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code.

    Args:
        arguments: of the command line; ``None`` reads ``sys.argv``.
    """
    args = build_parser().parse_args(arguments)

    def work() -> None:
        check_backend()
        # Loads pandas, which --help and a wrong option need not wait for.
        from search.pipeline.opening import open_run  # noqa: PLC0415

        with open_run(args) as (run, bar):
            # Loads Optuna and SQLAlchemy, which a wrong label need not wait for.
            from search.pipeline.stages import run_stages  # noqa: PLC0415

            run_stages(args, run, bar)

    return run_command(work)


def build_parser() -> argparse.ArgumentParser:
    """Builds the parser of the command line."""
    parser = Parser(
        "search.run", "Search hyperparameters, retrain the winner, test it once."
    )
    parser.add_study()
    add = parser.add_argument
    add(
        "--out",
        type=nonempty_path,
        default=Path("runs"),
        help="output folder for all runs (default: runs)",
    )
    add(
        "--set",
        action="append",
        default=[],
        dest="settings",
        metavar="KEY=VALUE",
        help="change one value of the study file; an empty VALUE removes the key",
    )
    add(
        "--executor",
        choices=("ray", "serial"),
        default="ray",
        help="workers on Ray, or one trial after another (default: ray)",
    )
    add(
        "--storage",
        type=nonempty_text,
        metavar="URL",
        help="an Optuna URL or a journal file (default: EXPRESSION_SEARCH_STORAGE, "
        "which hides a password; else OUT/STUDY/optuna.db)",
    )
    add("--seed", type=int, help="override search.seed")
    add("--until", choices=STAGES, default="holdout", help="stop after this stage")
    add(
        "--reopen",
        action="store_true",
        help="evaluate on the hold-out again (every evaluation is recorded)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
