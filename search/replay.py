"""``python -m search.replay``: train a trial again and compare each of its epochs.

    python -m search.replay --study NAME --trial N [--data DIR|synthetic] [--out DIR]
        [--storage URL] [--tolerance T]

From the run's record alone: its study, the trial's configuration and its seed. A trial
that did not complete is trained up to its last epoch. Exit codes: 0 equal, 1 different
or failed, 2 wrong input, 130 interrupted.
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
    nonempty_text,
    run_command,
)
from data_pipeline.system.keras_import import check_backend
from data_pipeline.system.terminal import print_line

NOTHING_KEPT = "a replay keeps nothing"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code.

    Args:
        arguments: of the command line; ``None`` reads ``sys.argv``.
    """
    args = build_parser().parse_args(arguments)

    def work() -> int:
        check_backend()
        from search.pipeline.past_runs import find_run  # noqa: PLC0415 - loads Optuna
        from search.pipeline.replay import replay_trial  # noqa: PLC0415 - loads pandas

        found = replay_trial(
            find_run(args.out.resolve(), args.study),
            args.trial,
            data=args.data,
            storage=args.storage,
            tolerance=args.tolerance,
        )
        print_line(str(found))
        return int(not found.equal)

    return run_command(work, stopped=NOTHING_KEPT)


def build_parser() -> argparse.ArgumentParser:
    """Builds the parser of the command line."""
    parser = Parser(
        "search.replay", "Train a recorded trial again and compare each of its epochs."
    )
    add = parser.add_argument
    parser.add_run()
    add("--trial", type=int, required=True, metavar="N", help="number of the trial")
    add("--data", type=nonempty_text, help=DATA_HELP)
    parser.add_storage()
    add(
        "--tolerance",
        type=_tolerance,
        metavar="T",
        help="largest difference that counts as equal (default: none on the same "
        "processor with the same versions, else 0.01)",
    )
    return parser


def _tolerance(text: str) -> float:
    """Parses a difference of values."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"must be 0 to 1, found {text}")
    return value


if __name__ == "__main__":
    sys.exit(main())
