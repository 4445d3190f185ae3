"""``python -m search.clean``: say what disk space can be freed, and free it.

    python -m search.clean --study NAME [--out DIR] [--storage URL] [--yes]
    python -m search.clean --cache [--out DIR] [--yes]

Without ``--yes`` nothing is removed. Trials, receipts of hold-outs, models and reports
are never removed, and nothing is while a driver works there. Exit codes: 0 done,
1 failed, 2 wrong input.
"""

if __name__ == "__main__":  # first, before a local file can hide a package
    import runpy

    runpy.run_path(f"{__file__.rsplit('/', 3)[0]}/data_pipeline/system/import_guard.py")

import argparse
import sys
from collections.abc import Sequence

from data_pipeline.system.cli import Parser, run_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code.

    Args:
        arguments: of the command line; ``None`` reads ``sys.argv``.
    """
    args = build_parser().parse_args(arguments)

    def work() -> None:
        from search.clean.command import clean_cache, clean_run  # noqa: PLC0415 - slow

        out = args.out.resolve()
        if args.cache:
            clean_cache(out, yes=args.yes)
        else:
            clean_run(out, args.study, storage=args.storage, yes=args.yes)

    return run_command(work, stopped="run the command again to remove the rest")


def build_parser() -> argparse.ArgumentParser:
    """Builds the parser of the command line."""
    parser = Parser("search.clean", "Say what disk space can be freed, and free it.")
    of = parser.add_mutually_exclusive_group(required=True)
    of.add_argument("--study", help="name of a study or run")
    of.add_argument(
        "--cache",
        action="store_true",
        help="decoded images and features that all runs in the folder share",
    )
    parser.add_out()
    parser.add_storage()
    parser.add_argument("--yes", action="store_true", help="remove what is listed")
    return parser


if __name__ == "__main__":
    sys.exit(main())
