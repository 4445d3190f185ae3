"""``python -m search.run``: search, retrain the winner, test it once on the hold-out.

    python -m search.run --study NAME|FILE.toml [--data DIR|synthetic] [--out DIR]
        [--set section.key=VALUE ...] [--executor ray|serial] [--address ADDRESS]
        [--storage URL] [--seed N] [--until search|retrain|holdout] [--reopen]
        [--quiet | --json]

Run the same command again to resume a run, or to print the result of a finished one.
Exit codes: 0 done, 1 failed, 2 wrong input, 130 interrupted.
"""

if __name__ == "__main__":  # first, before a local file can hide a package
    import runpy

    runpy.run_path(f"{__file__.rsplit('/', 2)[0]}/data_pipeline/system/import_guard.py")

import argparse
import sys
from collections.abc import Sequence

from data_pipeline.system.cli import Parser, nonempty_text, run_command
from search.nested.run import run
from search.pipeline.run_study import EXECUTORS, STAGES, RunRequest


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code.

    Args:
        arguments: of the command line; ``None`` reads ``sys.argv``.
    """
    request = RunRequest(**vars(build_parser().parse_args(arguments)))

    def work() -> None:
        run(request)

    return run_command(work)


def build_parser() -> argparse.ArgumentParser:
    """Builds the parser of the command line."""
    parser = Parser(
        "search.run",
        "Search hyperparameters, retrain the best trial and test it on the hold-out.",
    )
    parser.add_study()
    add = parser.add_argument
    parser.add_out()
    add(
        "--set",
        action="append",
        default=[],
        dest="settings",
        metavar="KEY=VALUE",
        help="override one key of the study file, or remove it with an empty VALUE "
        "(repeatable)",
    )
    add(
        "--executor",
        choices=EXECUTORS,
        default=EXECUTORS[0],
        help="run trials on Ray workers, or one at a time in this process "
        "(default: ray)",
    )
    add(
        "--address",
        type=nonempty_text,
        metavar="ADDRESS",
        help="join a running Ray cluster: auto, HOST:PORT of its head, or "
        "ray://HOST:PORT from outside (default: Ray on this machine alone)",
    )
    add(
        "--storage",
        type=nonempty_text,
        metavar="URL",
        help="Optuna storage URL, or path of a journal file (default: "
        "$EXPRESSION_SEARCH_STORAGE, which keeps a password off the command line; "
        "else OUT/STUDY/optuna.db)",
    )
    add("--seed", type=int, help="override the seed of [search]")
    add(
        "--until",
        choices=STAGES,
        default=STAGES[-1],
        help="last stage to run (default: holdout)",
    )
    add(
        "--reopen",
        action="store_true",
        help="evaluate on the hold-out again (every evaluation is recorded)",
    )
    output = parser.add_mutually_exclusive_group()
    output.add_argument(
        "--quiet", action="store_true", help="print errors only; run.log has the rest"
    )
    output.add_argument(
        "--json", action="store_true", help="print one JSON object for each event"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
