"""``python -m search.run``: search, retrain the winner, test it once on the hold-out.

    python -m search.run --study NAME|FILE.toml [--data DIR|synthetic] [--out DIR]
        [--set section.key=VALUE ...] [--executor ray|serial] [--storage URL]
        [--seed N] [--until search|retrain|holdout] [--reopen]

The same command goes on where an earlier one stopped, and prints the result of one
that is done. Exit codes: 0 done, 1 failed, 2 wrong input, 130 interrupted.
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
    """Runs the command.

    Args:
        arguments: words of the command line; none reads the process's own.

    Returns:
        The exit code.
    """
    asked = parser().parse_args(arguments)

    def work() -> None:
        check_backend()
        # Loads pandas, which --help and a wrong option need not.
        from search.pipeline.opening import begun  # noqa: PLC0415

        with begun(asked) as found:
            # Loads Optuna and SQLAlchemy, which a wrong label need not.
            from search.pipeline.stages import run_stages  # noqa: PLC0415

            run_stages(asked, found)

    return run_command(work)


def parser() -> argparse.ArgumentParser:
    """Builds the grammar of the command line."""
    built = Parser(
        "search.run", "Search hyperparameters, retrain the winner, test it once."
    )
    built.add_study()
    add = built.add_argument
    add(
        "--out",
        type=nonempty_path,
        default=Path("runs"),
        help="all runs (default: runs)",
    )
    add(
        "--set",
        action="append",
        default=[],
        dest="settings",
        metavar="KEY=VALUE",
        help="change one value of the study file; nothing after the = drops the key",
    )
    add("--executor", choices=("ray", "serial"), default="ray")
    add(
        "--storage",
        type=nonempty_text,
        metavar="URL",
        help="an Optuna URL or a journal file (default: EXPRESSION_SEARCH_STORAGE, "
        "where a password is not seen; else OUT/STUDY/optuna.db)",
    )
    add("--seed", type=int, help="replaces search.seed")
    add("--until", choices=STAGES, default="holdout", help="stop after this stage")
    add("--reopen", action="store_true", help="open the hold-out again; it is counted")
    return built


if __name__ == "__main__":
    sys.exit(main())
