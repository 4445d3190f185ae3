"""``python -m search.export``: write a trial's configuration for final training.

    python -m search.export --study NAME --to FILE [--trial N] [--out DIR]
        [--storage URL]

The default is the trial that ``[final] choose`` took: the best, unless the study says
otherwise. Exit codes: 0 done, 1 failed, 2 wrong input.
"""

if __name__ == "__main__":  # first, before a local file can hide a package
    import runpy

    runpy.run_path(f"{__file__.rsplit('/', 2)[0]}/data_pipeline/system/import_guard.py")

import argparse
import sys
from collections.abc import Sequence

from data_pipeline.system.cli import Parser, nonempty_path, nonempty_text, run_command
from data_pipeline.system.terminal import print_line


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code.

    Args:
        arguments: of the command line; ``None`` reads ``sys.argv``.
    """
    args = build_parser().parse_args(arguments)

    def work() -> None:
        from search.pipeline.past_runs import export_trial  # noqa: PLC0415 - loads Optuna

        exported = export_trial(
            args.out.resolve(),
            args.study,
            args.to,
            trial=args.trial,
            storage=args.storage,
        )
        print_line(
            f"trial {exported.number} of {args.study} ({exported.reason}): {args.to}"
        )

    return run_command(work)


def build_parser() -> argparse.ArgumentParser:
    """Builds the parser of the command line."""
    parser = Parser(
        "search.export", "Write a trial's configuration for final training."
    )
    add = parser.add_argument
    add("--study", required=True, help="name of a study or run")
    add(
        "--to",
        type=nonempty_path,
        required=True,
        help="file to write; must not exist yet",
    )
    add(
        "--trial",
        type=int,
        help="number of a completed trial (default: what [final] choose took)",
    )
    parser.add_out()
    add(
        "--storage",
        type=nonempty_text,
        metavar="URL",
        help="the --storage of the search (default: $EXPRESSION_SEARCH_STORAGE)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
