"""``python -m search.dashboard``: show the trials of a run in optuna-dashboard.

    python -m search.dashboard --study NAME [--out DIR] [--storage URL] [--port N]

Serves on this machine only, until it is stopped; a search may run meanwhile. Needs the
extra ``dashboard``. Exit codes: 0 done, 1 failed, 2 wrong input, 130 interrupted.
"""

if __name__ == "__main__":  # first, before a local file can hide a package
    import runpy

    runpy.run_path(f"{__file__.rsplit('/', 2)[0]}/data_pipeline/system/import_guard.py")

import argparse
import sys
from collections.abc import Sequence

from data_pipeline.system.cli import Parser, run_command

HOST, PORT = "127.0.0.1", 8080


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code.

    Args:
        arguments: of the command line; ``None`` reads ``sys.argv``.
    """
    args = build_parser().parse_args(arguments)
    return run_command(lambda: _serve(args), stopped="the trials are kept")


def build_parser() -> argparse.ArgumentParser:
    """Builds the parser of the command line."""
    parser = Parser("search.dashboard", "Show the trials of a run in optuna-dashboard.")
    parser.add_run()
    parser.add_storage()
    parser.add_port(PORT)
    return parser


def _serve(args: argparse.Namespace) -> None:
    # Imported late to keep `--help` fast.
    from search.dashboards.server import serve_trials  # noqa: PLC0415
    from search.pipeline.past_runs import find_run  # noqa: PLC0415

    run = find_run(args.out.resolve(), args.study)
    serve_trials(run, args.storage, HOST, args.port)


if __name__ == "__main__":
    sys.exit(main())
