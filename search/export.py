"""``python -m search.export``: write a trial's configuration for final training.

    python -m search.export --study NAME --to FILE [--trial N] [--out DIR]
        [--storage URL]

Without ``--trial`` it is the best one. Exit codes: 0 done, 1 failed, 2 wrong input.
"""

if __name__ == "__main__":  # first, before a local file can hide a package
    import runpy

    runpy.run_path(f"{__file__.rsplit('/', 2)[0]}/data_pipeline/system/import_guard.py")

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from data_pipeline.system.cli import Parser, nonempty_path, nonempty_text, run_command
from data_pipeline.system.terminal import print_line


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command.

    Args:
        arguments: words of the command line; none reads the process's own.

    Returns:
        The exit code.
    """
    asked = parser().parse_args(arguments)

    def work() -> None:
        from search.pipeline.past_runs import export_trial  # noqa: PLC0415 - loads Optuna

        trial = export_trial(
            asked.out.resolve(),
            asked.study,
            asked.to,
            trial=asked.trial,
            storage=asked.storage,
        )
        print_line(f"trial {trial} of {asked.study}: {asked.to}")

    return run_command(work)


def parser() -> argparse.ArgumentParser:
    """Builds the grammar of the command line."""
    built = Parser("search.export", "Write a trial's configuration for final training.")
    add = built.add_argument
    add("--study", required=True, help="the name of a study or of a run")
    add("--to", type=nonempty_path, required=True, help="a new file")
    add("--trial", type=int, help="a completed trial (default: the best)")
    add(
        "--out",
        type=nonempty_path,
        default=Path("runs"),
        help="all runs (default: runs)",
    )
    add(
        "--storage",
        type=nonempty_text,
        metavar="URL",
        help="as given to search.run (default: EXPRESSION_SEARCH_STORAGE)",
    )
    return built


if __name__ == "__main__":
    sys.exit(main())
