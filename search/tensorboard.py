"""``python -m search.tensorboard``: show the curves of a search while it runs.

    python -m search.tensorboard --study NAME [--out DIR] [--port N]

Serves on this machine only, until it is stopped. Exit codes: 0 done, 1 failed, 2 wrong
input, 130 interrupted.
"""

if __name__ == "__main__":  # first, before a local file can hide a package
    import runpy

    runpy.run_path(f"{__file__.rsplit('/', 2)[0]}/data_pipeline/system/import_guard.py")

import argparse
import sys
from collections.abc import Sequence

from data_pipeline.system.cli import Parser, run_command

HOST, PORT = "127.0.0.1", 6006


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code.

    Args:
        arguments: of the command line; ``None`` reads ``sys.argv``.
    """
    args = build_parser().parse_args(arguments)

    def work() -> int:
        # Loads Optuna, which --help and a wrong option need not wait for.
        from search.pipeline.tensorboard_server import serve_curves  # noqa: PLC0415

        return serve_curves(args.out.resolve(), args.study, HOST, args.port)

    return run_command(work, stopped="the curves are kept")


def build_parser() -> argparse.ArgumentParser:
    """Builds the parser of the command line."""
    parser = Parser("search.tensorboard", "Show the curves of a search in TensorBoard.")
    parser.add_run()
    parser.add_port(PORT)
    return parser


if __name__ == "__main__":
    sys.exit(main())
