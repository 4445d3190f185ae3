"""``python -m search.train``: train an exported configuration, with several seeds.

    python -m search.train --config FILE [--data DIR|synthetic] [--seeds K] [--out DIR]

Trains on everything but the hold-out, which stays closed. Each seed has a folder
``<out>/<study>-trained/seed-<n>/`` like that of a run. Exit codes: 0 done, 1 failed,
2 wrong input, 130 interrupted.
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
from data_pipeline.system.keras_import import check_backend
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
        check_backend()
        from search.pipeline.train_seeds import train_seeds  # noqa: PLC0415 - loads pandas

        for path in train_seeds(
            asked.config, asked.data, asked.out.resolve(), seeds=asked.seeds
        ):
            say(f"trained: {path}")

    return run_command(work)


def parser() -> argparse.ArgumentParser:
    """Builds the grammar of the command line."""
    built = Parser(
        prog="python -m search.train",
        description="Train an exported configuration on all but the hold-out.",
        allow_abbrev=False,
    )
    add = built.add_argument
    add(
        "--config",
        type=some_path,
        required=True,
        help="best.toml, or from search.export",
    )
    add(
        "--data",
        type=some_text,
        help="the data folder, or synthetic (default: data/<dataset>)",
    )
    add("--seeds", type=_positive, default=1, metavar="K", help="default: 1")
    add("--out", type=some_path, default=Path("runs"), help="all runs (default: runs)")
    return built


def _positive(text: str) -> int:
    value = int(text) if text.isdigit() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, found {text}")
    return value


if __name__ == "__main__":
    sys.exit(main())
