"""``python -m search.export``: write a trial's configuration for final training.

    python -m search.export --study NAME --to FILE [--trial N] [--out DIR]
        [--storage URL]

Without ``--trial`` it is the best one. Exit codes: 0 done, 1 failed, 2 wrong input.
"""

if __name__ == "__main__":  # before a package is imported by its name
    import runpy
    from pathlib import Path

    own = Path(__file__).parents[1] / "data_pipeline/system/import_guard.py"
    runpy.run_path(str(own))["insist"]()

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from data_pipeline.system.cli import Parser, run_command, some_path, some_text
from data_pipeline.system.terminal import say


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
        say(f"trial {trial} of {asked.study}: {asked.to}")

    return run_command(work)


def parser() -> argparse.ArgumentParser:
    """Builds the grammar of the command line."""
    built = Parser(
        prog="python -m search.export",
        description="Write a trial's configuration for final training.",
        allow_abbrev=False,
    )
    add = built.add_argument
    add("--study", required=True, help="the name of a study or of a run")
    add("--to", type=some_path, required=True, help="a new file")
    add("--trial", type=int, help="a completed trial (default: the best)")
    add("--out", type=some_path, default=Path("runs"), help="all runs (default: runs)")
    add(
        "--storage",
        type=some_text,
        metavar="URL",
        help="as given to search.run (default: EXPRESSION_SEARCH_STORAGE)",
    )
    return built


if __name__ == "__main__":
    sys.exit(main())
