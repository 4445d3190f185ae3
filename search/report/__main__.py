"""``python -m search.report``: write the report of a run, finished or not.

    python -m search.report --study NAME [--out DIR] [--storage URL] [--to FILE]
        [--explain]

One HTML page with all charts in it, and the numbers that no other file has as JSON
beside it. Of a tested run ``results.md`` and ``model_card.md`` are written again, too,
unless ``--to`` names a page elsewhere. Exit codes: 0 done, 1 failed, 2 wrong input.
"""

if __name__ == "__main__":  # first, before a local file can hide a package
    import runpy

    runpy.run_path(f"{__file__.rsplit('/', 3)[0]}/data_pipeline/system/import_guard.py")

import argparse
import sys
from collections.abc import Sequence

from data_pipeline.system.cli import Parser, nonempty_path, run_command
from data_pipeline.system.keras_import import check_backend
from data_pipeline.system.terminal import print_line


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code.

    Args:
        arguments: of the command line; ``None`` reads ``sys.argv``.
    """
    args = build_parser().parse_args(arguments)

    def work() -> None:
        if args.explain:
            check_backend()
        from search.pipeline.past_runs import report_run  # noqa: PLC0415 - loads Optuna

        found = report_run(
            args.out.resolve(),
            args.study,
            storage=args.storage,
            to=args.to,
            explain=args.explain,
        )
        print_line(f"the report: {found.page}")
        if found.texts:
            print_line(f"written again beside it: {', '.join(found.texts)}")

    return run_command(work, stopped="no report was written")


def build_parser() -> argparse.ArgumentParser:
    """Builds the parser of the command line."""
    parser = Parser("search.report", "Write the report of a run, finished or not.")
    add = parser.add_argument
    parser.add_run()
    parser.add_storage()
    add(
        "--to",
        type=nonempty_path,
        metavar="FILE.html",
        help="page to write, and nothing else (default: report.html in the run's "
        "folder, where results.md and model_card.md are written again, too)",
    )
    add(
        "--explain",
        action="store_true",
        help="add what the model responds to and where it looks, on invented faces "
        "(loads Keras; a minute or so)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
