"""``python -m search.train``: train an exported configuration, with several seeds.

    python -m search.train --config FILE [--data DIR|synthetic] [--seeds K] [--out DIR]
                           [--no-scores]

Trains on everything but the hold-out, which stays closed. Each seed has a folder
``<out>/<study>-trained/seed-<n>/`` like a run's. With two seeds or more, each is also
trained on the study's folds, and the scores of their validation rows end up in
``seeds.json``. Exit codes: 0 done, 1 failed, 2 wrong input, 130 interrupted.
"""

if __name__ == "__main__":  # first, before a local file can hide a package
    import runpy

    runpy.run_path(f"{__file__.rsplit('/', 2)[0]}/data_pipeline/system/import_guard.py")

import argparse
import sys
from collections.abc import Sequence

from data_pipeline.system.cli import (
    DATA_HELP,
    Parser,
    nonempty_path,
    nonempty_text,
    positive,
    run_command,
)
from data_pipeline.system.keras_import import check_backend
from data_pipeline.system.terminal import print_line


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code.

    Args:
        arguments: of the command line; ``None`` reads ``sys.argv``.
    """
    args = build_parser().parse_args(arguments)

    def work() -> None:
        check_backend()
        from search.pipeline.train_seeds import train_seeds  # noqa: PLC0415 - loads pandas

        out = args.out.resolve()
        trained = train_seeds(
            args.config, args.data, out, seeds=args.seeds, scored=not args.no_scores
        )
        for path in trained:
            print_line(f"trained: {path}")

    return run_command(work)


def build_parser() -> argparse.ArgumentParser:
    """Builds the parser of the command line."""
    parser = Parser(
        "search.train", "Train an exported configuration on all but the hold-out."
    )
    add = parser.add_argument
    add(
        "--config",
        type=nonempty_path,
        required=True,
        help="best.toml of a run, or a file written by search.export",
    )
    add(
        "--data",
        type=nonempty_text,
        help=DATA_HELP,
    )
    add(
        "--seeds",
        type=positive,
        default=1,
        metavar="K",
        help="number of models to train, each with its own seed (default: 1)",
    )
    add(
        "--no-scores",
        action="store_true",
        help="do not train several seeds on the folds too, which scores them",
    )
    parser.add_out()
    return parser


if __name__ == "__main__":
    sys.exit(main())
