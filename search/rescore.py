"""``python -m search.rescore``: compute a report's scores again from its predictions.

    python -m search.rescore --study NAME [--out DIR]

Every metric, interval and baseline of ``holdout.json`` is computed from
``holdout_predictions.csv`` alone; no image, label or model is read. Exit codes: 0
equal, 1 different or failed, 2 wrong input, 130 interrupted.
"""

if __name__ == "__main__":  # first, before a local file can hide a package
    import runpy

    runpy.run_path(f"{__file__.rsplit('/', 2)[0]}/data_pipeline/system/import_guard.py")

import argparse
import sys
from collections.abc import Sequence

from data_pipeline.system.cli import Parser, run_command
from data_pipeline.system.terminal import print_line

NOTHING_KEPT = "nothing is kept"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code.

    Args:
        arguments: of the command line; ``None`` reads ``sys.argv``.
    """
    args = build_parser().parse_args(arguments)

    def work() -> int:
        # Imported late to keep --help fast.
        from search.holdout.rescore import rescore  # noqa: PLC0415
        from search.pipeline.past_runs import find_run  # noqa: PLC0415

        found = rescore(find_run(args.out.resolve(), args.study))
        print_line(str(found))
        return int(not found.equal)

    return run_command(work, stopped=NOTHING_KEPT)


def build_parser() -> argparse.ArgumentParser:
    """Builds the parser of the command line."""
    parser = Parser(
        "search.rescore", "Compute a report's scores again from its predictions."
    )
    parser.add_run()
    return parser


if __name__ == "__main__":
    sys.exit(main())
